import { describe, expect, it } from 'vitest';
import { unknown } from '../../src/engine/fact.ts';
import type { Subject } from '../../src/engine/subject.ts';
import type { JsonObject } from '../../src/k8s/object.ts';
import { learnFact, subjectOf } from '../support/learn-fact.ts';
import { pod } from '../support/pods.ts';
import { holding, SILENT_WORLD } from '../support/worlds.ts';

const SYSTEM = 'system:serviceaccount:kube-system';

/** A reference of the kind that the controller of a workload writes. */
function reference(apiVersion: string, kind: string, name: string, changes: JsonObject = {}): JsonObject {
  return { apiVersion, kind, name, uid: `uid-of-${name}`, controller: true, ...changes };
}

function workload(
  apiVersion: string,
  kind: string,
  name: string,
  owner?: JsonObject,
  metadata: JsonObject = {},
): JsonObject {
  const owners = owner ? { ownerReferences: [owner] } : {};
  const template = { spec: { containers: [{ name: 'qdrant' }] } };
  return {
    apiVersion,
    kind,
    metadata: { name, namespace: 'qdrant', uid: `uid-of-${name}`, ...owners, ...metadata },
    spec: kind === 'CronJob' ? { jobTemplate: { spec: { template } } } : { template },
  };
}

function podOwnedBy(owners: readonly JsonObject[], parts: Partial<Subject> = {}): Subject {
  return subjectOf(pod({}, { ownerReferences: owners }) as unknown as JsonObject, parts);
}

function askedBy(username: string): Partial<Subject> {
  return { user: { username, groups: [] } };
}

const DEPLOYMENT = workload('apps/v1', 'Deployment', 'loader');
const REPLICA_SET = workload('apps/v1', 'ReplicaSet', 'loader-1', reference('apps/v1', 'Deployment', 'loader'));
const BY_REPLICA_SET = reference('apps/v1', 'ReplicaSet', 'loader-1');
const ALL = [DEPLOYMENT, REPLICA_SET];

async function namesOf(subject: Subject, objects: readonly JsonObject[]): Promise<unknown> {
  const learnt = await learnFact('owners', subject, objects);
  return learnt.known ? learnt.value.map(({ kind, metadata }) => `${kind} ${metadata?.name}`) : learnt.reason;
}

describe('the fact owners', () => {
  it('is every workload up to the first, the nearest first', async () => {
    const learnt = await learnFact('owners', podOwnedBy([BY_REPLICA_SET]), ALL);
    expect(learnt).toEqual({ known: true, value: [REPLICA_SET, DEPLOYMENT] });
  });

  it('goes no further than the longest chain there is', async () => {
    const cron = workload('batch/v1', 'CronJob', 'nightly', reference('apps/v1', 'Deployment', 'loader'));
    const job = workload('batch/v1', 'Job', 'nightly-1', reference('batch/v1', 'CronJob', 'nightly'));
    const subject = podOwnedBy([reference('batch/v1', 'Job', 'nightly-1')]);
    expect(await namesOf(subject, [job, cron, DEPLOYMENT])).toEqual(['Job nightly-1', 'CronJob nightly']);
  });

  it.each<[what: string, owners: readonly JsonObject[], objects: readonly JsonObject[], expected: unknown]>([
    ['the pod names none', [], ALL, []],
    ['the reference does not control', [{ ...BY_REPLICA_SET, controller: false }], ALL, []],
    ['the reference does not say whether it controls', [{ ...BY_REPLICA_SET, controller: null }], ALL, []],
    [
      'another one than the first controls',
      [{ ...BY_REPLICA_SET, name: 'other', controller: false }, BY_REPLICA_SET],
      ALL,
      ['ReplicaSet loader-1', 'Deployment loader'],
    ],
    ['the owner is gone', [BY_REPLICA_SET], [DEPLOYMENT], []],
    ['the owner has another uid', [{ ...BY_REPLICA_SET, uid: 'uid-of-another' }], ALL, []],
    ['the reference has no uid', [{ ...BY_REPLICA_SET, uid: null }], ALL, []],
    [
      'the owner stands in another namespace',
      [BY_REPLICA_SET],
      [DEPLOYMENT, { ...REPLICA_SET, metadata: { ...(REPLICA_SET['metadata'] as JsonObject), namespace: 'other' } }],
      [],
    ],
    [
      "the owner's owner has another uid",
      [BY_REPLICA_SET],
      [workload('apps/v1', 'Deployment', 'loader', undefined, { uid: 'made-anew' }), REPLICA_SET],
      ['ReplicaSet loader-1'],
    ],
    ["the owner's owner is gone", [BY_REPLICA_SET], [REPLICA_SET], ['ReplicaSet loader-1']],
    [
      'the kind is one of another group with the same name',
      [reference('example.com/v1', 'ReplicaSet', 'loader-1')],
      [...ALL, { ...REPLICA_SET, apiVersion: 'example.com/v1' }],
      [],
    ],
    [
      'the kind makes no pods',
      [reference('v1', 'PersistentVolumeClaim', 'data')],
      [{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data', uid: 'uid-of-data' } }],
      [],
    ],
    [
      'nobody makes pods of the kind',
      [reference('v1', 'PodTemplate', 'loader')],
      [workload('v1', 'PodTemplate', 'loader')],
      [],
    ],
    ['the reference is empty', [{ controller: true }], ALL, []],
  ])('where %s', async (_, owners, objects, expected) => {
    expect(await namesOf(podOwnedBy(owners), objects)).toEqual(expected);
  });

  it.each<[kind: string, apiVersion: string, controller: string]>([
    ['CronJob', 'batch/v1', 'cronjob-controller'],
    ['DaemonSet', 'apps/v1', 'daemon-set-controller'],
    ['Deployment', 'apps/v1', 'deployment-controller'],
    ['Job', 'batch/v1', 'job-controller'],
    ['ReplicaSet', 'apps/v1', 'replicaset-controller'],
    ['ReplicationController', 'v1', 'replication-controller'],
    ['StatefulSet', 'apps/v1', 'statefulset-controller'],
  ])('counts what %s of %s owns where %s asks for it', async (kind, apiVersion, controller) => {
    const owners = [reference(apiVersion, kind, 'db')];
    const objects = [workload(apiVersion, kind, 'db')];
    for (const username of [`${SYSTEM}:${controller}`, 'system:kube-controller-manager']) {
      expect(await namesOf(podOwnedBy(owners, askedBy(username)), objects), username).toEqual([`${kind} db`]);
    }
    for (const username of [
      'mallory',
      `${SYSTEM}:attachdetach-controller`,
      `system:serviceaccount:qdrant:${controller}`,
    ]) {
      expect(await namesOf(podOwnedBy(owners, askedBy(username)), objects), username).toEqual([]);
    }
  });

  it('does not ask who may have asked for what is there: of an UPDATE, and of what runs', async () => {
    const expected = ['ReplicaSet loader-1', 'Deployment loader'];
    const update = podOwnedBy([BY_REPLICA_SET], { operation: 'UPDATE', ...askedBy('ada') });
    expect(await namesOf(update, ALL)).toEqual(expected);
    expect(await namesOf(podOwnedBy([BY_REPLICA_SET]), ALL)).toEqual(expected);
  });

  it('asks nobody where the answer is plain', async () => {
    const world = { ...SILENT_WORLD, live: SILENT_WORLD };
    for (const subject of [podOwnedBy([]), podOwnedBy([BY_REPLICA_SET], askedBy('mallory'))]) {
      expect(await learnFact('owners', subject, world)).toEqual({ known: true, value: [] });
    }
  });

  it('rests on what is there now, and not on what is remembered', async () => {
    const subject = podOwnedBy([BY_REPLICA_SET]);
    const gone = await learnFact('owners', subject, { ...holding(ALL), live: holding([]) });
    expect(gone).toEqual({ known: true, value: [] });
    const learnt = await learnFact('owners', subject, { ...holding([]), live: holding(ALL) });
    expect(learnt).toMatchObject({ known: true, value: { length: 2 } });
  });

  it('is unknown where nobody can be asked, cannot be read, and where the owner is malformed', async () => {
    const subject = podOwnedBy([BY_REPLICA_SET]);
    expect(await learnFact('owners', subject, holding(ALL))).toEqual(
      unknown('its owner ReplicaSet loader-1 can only be verified in the cluster'),
    );
    const away = { list: async () => unknown('away'), read: async () => unknown('away') };
    expect(await learnFact('owners', subject, { ...holding(ALL), live: away })).toEqual(unknown('away'));
    const malformed = { ...REPLICA_SET, spec: { template: { spec: { hostNetwork: 'yes' } } } };
    expect(await namesOf(subject, [malformed])).toMatch(
      /^ReplicaSet loader-1 cannot be read: spec\.template\.spec\.hostNetwork is /,
    );
  });
});

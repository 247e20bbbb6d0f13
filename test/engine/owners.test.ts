import { expect, it } from 'vitest';
import { unknown } from '../../src/engine/fact.ts';
import { makeSubject, type Subject, type UserInfo } from '../../src/engine/subject.ts';
import type { World } from '../../src/facts/ports.ts';
import { judge } from '../../src/judge.ts';
import type { JsonObject } from '../../src/k8s/object.ts';
import { pod } from '../support/pods.ts';
import { policyWith } from '../support/policies.ts';
import { holding, listing, portsOf, SILENT_WORLD } from '../support/worlds.ts';

const NOW = new Date('2026-11-01T00:00:00Z');
const CONTROLLER: UserInfo = { username: 'system:serviceaccount:kube-system:replicaset-controller', groups: [] };

const EXEMPTION = {
  rule: 'host-namespaces',
  namespace: 'qdrant',
  owner: { kind: 'Deployment', name: 'capture' },
  path: 'spec.hostNetwork',
  value: true,
  reason: 'packet capture',
  responsible: 'ada@example.com',
  expires: '2026-12-01T00:00:00Z',
};

function owner(kind: string, name: string, uid: string, spec: object, controlledBy?: object): JsonObject {
  const metadata = { name, namespace: 'qdrant', uid, ...(controlledBy && { ownerReferences: [controlledBy] }) };
  return JSON.parse(JSON.stringify({ apiVersion: 'apps/v1', kind, metadata, spec: { template: { spec } } }));
}

function reference(kind: string, name: string, uid: string): object {
  return { apiVersion: 'apps/v1', kind, name, uid, controller: true };
}

const SPEC = (pod({ hostNetwork: true }) as unknown as { spec: object }).spec;
const DEPLOYMENT = owner('Deployment', 'capture', 'd-1', SPEC);
const REPLICA_SET = owner('ReplicaSet', 'capture-1', 'r-1', SPEC, reference('Deployment', 'capture', 'd-1'));

/** A cluster that is only asked live. */
function worldOf(objects: readonly JsonObject[]): World {
  return { ...SILENT_WORLD, live: holding(objects) };
}

async function outcome(world: World, change: { user?: UserInfo | undefined; owners?: object[] } = {}) {
  const owners = change.owners ?? [reference('ReplicaSet', 'capture-1', 'r-1')];
  const object = pod({ hostNetwork: true }, { ownerReferences: owners });
  const user = 'user' in change ? change.user : CONTROLLER;
  const subject = makeSubject({ object, now: NOW, ...(user && { user }) });
  const { verdicts } = await judge(subject, policyWith({}, [EXEMPTION]), portsOf(world), new AbortController().signal);
  return verdicts.find(({ rule }) => rule.id === 'host-namespaces')?.outcome;
}

it('exempts a pod of the workload that it names', async () => {
  expect(await outcome(worldOf([DEPLOYMENT, REPLICA_SET]))).toBe('exempt');
});

it('exempts what already runs, of which nobody knows who asked for it', async () => {
  expect(await outcome(worldOf([DEPLOYMENT, REPLICA_SET]), { user: undefined })).toBe('exempt');
});

it.each([
  ['a person asks and claims the owner', { user: { username: 'mallory', groups: ['system:masters'] } }],
  ['another controller asks', { user: { username: 'system:serviceaccount:kube-system:job-controller', groups: [] } }],
  [
    'an account of that name in another namespace asks',
    { user: { username: 'system:serviceaccount:qdrant:replicaset-controller', groups: [] } },
  ],
  ['the pod names no owner', { owners: [] }],
  ['the pod names a uid that is not alive', { owners: [reference('ReplicaSet', 'capture-1', 'r-2')] }],
  [
    'the reference does not control',
    { owners: [{ ...reference('ReplicaSet', 'capture-1', 'r-1'), controller: false }] },
  ],
])('does not where %s', async (_, change) => {
  expect(await outcome(worldOf([DEPLOYMENT, REPLICA_SET]), change)).toBe('fail');
});

it('does not where a ReplicaSet claims a Deployment that has no such template', async () => {
  const harmless = owner('Deployment', 'capture', 'd-1', (pod() as unknown as { spec: object }).spec);
  expect(await outcome(worldOf([harmless, REPLICA_SET]))).toBe('fail');
});

it('does not where a ReplicaSet claims a Deployment of another uid', async () => {
  const other = owner('Deployment', 'capture', 'd-9', SPEC);
  expect(await outcome(worldOf([other, REPLICA_SET]))).toBe('fail');
});

it('could not tell where the owner cannot be read', async () => {
  const away = listing(async () => unknown('the API server is away'));
  const world: World = { ...SILENT_WORLD, live: away };
  expect(await outcome(world)).toBe('unknown');
});

it('does not ask who owns a pod that violates nothing', async () => {
  const { verdicts } = await judge(
    makeSubject({ object: pod(), now: NOW }),
    policyWith({}, [EXEMPTION]),
    portsOf({ ...SILENT_WORLD, live: SILENT_WORLD }),
    new AbortController().signal,
  );
  expect(verdicts.every((verdict) => verdict.outcome === 'pass')).toBe(true);
});

/** An UPDATE by somebody, of a pod that looked so before. */
function update(before: object, user: UserInfo): Subject {
  const claim = { ownerReferences: [reference('ReplicaSet', 'capture-1', 'r-1')] };
  const changed = { hostNetwork: true, hostAliases: [{ ip: '203.0.113.7' }] };
  return makeSubject({
    operation: 'UPDATE',
    object: pod(changed, claim),
    oldObject: pod(before, claim),
    user,
    now: NOW,
  });
}

async function outcomeOf(subject: Subject) {
  const world = worldOf([DEPLOYMENT, REPLICA_SET]);
  const { verdicts } = await judge(subject, policyWith({}, [EXEMPTION]), portsOf(world), new AbortController().signal);
  return verdicts.find(({ rule }) => rule.id === 'host-namespaces')?.outcome;
}

it('does not begin with an UPDATE: anyone may change a pod and what it says of its owner', async () => {
  expect(await outcomeOf(update({}, { username: 'mallory', groups: [] }))).toBe('fail');
});

it('goes on holding across an UPDATE by whoever it is', async () => {
  const before = { hostNetwork: true, hostPID: true };
  expect(await outcomeOf(update(before, { username: 'ada', groups: [] }))).toBe('exempt');
});

it('lets a controller make the workload between its own and the pod', async () => {
  const user = { username: 'system:serviceaccount:kube-system:deployment-controller', groups: [] };
  const object = JSON.parse(JSON.stringify(REPLICA_SET));
  expect(await outcomeOf(makeSubject({ uid: 'u', object, user, now: NOW }))).toBe('exempt');
  const mallory = { username: 'mallory', groups: [] };
  expect(await outcomeOf(makeSubject({ uid: 'u', object, user: mallory, now: NOW }))).toBe('fail');
});

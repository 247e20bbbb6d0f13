import { describe, expect, it } from 'vitest';
import { unknown } from '../../src/engine/fact.ts';
import type { Subject } from '../../src/engine/subject.ts';
import type { World } from '../../src/facts/ports.ts';
import type { JsonObject } from '../../src/k8s/object.ts';
import { learnFact, subjectOf } from '../support/learn-fact.ts';
import { pod } from '../support/pods.ts';
import { CREATED, claim, storageClass } from '../support/storage-objects.ts';
import { holding, listing, SILENT_WORLD } from '../support/worlds.ts';

const LEGACY = 'volume.beta.kubernetes.io/storage-class';
const DEFAULT = 'storageclass.kubernetes.io/is-default-class';
const BETA_DEFAULT = 'storageclass.beta.kubernetes.io/is-default-class';

const FAST = storageClass('fast');

/** `claim: class`, with what stands in for a class that is not named. */
async function classesOf(subject: Subject, around: World | readonly JsonObject[]): Promise<unknown> {
  const learnt = await learnFact('claimClasses', subject, around);
  if (!learnt.known) return learnt.reason;
  return learnt.value.map(({ claim: { base, name }, class: { name: of, byDefault, storageClass: found } }) => {
    const there = found ? '' : ', which is not there';
    return `${base}${name}: ${of === undefined ? 'none' : JSON.stringify(of)}${byDefault ? ' by default' : ''}${there}`;
  });
}

function withDefault(name: string, annotation: string, creationTimestamp: string | null, value = 'true'): JsonObject {
  return storageClass(name, { annotations: { [annotation]: value }, creationTimestamp });
}

describe('the fact claimClasses', () => {
  it.each<[what: string, object: JsonObject, objects: readonly JsonObject[], expected: readonly string[]]>([
    ['the class that is named', claim('data', { storageClassName: 'fast' }), [FAST], ['data: "fast"']],
    [
      'a class that is not there',
      claim('data', { storageClassName: 'fast' }),
      [storageClass('slow')],
      ['data: "fast", which is not there'],
    ],
    [
      'a class of another group',
      claim('data', { storageClassName: 'fast' }),
      [{ ...FAST, apiVersion: 'example.com/v1' }],
      ['data: "fast", which is not there'],
    ],
    [
      'no class, where none is wanted',
      claim('data', { storageClassName: '' }),
      [FAST],
      ['data: "", which is not there'],
    ],
    [
      'the older annotation, which wins over the field',
      claim('data', { storageClassName: 'slow' }, { annotations: { [LEGACY]: 'fast' } }),
      [FAST],
      ['data: "fast"'],
    ],
    [
      'the older annotation, also where it is empty',
      claim('data', { storageClassName: 'fast' }, { annotations: { [LEGACY]: '' } }),
      [FAST],
      ['data: "", which is not there'],
    ],
    ['no default', claim('data'), [FAST], ['data: none by default, which is not there']],
    ['no spec', claim('data', null), [withDefault('fast', DEFAULT, null)], ['data: "fast" by default']],
    [
      'a class that is null',
      claim('data', { storageClassName: null }, { annotations: null }),
      [withDefault('fast', BETA_DEFAULT, null)],
      ['data: "fast" by default'],
    ],
    [
      'the newest of several defaults',
      claim('data'),
      [withDefault('a', DEFAULT, '2026-01-01T00:00:00Z'), withDefault('b', BETA_DEFAULT, '2026-01-02T00:00:00Z')],
      ['data: "b" by default'],
    ],
    [
      'the first by its name of defaults of one second',
      claim('data'),
      [withDefault('b', DEFAULT, CREATED), withDefault('a', DEFAULT, CREATED), withDefault('c', DEFAULT, CREATED)],
      ['data: "a" by default'],
    ],
    [
      'no default where the mark says no, or shouts',
      claim('data'),
      [withDefault('a', DEFAULT, CREATED, 'false'), withDefault('b', DEFAULT, CREATED, 'True')],
      ['data: none by default, which is not there'],
    ],
  ])('is %s', async (_, object, objects, expected) => {
    expect(await classesOf(subjectOf(object), objects)).toEqual(expected);
  });

  it('is of every claim that the subject makes, in their order', async () => {
    const spec = {
      volumes: [
        { name: 'config', configMap: { name: 'config' } },
        { name: 'scratch', ephemeral: { volumeClaimTemplate: { spec: { storageClassName: 'slow' } } } },
        { name: 'bare', ephemeral: {} },
      ],
    };
    const stateful = {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db', namespace: 'qdrant' },
      spec: {
        volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { storageClassName: 'fast' } }],
        template: { spec: pod(spec)['spec'] },
      },
    } as unknown as JsonObject;
    const template = 'spec.template.spec.volumes';
    expect(await classesOf(subjectOf(stateful), [FAST, storageClass('slow')])).toEqual([
      'spec.volumeClaimTemplates[0].data: "fast"',
      `${template}[1].ephemeral.volumeClaimTemplate.scratch: "slow"`,
      `${template}[2].ephemeral.volumeClaimTemplate.bare: none by default, which is not there`,
    ]);
  });

  it.each<[what: string, object: JsonObject]>([
    ['a pod without volumes', pod() as unknown as JsonObject],
    [
      'a pod that mounts a claim',
      pod({ volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] }) as unknown as JsonObject,
    ],
    ['a claim of another group', { ...claim('data'), apiVersion: 'example.com/v1' }],
    [
      'a StatefulSet of another group',
      {
        apiVersion: 'apps.example.com/v1',
        kind: 'StatefulSet',
        metadata: { name: 'db' },
        spec: { volumeClaimTemplates: [{ metadata: { name: 'data' } }] },
      },
    ],
  ])('is nothing, and nobody is asked, for %s', async (_, object) => {
    expect(await classesOf(subjectOf(object), SILENT_WORLD)).toEqual([]);
  });

  it.each<[what: string, spec: JsonObject]>([
    ['the class that is named', { storageClassName: 'fast' }],
    ['the default', {}],
  ])('is unknown where %s cannot be read', async (_, spec) => {
    const subject = subjectOf(claim('data', spec));
    const away = listing(async () => unknown('the API server is away'));
    expect(await classesOf(subject, away)).toBe('the API server is away');
    const malformed = storageClass('fast', {}, { parameters: { encrypted: true } });
    expect(await classesOf(subject, [malformed])).toMatch(
      /^(StorageClass fast|a StorageClass) cannot be read: parameters\["encrypted"\] is /,
    );
  });

  it('is unknown where one class of two is', async () => {
    const stateful = {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db', namespace: 'qdrant' },
      spec: {
        volumeClaimTemplates: ['fast', 'slow'].map((name) => ({
          metadata: { name },
          spec: { storageClassName: name },
        })),
        template: { spec: {} },
      },
    };
    const objects = [FAST, storageClass('slow', {}, { provisioner: 7 })];
    expect(await classesOf(subjectOf(stateful), objects)).toMatch(/^StorageClass slow cannot be read: provisioner is /);
  });
});

describe('whether the class is older than the claim', () => {
  async function isOlder(subject: Subject, around: World | readonly JsonObject[]): Promise<unknown> {
    const learnt = await learnFact('claimClasses', subject, around);
    return learnt.known && learnt.value.map(({ classIsOlder }) => classIsOlder);
  }

  const made = (creationTimestamp: string) => storageClass('fast', { creationTimestamp });
  const object = claim('data', { storageClassName: 'fast' });
  const update = subjectOf(object, { operation: 'UPDATE' });

  it('is no question while the claim is being made, nor where there is no class', async () => {
    expect(await isOlder(subjectOf(object), [made('2026-10-03T00:00:00Z')])).toEqual([true]);
    expect(await isOlder(update, [])).toEqual([true]);
  });

  it.each<[creationTimestamp: string, expected: boolean]>([
    ['2026-10-01T23:59:59Z', true],
    [CREATED, false],
    ['2026-10-02T00:00:01Z', false],
    ['yesterday', false],
  ])('of a claim that is there: a class of %s', async (creationTimestamp, expected) => {
    expect(await isOlder(update, [made(creationTimestamp)])).toEqual([expected]);
  });

  it('is for the watches to say where both are of one second', async () => {
    const own = claim('data', { storageClassName: 'fast' }, { uid: 'c' });
    const objects = [storageClass('fast', { creationTimestamp: CREATED, uid: 's' })];
    const asked: unknown[] = [];
    for (const said of [true, false, undefined]) {
      const world: World = {
        ...holding(objects),
        madeBefore: async (earlier, later) => {
          asked.push([earlier, later]);
          return said;
        },
      };
      expect(await isOlder(subjectOf(own, { operation: 'UPDATE' }), world)).toEqual([said ?? false]);
    }
    expect(asked[0]).toEqual([
      { kind: 'StorageClass.storage.k8s.io', namespace: '', name: 'fast', uid: 's' },
      { kind: 'PersistentVolumeClaim', namespace: 'qdrant', name: 'data', uid: 'c' },
    ]);
  });
});

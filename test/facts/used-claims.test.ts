import { describe, expect, it } from 'vitest';
import { unknown } from '../../src/engine/fact.ts';
import type { Subject } from '../../src/engine/subject.ts';
import type { JsonObject } from '../../src/k8s/object.ts';
import { learnFact, subjectOf } from '../support/learn-fact.ts';
import { pod } from '../support/pods.ts';
import { CREATED, claim, storageClass, volume } from '../support/storage-objects.ts';
import { listing, SILENT_WORLD } from '../support/worlds.ts';

const FAST = storageClass('fast');
const PV = volume('pv', { storageClassName: 'fast' });
const DATA = claim('data', { storageClassName: 'fast', volumeName: 'pv' });

function mounting(...claims: readonly (string | null)[]): Subject {
  const volumes = claims.map((claimName, index) => ({ name: `v${index}`, persistentVolumeClaim: { claimName } }));
  return subjectOf(pod({ volumes }) as unknown as JsonObject);
}

async function learnt(subject: Subject, objects: readonly JsonObject[]) {
  const fact = await learnFact('usedClaims', subject, objects);
  if (!fact.known) throw new Error(fact.reason);
  return fact.value;
}

describe('the fact usedClaims', () => {
  it('is every claim that the pod mounts, by its place among the volumes', async () => {
    const volumes = [
      { name: 'config', configMap: { name: 'config' } },
      { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
      { name: 'own', ephemeral: { volumeClaimTemplate: { spec: {} } } },
      { name: 'gone', persistentVolumeClaim: { claimName: 'gone' } },
    ];
    const used = await learnt(subjectOf(pod({ volumes }) as unknown as JsonObject), [FAST, PV, DATA]);
    expect(used.map(({ index, stored: { name, claim: found } }) => [index, name, found !== undefined])).toEqual([
      [1, 'data', true],
      [3, 'gone', false],
    ]);
  });

  it('has the class and the volume of a claim, and not what it was once filled from', async () => {
    const copy = claim('data', {
      storageClassName: 'fast',
      volumeName: 'pv',
      dataSource: { kind: 'PersistentVolumeClaim', name: 'plain' },
    });
    const [used] = await learnt(mounting('data'), [FAST, PV, copy, claim('plain')]);
    const resolved = { name: 'fast', byDefault: false, storageClass: FAST };
    expect(used?.stored).toMatchObject({ class: resolved, source: { kind: 'none' } });
    expect(used?.stored.volume).toEqual({
      name: 'pv',
      volume: PV,
      class: resolved,
      claimCreated: CREATED,
      classIsOlder: true,
    });
  });

  it.each<[what: string, objects: readonly JsonObject[]]>([
    ['it is not there', [FAST, PV]],
    ['it stands in another namespace', [FAST, PV, claim('data', {}, { namespace: 'other' })]],
    ['it is of another group', [FAST, PV, { ...DATA, apiVersion: 'example.com/v1' }]],
  ])('knows of no claim where %s', async (_, objects) => {
    const [used] = await learnt(mounting('data'), objects);
    expect(used?.stored).toEqual({
      name: 'data',
      claim: undefined,
      class: { name: undefined, byDefault: false, storageClass: undefined },
      volume: undefined,
      source: { kind: 'none' },
    });
  });

  it.each<[what: string, spec: JsonObject | null]>([
    ['not bound', { storageClassName: 'fast' }],
    ['bound to an empty name', { storageClassName: 'fast', volumeName: '' }],
    ['bound to null', { storageClassName: 'fast', volumeName: null }],
    ['without a spec', null],
  ])('knows of no volume where the claim is %s', async (_, spec) => {
    const [used] = await learnt(mounting('data'), [FAST, PV, claim('data', spec)]);
    expect(used?.stored.claim).toBeDefined();
    expect(used?.stored.volume).toBeUndefined();
  });

  it('has the name of a volume that is not there, of no class but the one that the claim names', async () => {
    const [used] = await learnt(mounting('data'), [FAST, DATA]);
    expect(used?.stored.volume).toEqual({
      name: 'pv',
      volume: undefined,
      class: { name: 'fast', byDefault: false, storageClass: undefined },
      claimCreated: CREATED,
      classIsOlder: false,
    });
  });

  it("takes the class that the claim names, and not the volume's", async () => {
    const other = volume('pv', { storageClassName: 'slow' });
    const [used] = await learnt(mounting('data'), [FAST, storageClass('slow'), other, DATA]);
    expect(used?.stored.volume?.class.name).toBe('fast');
  });

  it.each<[creationTimestamp: string | null, expected: boolean]>([
    ['2026-10-01T23:59:59Z', true],
    // What the watches saw of a second is gone after a restart, and the binding was judged then.
    [CREATED, true],
    ['2026-10-02T00:00:01Z', false],
    [null, false],
  ])('counts a class of %s as older than the claim, or not', async (creationTimestamp, expected) => {
    const made = storageClass('fast', { creationTimestamp });
    const [used] = await learnt(mounting('data'), [made, PV, DATA]);
    expect(used?.stored.volume?.classIsOlder).toBe(expected);
  });

  it('counts every class as older than a claim that does not say when it was made', async () => {
    const timeless = claim('data', { storageClassName: 'fast', volumeName: 'pv' }, { creationTimestamp: null });
    const [used] = await learnt(mounting('data'), [FAST, PV, timeless]);
    expect(used?.stored.volume).toMatchObject({ claimCreated: undefined, classIsOlder: true });
  });

  it.each<[what: string, subject: Subject]>([
    ['no volumes', subjectOf(pod() as unknown as JsonObject)],
    ['volumes that are null', subjectOf(pod({ volumes: null }) as unknown as JsonObject)],
    ['other volumes', subjectOf(pod({ volumes: [{ name: 'a', emptyDir: {} }] }) as unknown as JsonObject)],
    ['claims without a name', mounting('', null)],
  ])('asks nobody about a pod with %s', async (_, subject) => {
    expect(await learnFact('usedClaims', subject, SILENT_WORLD)).toEqual({ known: true, value: [] });
  });

  it.each<[what: string, objects: readonly JsonObject[], reason: RegExp]>([
    ['the claim', [FAST, PV, claim('data', { volumeName: 7 })], /^PersistentVolumeClaim data cannot be read: spec/],
    [
      'its class',
      [storageClass('fast', {}, { provisioner: 7 }), PV, DATA],
      /^StorageClass fast cannot be read: provisioner/,
    ],
    ['its volume', [FAST, volume('pv', { csi: 'ebs' }), DATA], /^PersistentVolume pv cannot be read: spec\.csi/],
  ])('is unknown where %s is malformed', async (_, objects, reason) => {
    const fact = await learnFact('usedClaims', mounting('data'), objects);
    expect(fact).toEqual({ known: false, reason: expect.stringMatching(reason) });
  });

  it.each(['PersistentVolumeClaim', 'PersistentVolume', 'StorageClass.storage.k8s.io'])(
    'is unknown where no %s can be read',
    async (unreadable) => {
      const world = listing(async (kind) => {
        if (kind === unreadable) return unknown('the watch has not synced');
        const all = { PersistentVolumeClaim: [DATA], PersistentVolume: [PV], 'StorageClass.storage.k8s.io': [FAST] };
        return { known: true, value: all[kind as keyof typeof all] };
      });
      expect(await learnFact('usedClaims', mounting('data'), world)).toEqual(unknown('the watch has not synced'));
    },
  );
});

import { describe, expect, it } from 'vitest';
import { unknown } from '../../src/engine/fact.ts';
import type { Subject } from '../../src/engine/subject.ts';
import type { World } from '../../src/facts/ports.ts';
import type { JsonObject } from '../../src/k8s/object.ts';
import { learnFact, subjectOf } from '../support/learn-fact.ts';
import { attributesClass, CREATED, claim, storageClass, volume } from '../support/storage-objects.ts';
import { holding, SILENT_WORLD } from '../support/worlds.ts';

const FAST = storageClass('fast');
const PV = volume('pv', { storageClassName: 'fast', claimRef: { namespace: 'qdrant', name: 'data' } });
const DATA = claim('data', { storageClassName: 'fast', volumeName: 'pv' });
const RESOLVED = { name: 'fast', byDefault: false, storageClass: FAST };

/** A volume belongs to the namespace that it points into. */
function ofVolume(object: JsonObject): Subject {
  return { ...subjectOf(object), namespace: 'qdrant' };
}

async function learnt(subject: Subject, around: World | readonly JsonObject[]) {
  const fact = await learnFact('boundVolume', subject, around);
  if (!fact.known) throw new Error(fact.reason);
  return fact.value;
}

describe('the fact boundVolume of a claim', () => {
  it('is the volume that it names, with the class that the claim names', async () => {
    const other = volume('pv', { storageClassName: 'slow' });
    const linked = await learnt(subjectOf(DATA), [FAST, storageClass('slow'), other, volume('pv-2')]);
    expect(linked).toEqual({ name: 'pv', volume: other, class: RESOLVED, claimCreated: CREATED, classIsOlder: true });
  });

  it("has the class of the volume where the claim names none, and no cluster's default", async () => {
    const byDefault = storageClass('default', {
      annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
    });
    const nameless = subjectOf(claim('data', { volumeName: 'pv' }));
    expect((await learnt(nameless, [FAST, byDefault, PV]))?.class).toEqual(RESOLVED);
    const classless = (await learnt(nameless, [FAST, byDefault, volume('pv')]))?.class;
    expect(classless).toEqual({ name: '', byDefault: false, storageClass: undefined });
  });

  it.each<[what: string, spec: JsonObject | null]>([
    ['names no volume', { storageClassName: 'fast' }],
    ['names an empty one', { volumeName: '' }],
    ['names null', { volumeName: null }],
    ['has no spec', null],
  ])('is nothing, and nobody is asked, where it %s', async (_, spec) => {
    expect(await learnt(subjectOf(claim('data', spec)), { ...SILENT_WORLD, live: SILENT_WORLD })).toBeUndefined();
  });

  it('is a name alone where there is no such volume', async () => {
    expect(await learnt(subjectOf(DATA), [FAST, volume('pv-2')])).toEqual({
      name: 'pv',
      volume: undefined,
      class: { name: 'fast', byDefault: false, storageClass: undefined },
      claimCreated: CREATED,
      classIsOlder: false,
    });
  });

  it.each<[creationTimestamp: string | null, expected: boolean]>([
    ['2026-10-01T23:59:59Z', true],
    [CREATED, false],
    ['2026-10-02T00:00:01Z', false],
    [null, false],
  ])('counts a class of %s as older, or not', async (creationTimestamp, expected) => {
    const linked = await learnt(subjectOf(DATA), [storageClass('fast', { creationTimestamp }), PV]);
    expect(linked?.classIsOlder).toBe(expected);
  });

  it('counts no class that is not there as older, not even than a claim that is yet to be made', async () => {
    const made = claim('data', { storageClassName: 'fast', volumeName: 'pv' }, { creationTimestamp: null });
    expect((await learnt(subjectOf(made), [PV]))?.classIsOlder).toBe(false);
    expect((await learnt(subjectOf(made), [FAST, PV]))?.classIsOlder).toBe(true);
  });

  it('lets the watches say which of two objects of one second came first', async () => {
    const objects = [storageClass('fast', { creationTimestamp: CREATED, uid: 's' }), PV];
    const own = claim('data', { storageClassName: 'fast', volumeName: 'pv' }, { uid: 'c' });
    for (const said of [true, false, undefined]) {
      const world: World = { ...holding(objects), madeBefore: async () => said };
      expect((await learnt(subjectOf(own), world))?.classIsOlder).toBe(said ?? false);
    }
  });

  it('rests on what is there now, and not on what is remembered', async () => {
    const world: World = { ...holding([FAST, PV]), live: holding([FAST]) };
    expect((await learnt(subjectOf(DATA), world))?.volume).toBeUndefined();
    const anew = storageClass('fast', { creationTimestamp: '2026-10-05T00:00:00Z' });
    const replaced: World = { ...holding([FAST, PV]), live: holding([anew, PV]) };
    expect(await learnt(subjectOf(DATA), replaced)).toMatchObject({
      class: { storageClass: anew },
      classIsOlder: false,
    });
  });
});

describe('the fact boundVolume of a volume', () => {
  it('is itself, with its class, and the age of the claim that it is for', async () => {
    expect(await learnt(ofVolume(PV), [FAST, DATA])).toEqual({
      name: 'pv',
      volume: PV,
      class: RESOLVED,
      claimCreated: CREATED,
      classIsOlder: true,
    });
  });

  it.each<[what: string, claimRef: JsonObject | null, objects: readonly JsonObject[]]>([
    ['there is no claim of that name', { namespace: 'qdrant', name: 'other' }, [FAST, DATA]],
    [
      'the claim stands in another namespace',
      { namespace: 'qdrant', name: 'data' },
      [FAST, claim('data', {}, { namespace: 'other' })],
    ],
    ['it names no claim', null, [FAST, DATA]],
    ['the claim has no name', { namespace: 'qdrant', name: '' }, [FAST, DATA]],
  ])('knows no claim where %s', async (_, claimRef, objects) => {
    const own = volume('pv', { storageClassName: 'fast', claimRef });
    expect(await learnt(ofVolume(own), objects)).toMatchObject({
      class: RESOLVED,
      claimCreated: undefined,
      // A claim that is yet to be made comes after every class that is there.
      classIsOlder: true,
    });
  });

  it.each<[what: string, volumeName: string, isInUse: boolean]>([
    ['has it in use', 'pv', true],
    ['has another', 'other', false],
  ])(
    'is not asked for whom it was made, nor for what came later, where the claim %s',
    async (_, volumeName, isInUse) => {
      const annotations = { 'pv.kubernetes.io/bind-completed': 'yes' };
      const own = claim('data', { storageClassName: 'fast', volumeName }, { uid: 'c', annotations });
      const later = attributesClass('later', {}, { creationTimestamp: '2026-10-03T00:00:00Z' });
      const changed = volume('pv', { ...(PV['spec'] as JsonObject), volumeAttributesClassName: 'later' });
      expect(await learnt(ofVolume(changed), [FAST, own, later])).toMatchObject({
        claimUid: isInUse ? undefined : 'c',
        attributes: { name: 'later', isOlder: isInUse },
      });
    },
  );

  it('counts a class that is younger than the claim as not older', async () => {
    const younger = storageClass('fast', { creationTimestamp: '2026-10-02T00:00:01Z' });
    expect((await learnt(ofVolume(PV), [younger, DATA]))?.classIsOlder).toBe(false);
  });

  it('has no class where it names none', async () => {
    const none = { name: '', byDefault: false, storageClass: undefined };
    for (const spec of [{}, { storageClassName: '' }, { storageClassName: null }, null]) {
      expect((await learnt(ofVolume(volume('pv', spec)), [FAST]))?.class).toEqual(none);
    }
  });

  it('is judged by itself where files do not tell of its claim, and unknown where a cluster does not', async () => {
    const only: World = {
      async list(kind) {
        return kind === 'StorageClass.storage.k8s.io' ? { known: true, value: [FAST] } : unknown('no claims here');
      },
      async read(kind) {
        return kind === 'StorageClass.storage.k8s.io' ? { known: true, value: FAST } : unknown('no claims here');
      },
    };
    expect(await learnt(ofVolume(PV), only)).toMatchObject({ claimCreated: undefined, classIsOlder: true });
    const cluster: World = { ...holding([FAST, DATA]), live: only };
    expect(await learnFact('boundVolume', ofVolume(PV), cluster)).toEqual(unknown('no claims here'));
  });
});

describe('the fact boundVolume is unknown', () => {
  it.each<[what: string, subject: Subject, objects: readonly JsonObject[], reason: RegExp]>([
    ['a volume', subjectOf(DATA), [FAST, volume('pv', { csi: 7 })], /^PersistentVolume pv cannot be read: spec\.csi/],
    [
      'a class',
      subjectOf(DATA),
      [storageClass('fast', {}, { provisioner: 7 }), PV],
      /^StorageClass fast cannot be read/,
    ],
    [
      "a volume's class",
      ofVolume(PV),
      [storageClass('fast', {}, { provisioner: 7 }), DATA],
      /^StorageClass fast cannot/,
    ],
    ["a volume's claim", ofVolume(PV), [FAST, claim('data', { volumeName: 7 })], /^PersistentVolumeClaim data cannot/],
  ])('where %s is malformed', async (_, subject, objects, reason) => {
    const fact = await learnFact('boundVolume', subject, objects);
    expect(fact).toEqual({ known: false, reason: expect.stringMatching(reason) });
  });
});

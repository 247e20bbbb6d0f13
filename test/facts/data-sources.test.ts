import { describe, expect, it } from 'vitest';
import { unknown } from '../../src/engine/fact.ts';
import type { Subject } from '../../src/engine/subject.ts';
import type { JsonObject } from '../../src/k8s/object.ts';
import type { DataOrigin } from '../../src/storage/linked-objects.ts';
import { learnFact, subjectOf } from '../support/learn-fact.ts';
import { claim, snapshot, snapshotContent, storageClass, volume } from '../support/storage-objects.ts';
import { holding, listing, SILENT_WORLD } from '../support/worlds.ts';

const SNAPSHOT_GROUP = 'snapshot.storage.k8s.io';
const FAST = storageClass('fast');

const ofClaim = (name: string, more: JsonObject = {}) => ({ kind: 'PersistentVolumeClaim', name, ...more });
const ofSnapshot = (name: string, more: JsonObject = {}) => ({
  apiGroup: SNAPSHOT_GROUP,
  kind: 'VolumeSnapshot',
  name,
  ...more,
});

function filledFrom(spec: JsonObject): Subject {
  return subjectOf(claim('data', { storageClassName: 'fast', ...spec }));
}

async function origins(subject: Subject, objects: readonly JsonObject[]): Promise<readonly DataOrigin[]> {
  const fact = await learnFact('dataSources', subject, objects);
  if (!fact.known) throw new Error(fact.reason);
  return fact.value;
}

async function origin(spec: JsonObject, objects: readonly JsonObject[] = []): Promise<DataOrigin | undefined> {
  const all = await origins(filledFrom(spec), [FAST, ...objects]);
  expect(all).toHaveLength(1);
  return all[0];
}

describe('the fact dataSources', () => {
  it('asks nobody where nothing is copied', async () => {
    for (const spec of [{}, { dataSource: null, dataSourceRef: null }]) {
      const learnt = await learnFact('dataSources', filledFrom(spec), SILENT_WORLD);
      expect(learnt).toEqual({ known: true, value: [{ kind: 'none' }] });
    }
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: {} };
    expect(await learnFact('dataSources', subjectOf(pod), SILENT_WORLD)).toEqual({ known: true, value: [] });
  });

  it('has one entry a claim, in their order', async () => {
    const specs = [{}, { dataSource: ofClaim('a') }, { dataSource: ofSnapshot('b') }];
    const object = {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db', namespace: 'qdrant' },
      spec: { volumeClaimTemplates: specs.map((spec) => ({ metadata: { name: 'x' }, spec })), template: { spec: {} } },
    };
    const kinds = (await origins(subjectOf(object), [])).map(({ kind }) => kind);
    expect(kinds).toEqual(['none', 'claim', 'snapshot']);
  });

  it.each<[what: string, spec: JsonObject, field: string, found: string]>([
    [
      'names two claims',
      { dataSource: ofClaim('a'), dataSourceRef: ofClaim('b') },
      'dataSourceRef',
      'differs from dataSource',
    ],
    [
      'names a claim and a snapshot',
      { dataSource: ofClaim('a'), dataSourceRef: ofSnapshot('a') },
      'dataSourceRef',
      'differs from dataSource',
    ],
    [
      'looks into another namespace',
      { dataSourceRef: ofClaim('a', { namespace: 'other' }) },
      'dataSourceRef',
      'names another namespace, other',
    ],
    [
      'names a populator',
      { dataSourceRef: { apiGroup: 'example.com', kind: 'Populator', name: 'a' } },
      'dataSourceRef',
      'names a Populator of example.com',
    ],
    [
      'names a snapshot of another group',
      { dataSource: ofSnapshot('a', { apiGroup: 'example.com' }) },
      'dataSource',
      'names a VolumeSnapshot of example.com',
    ],
    [
      'names a claim of another group',
      { dataSource: ofClaim('a', { apiGroup: 'example.com' }) },
      'dataSource',
      'names a PersistentVolumeClaim of example.com',
    ],
    [
      'names another kind that is known',
      { dataSource: { kind: 'PersistentVolume', name: 'a' } },
      'dataSource',
      'names a PersistentVolume of the core group',
    ],
    [
      'names a content instead of a snapshot',
      { dataSource: { apiGroup: SNAPSHOT_GROUP, kind: 'VolumeSnapshotContent', name: 'a' } },
      'dataSource',
      `names a VolumeSnapshotContent of ${SNAPSHOT_GROUP}`,
    ],
    ['names no kind', { dataSource: { name: 'a' } }, 'dataSource', 'names something of the core group'],
  ])('does not follow a claim that %s', async (_, spec, field, found) => {
    const objects = [claim('a'), claim('b'), snapshot('a', {}), volume('a')];
    expect(await origin(spec, objects)).toEqual({ kind: 'other', field, found });
  });

  it.each<[what: string, spec: JsonObject, field: string]>([
    ['dataSource', { dataSource: ofClaim('a') }, 'dataSource'],
    ['dataSourceRef', { dataSourceRef: ofClaim('a') }, 'dataSourceRef'],
    ['both alike', { dataSource: ofClaim('a'), dataSourceRef: ofClaim('a') }, 'dataSourceRef'],
    [
      'an empty group and its own namespace',
      { dataSourceRef: ofClaim('a', { apiGroup: '', namespace: 'qdrant' }) },
      'dataSourceRef',
    ],
    ['nulls', { dataSourceRef: ofClaim('a', { apiGroup: null, namespace: null }) }, 'dataSourceRef'],
  ])('follows %s', async (_, spec, field) => {
    expect(await origin(spec, [claim('a')])).toMatchObject({ kind: 'claim', field, claim: { name: 'a', claim: {} } });
  });
});

describe('a copy of a claim', () => {
  it.each<[what: string, objects: readonly JsonObject[]]>([
    ['is not there', []],
    ['stands in another namespace', [claim('a', {}, { namespace: 'other' })]],
    ['is of another group', [{ ...claim('a'), apiVersion: 'example.com/v1' }]],
  ])('has no claim where that %s', async (_, objects) => {
    expect(await origin({ dataSource: ofClaim('a') }, objects)).toMatchObject({
      kind: 'claim',
      claim: { name: 'a', claim: undefined, volume: undefined, source: { kind: 'none' } },
    });
  });

  it('has its class, its volume, and what it was itself copied from', async () => {
    const a = claim('a', { storageClassName: 'fast', volumeName: 'pv', dataSource: ofClaim('b') });
    const pv = volume('pv', { storageClassName: 'fast' });
    expect(await origin({ dataSource: ofClaim('a') }, [a, pv, claim('b', { storageClassName: 'slow' })])).toMatchObject(
      {
        claim: {
          name: 'a',
          class: { name: 'fast', storageClass: FAST },
          volume: { name: 'pv', volume: pv },
          source: {
            kind: 'claim',
            field: 'dataSource',
            claim: { name: 'b', class: { name: 'slow', storageClass: undefined }, source: { kind: 'none' } },
          },
        },
      },
    );
  });

  it('is followed through four copies, and no further', async () => {
    const chain = (length: number) =>
      Array.from({ length }, (_, index) => {
        const last = index === length - 1;
        return claim(`c${index}`, { storageClassName: 'fast', ...(!last && { dataSource: ofClaim(`c${index + 1}`) }) });
      });
    const depthOf = (at: DataOrigin | undefined): string =>
      at?.kind === 'claim' ? `${at.claim.name} ${depthOf(at.claim.source)}` : (at?.kind ?? '');
    expect(depthOf(await origin({ dataSource: ofClaim('c0') }, chain(4)))).toBe('c0 c1 c2 c3 none');
    expect(depthOf(await origin({ dataSource: ofClaim('c0') }, chain(5)))).toBe('c0 c1 c2 c3 too-deep');
    const itself = claim('c0', { storageClassName: 'fast', dataSource: ofClaim('c0') });
    expect(depthOf(await origin({ dataSource: ofClaim('c0') }, [itself]))).toBe('c0 c0 c0 c0 too-deep');
  });
});

describe('a copy of a snapshot', () => {
  const TAKEN = snapshot('s', { persistentVolumeClaimName: 'a' }, { boundVolumeSnapshotContentName: 'content' });
  const REF = { namespace: 'qdrant', name: 's', uid: 'uid-of-s' };
  const spec = { dataSource: ofSnapshot('s') };

  it('has the snapshot, its content, and the claim that it was taken of', async () => {
    const content = snapshotContent('content', REF);
    const a = claim('a', { storageClassName: 'fast', dataSource: ofClaim('b') });
    expect(await origin(spec, [TAKEN, content, a])).toMatchObject({
      kind: 'snapshot',
      field: 'dataSource',
      snapshot: {
        name: 's',
        snapshot: TAKEN,
        content,
        claim: {
          name: 'a',
          class: { name: 'fast' },
          source: { kind: 'claim', claim: { name: 'b', claim: undefined } },
        },
      },
    });
  });

  it.each<[what: string, objects: readonly JsonObject[]]>([
    ['is not there', []],
    ['stands in another namespace', [snapshot('s', {}, {}, { namespace: 'other' })]],
    ['is of another group', [{ ...TAKEN, apiVersion: 'example.com/v1' }]],
  ])('has nothing where that %s', async (_, objects) => {
    expect(await origin(spec, [...objects, snapshotContent('content', REF), claim('a')])).toEqual({
      kind: 'snapshot',
      field: 'dataSource',
      snapshot: { name: 's', snapshot: undefined, content: undefined, claim: undefined },
    });
  });

  it.each<[what: string, ref: JsonObject | null, isOwn: boolean]>([
    ['says so by name, namespace and uid', REF, true],
    ['has no uid of it yet', { ...REF, uid: '' }, true],
    ['does not name its uid', { namespace: 'qdrant', name: 's' }, true],
    ['is of another snapshot', { ...REF, name: 'other' }, false],
    ['is of a snapshot in another namespace', { ...REF, namespace: 'other' }, false],
    ['is of one in no namespace', { name: 's', uid: 'uid-of-s' }, false],
    ['is of an earlier one of its name', { ...REF, uid: 'uid-of-an-earlier-one' }, false],
    ['says nothing', {}, false],
    ['says null', null, false],
  ])('takes a content that %s', async (_, ref, isOwn) => {
    const content = snapshotContent('content', ref);
    const found = await origin(spec, [TAKEN, content, claim('a')]);
    expect(found).toMatchObject({ snapshot: { snapshot: TAKEN, content: isOwn ? content : undefined } });
  });

  it('takes a content also where the snapshot has no uid: a file', async () => {
    const content = snapshotContent('content', REF);
    const written = snapshot('s', {}, { boundVolumeSnapshotContentName: 'content' }, { uid: null });
    expect(await origin(spec, [written, content])).toMatchObject({ snapshot: { content } });
  });

  it('of a content that was brought along has no claim, and the content that it is bound to before the one it names', async () => {
    const named = snapshotContent('named', REF);
    const bound = snapshotContent('bound', REF);
    const source = { volumeSnapshotContentName: 'named' };
    expect(await origin(spec, [snapshot('s', source), named, bound])).toMatchObject({
      snapshot: { content: named, claim: undefined },
    });
    const both = snapshot('s', source, { boundVolumeSnapshotContentName: 'bound' });
    expect(await origin(spec, [both, named, bound])).toMatchObject({ snapshot: { content: bound, claim: undefined } });
  });

  it('has no content where none is named, or none of that name is there', async () => {
    const stray = snapshotContent('', REF);
    expect(await origin(spec, [snapshot('s', {}), stray])).toMatchObject({ snapshot: { content: undefined } });
    expect(await origin(spec, [TAKEN, claim('a')])).toMatchObject({
      snapshot: { content: undefined, claim: { name: 'a' } },
    });
  });

  it('counts as a step of a chain', async () => {
    const objects = [0, 1, 2, 3].flatMap((index) => [
      snapshot(`s${index}`, { persistentVolumeClaimName: `c${index}` }),
      claim(`c${index}`, { storageClassName: 'fast', dataSource: ofSnapshot(`s${index + 1}`) }),
    ]);
    let at = await origin({ dataSource: ofSnapshot('s0') }, objects);
    const names: string[] = [];
    while (at?.kind === 'snapshot') {
      names.push(at.snapshot.name);
      at = at.snapshot.claim?.source;
    }
    expect([...names, at?.kind]).toEqual(['s0', 's1', 's2', 's3', 'too-deep']);
  });
});

describe('the fact dataSources is unknown', () => {
  const A = claim('a', { storageClassName: 'fast', volumeName: 'pv' });
  const PV = volume('pv', { storageClassName: 'fast' });
  const S = snapshot('s', { persistentVolumeClaimName: 'a' }, { boundVolumeSnapshotContentName: 'content' });
  const CONTENT = snapshotContent('content', { namespace: 'qdrant', name: 's' });
  const ALL = [FAST, A, PV, S, CONTENT];
  const fromSnapshot = filledFrom({ dataSource: ofSnapshot('s') });

  it.each(ALL.map((object) => [String(object['kind']), object] as const))(
    'where the %s behind it is malformed',
    async (kind, object) => {
      const malformed = ALL.map((each) =>
        each === object ? { ...each, metadata: { ...(each['metadata'] as JsonObject), labels: 7 } } : each,
      );
      const learnt = await learnFact('dataSources', fromSnapshot, malformed);
      expect(learnt).toEqual({
        known: false,
        reason: expect.stringMatching(new RegExp(`^${kind} .* cannot be read: metadata\\.labels is `)),
      });
    },
  );

  it.each(ALL.map((object) => [String(object['kind'])] as const))('where no %s can be read', async (unreadable) => {
    const all = holding(ALL);
    const world = listing(async (kind, namespace, signal) =>
      kind.split('.')[0] === unreadable ? unknown('the API server is away') : all.list(kind, namespace, signal),
    );
    expect(await learnFact('dataSources', fromSnapshot, world)).toEqual(unknown('the API server is away'));
  });

  it('where one claim of two is', async () => {
    const object = {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db', namespace: 'qdrant' },
      spec: {
        volumeClaimTemplates: ['fine', 'bad'].map((name) => ({
          metadata: { name },
          spec: { dataSource: ofClaim(name) },
        })),
        template: { spec: {} },
      },
    };
    const learnt = await learnFact('dataSources', subjectOf(object), [
      claim('fine', { storageClassName: '' }),
      claim('bad', { volumeName: 7 }),
    ]);
    expect(learnt).toEqual({
      known: false,
      reason: expect.stringMatching(/^PersistentVolumeClaim bad cannot be read/),
    });
  });

  it('of snapshots by what is there now, and of claims by what is remembered', async () => {
    const world = { ...holding([FAST, A, PV]), live: holding([S, CONTENT]) };
    const learnt = await learnFact('dataSources', fromSnapshot, world);
    expect(learnt).toMatchObject({
      known: true,
      value: [{ snapshot: { snapshot: S, content: CONTENT, claim: { claim: {}, volume: { volume: PV } } } }],
    });
  });
});

import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { known, unknown } from '../../src/engine/fact.ts';
import { makeSubject } from '../../src/engine/subject.ts';
import { defineFact } from '../../src/facts/define.ts';
import { FACT_NAMES, factNamed, KINDS_READ } from '../../src/facts/index.ts';
import { FACTS } from '../../src/facts/list.ts';
import type { ObjectKey, World } from '../../src/facts/ports.ts';
import type { KindName, ObjectOf } from '../../src/k8s/kinds.ts';
import type { JsonObject } from '../../src/k8s/object.ts';
import { RULES } from '../../src/rules/index.ts';
import { fixtureFiles, readFixture } from '../support/fixtures.ts';
import { pod } from '../support/pods.ts';
import { SETTINGS } from '../support/policies.ts';
import { CREATED, claim, storageClass } from '../support/storage-objects.ts';
import { holding, SILENT_WORLD } from '../support/worlds.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const { signal } = new AbortController();
const subject = makeSubject({ object: pod(), now: new Date(0) });

function learnt<T>(fact: { learn: (learning: never) => T }, cluster: World): T {
  return fact.learn({ subject, settings: SETTINGS, ports: { cluster }, signal } as never);
}

describe('the list of facts', () => {
  it('is sorted by name, and each has a file of its own and a table of cases', () => {
    expect(FACT_NAMES).toEqual([...new Set(FACT_NAMES)].sort());
    const files = readdirSync(join(ROOT, 'src/facts'));
    for (const name of FACT_NAMES) {
      const file = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      expect(files).toContain(`${file}.ts`);
      expect(existsSync(join(ROOT, 'test/facts', `${file}.test.ts`)), `test/facts/${file}.test.ts`).toBe(true);
    }
  });

  it('is what rules can need, and exemptions rest on', () => {
    for (const { needs } of RULES) for (const name of needs) expect(FACT_NAMES).toContain(name);
    expect(factNamed('owners').lazy).toBe(true);
    expect(() => factNamed('constructor')).toThrow('there is no fact constructor');
  });
});

describe('what a fact declares', () => {
  /** A world that notes what it is asked, and how. */
  function noting({ list, read }: World, asked: Set<string>): World {
    const note = (how: string) => ({
      list: (...request: Parameters<World['list']>) => {
        asked.add(`${how} ${request[0]}`);
        return list(...request);
      },
      read: (...request: Parameters<World['read']>) => {
        asked.add(`${how} ${request[0]}`);
        return read(...request);
      },
    });
    return {
      ...note('watched'),
      live: note('live'),
      async madeBefore(...both: readonly [ObjectKey, ObjectKey, AbortSignal]) {
        for (const { kind } of both.slice(0, 2) as ObjectKey[]) asked.add(`watched ${kind}`);
        return true;
      },
    };
  }

  const fixtures = fixtureFiles().map((file) => ({ file, ...readFixture(file) }));

  it.each(FACTS)('is all that $name reads, and it reads all of it', async ({ name, watched, live }) => {
    const asked = new Set<string>();
    const needing = new Set(RULES.filter(({ needs }) => needs.includes(name as never)).map(({ id }) => id));
    for (const fixture of fixtures) {
      if (!needing.has(fixture.file.rule)) continue;
      const { subject: judged, policy, ports } = fixture;
      const cluster = noting(ports.cluster, asked);
      await factNamed(name).learn({ subject: judged, settings: policy.settings, ports: { cluster }, signal });
    }
    const declared = [...live.map((kind) => `live ${kind}`), ...watched.map((kind) => `watched ${kind}`)];
    const undeclared = [...asked].filter((each) => !declared.includes(each));
    expect(undeclared).toEqual([]);
    if (needing.size > 0) expect(declared.filter((each) => !asked.has(each))).toEqual([]);
  });

  it('is what the program may read of a cluster', () => {
    const declared = FACTS.flatMap(({ watched, live }): readonly KindName[] => [...watched, ...live]);
    expect(KINDS_READ).toEqual([...new Set(declared)].sort());
  });
});

describe('a fact', () => {
  const QDRANT: JsonObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'qdrant' } };
  const watched = defineFact({
    name: 'watched',
    title: '',
    watched: ['Namespace'],
    learn: ({ objects }) => objects.read('Namespace', '', 'qdrant'),
  });
  const live = defineFact({
    name: 'live',
    title: '',
    live: ['Namespace'],
    learn: ({ objects }) => objects.list('Namespace', ''),
  });

  it('reads nothing that it does not declare: that does not compile', () => {
    defineFact({
      name: 'undeclared',
      title: '',
      watched: ['Namespace'],
      // @ts-expect-error a Secret is not among its kinds
      learn: ({ objects }) => objects.read('Secret', 'qdrant', 'key'),
    });
    // @ts-expect-error there is no such kind
    defineFact({ name: 'misspelt', title: '', watched: ['Namspace'], learn: () => known(1) });
  });

  it('goes past memory for what it declares live, and for nothing else', async () => {
    const world: World = { ...SILENT_WORLD, live: holding([QDRANT]) };
    expect(await learnt(live, world)).toEqual(known([QDRANT]));
    await expect(learnt(watched, world)).rejects.toThrow('nobody may be asked');
  });

  it('takes a world that does not change for live', async () => {
    expect(await learnt(live, holding([QDRANT]))).toEqual(known([QDRANT]));
  });

  it.each([
    ['has no apiVersion and kind', { metadata: { name: 'qdrant' } }, /^Namespace qdrant has no apiVersion and kind$/],
    [
      'is of another group',
      { ...QDRANT, apiVersion: 'example.com/v1' },
      /^Namespace qdrant is a Namespace of example.com\/v1$/,
    ],
    [
      'has a field of another type',
      { ...QDRANT, metadata: { name: 'qdrant', labels: ['a'] } },
      /^Namespace qdrant cannot be read: metadata.labels is a list$/,
    ],
  ])('is unknown where an object %s', async (_, object, reason) => {
    const world: World = { list: async () => known([object]), read: async () => known(object) };
    expect(await learnt(watched, world)).toMatchObject({ known: false, reason: expect.stringMatching(reason) });
    expect(await learnt(live, { ...SILENT_WORLD, live: world })).toMatchObject({ known: false });
  });

  it('is unknown where the world says so', async () => {
    const away: World = { list: async () => unknown('away'), read: async () => unknown('away') };
    expect(await learnt(watched, away)).toEqual(unknown('away'));
    expect(await learnt(live, { ...SILENT_WORLD, live: away })).toEqual(unknown('away'));
  });
});

describe('which of two objects was there before the other was made', () => {
  const keyed = { uid: 'u' };
  const made = (creationTimestamp: string | null, metadata: JsonObject = keyed) =>
    storageClass('fast', { ...metadata, creationTimestamp });
  const later = (creationTimestamp: string | null, metadata: JsonObject = keyed) =>
    claim('data', {}, { ...metadata, creationTimestamp });

  type Made = ObjectOf<'StorageClass.storage.k8s.io'>;

  async function isOlder(earlier: JsonObject, than: JsonObject, said?: boolean) {
    let asked = false;
    const world: World = {
      ...SILENT_WORLD,
      async madeBefore() {
        asked = true;
        return said;
      },
    };
    const fact = defineFact({
      name: 'older',
      title: '',
      watched: ['StorageClass.storage.k8s.io', 'PersistentVolumeClaim'],
      learn: async ({ objects }) => known(await objects.isOlder(earlier as Made, than as Made)),
    });
    const told = await learnt(fact, world);
    return { older: told.known && told.value, asked };
  }

  it('is told by the second in which each was made', async () => {
    expect(await isOlder(made('2026-10-01T23:59:59Z'), later(CREATED), false)).toEqual({ older: true, asked: false });
    expect(await isOlder(made('2026-10-02T00:00:01Z'), later(CREATED), true)).toEqual({ older: false, asked: false });
  });

  it('is for the watches to tell where that is the same, and false where they cannot', async () => {
    for (const said of [true, false]) {
      expect(await isOlder(made(CREATED), later(CREATED), said)).toEqual({ older: said, asked: true });
    }
    expect(await isOlder(made(CREATED), later(CREATED))).toEqual({ older: false, asked: true });
    expect(await isOlder(made(CREATED, {}), later(CREATED), true)).toEqual({ older: false, asked: false });
    expect(await isOlder(made(CREATED), later(CREATED, {}), true)).toEqual({ older: false, asked: false });
  });

  it('is everything before what is yet to be made, and nothing that does not say when it was made', async () => {
    expect(await isOlder(made('2026-10-02T00:00:01Z'), later(null))).toEqual({ older: true, asked: false });
    expect(await isOlder(made(null), later(null))).toEqual({ older: true, asked: false });
    for (const never of [null, 'yesterday']) {
      expect(await isOlder(made(never), later(CREATED), true)).toEqual({ older: false, asked: false });
    }
    expect(await isOlder(made(CREATED), later('yesterday'), true)).toEqual({ older: false, asked: false });
  });
});

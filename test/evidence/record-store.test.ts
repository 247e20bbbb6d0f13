import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ContentRecord } from '../../src/evidence/content-record.ts';
import { type RecordShelf, RecordStore } from '../../src/evidence/record-store.ts';

/** A ConfigMap as the API server keeps it: who writes has to have read the last version. */
class Shelf implements RecordShelf {
  version = 1;
  entries: Record<string, Uint8Array> = {};
  refusing: Error | undefined;
  isThere = true;

  async read() {
    if (this.refusing) throw this.refusing;
    return this.isThere ? { version: String(this.version), entries: { ...this.entries } } : undefined;
  }

  async write(version: string, entries: Readonly<Record<string, Uint8Array | null>>) {
    if (version !== String(this.version)) return false;
    this.version += 1;
    for (const [key, bytes] of Object.entries(entries)) {
      if (bytes === null) delete this.entries[key];
      else this.entries[key] = bytes;
    }
    return true;
  }

  get bytes(): number {
    return Object.values(this.entries).reduce((sum, { length }) => sum + length, 0);
  }
}

const recordOf = (bytes = 10): ContentRecord => ({
  manifests: {},
  tags: {},
  referrers: {},
  blobs: { 'sha256:x': randomBytes(bytes).toString('base64') },
});

let shelves: Shelf[];
let now: number;
let problems: string[];
const open = () =>
  new RecordStore({ shelves, now: () => new Date(now), onProblem: (problem) => problems.push(problem) });

beforeEach(() => {
  shelves = [new Shelf(), new Shelf()];
  now = Date.parse('2026-11-01T00:00:00Z');
  problems = [];
});

describe('records', () => {
  it('are found by the next process, with their age, and so are tags', async () => {
    const images = Array.from({ length: 20 }, (_, i) => `registry.example/app${i}@sha256:aa`);
    const records = new Map(images.map((image) => [image, recordOf()]));
    const first = open();
    for (const [image, record] of records) first.keep(image, record);
    first.resolved('registry.example/app:v1', 'sha256:aa');
    await first.save();
    now += 5000;
    const next = open();
    await next.load();
    for (const [image, record] of records) expect(next.find(image)).toEqual({ record, age: 5000 });
    expect(next.digestOf('registry.example/app:v1')).toBe('sha256:aa');
    expect(next.find('registry.example/app20@sha256:aa')).toBeUndefined();
    // Both shelves are used.
    expect(shelves.map(({ entries }) => Object.keys(entries).length > 1)).toEqual([true, true]);
    expect(problems).toEqual([]);
  });

  it('are written once, and tags only where they changed', async () => {
    const store = open();
    store.keep('a', recordOf());
    store.resolved('a:v1', 'sha256:aa');
    await store.save();
    const versions = shelves.map(({ version }) => version);
    store.resolved('a:v1', 'sha256:aa');
    await store.save();
    expect(shelves.map(({ version }) => version)).toEqual(versions);
    store.resolved('a:v1', 'sha256:bb');
    await store.save();
    expect(shelves.map(({ version }) => version)).not.toEqual(versions);
  });

  it('of several replicas stand beside one another, also where both write at the same moment', async () => {
    const [one, other] = [open(), open()];
    one.keep('a', recordOf());
    other.keep('a', recordOf());
    other.keep('b', recordOf());
    await Promise.all([one.save(), other.save()]);
    await Promise.all([one.save(), other.save()]);
    const next = open();
    await next.load();
    expect([next.find('a') !== undefined, next.find('b') !== undefined]).toEqual([true, true]);
  });

  it('give way, the oldest first, where there is no more room', async () => {
    shelves = [new Shelf()];
    const store = open();
    for (let i = 0; i < 12; i++) {
      now += 1000;
      store.keep(`image ${i}`, recordOf(100_000));
      await store.save();
    }
    expect(shelves[0]?.bytes).toBeLessThan(720 * 1024);
    const next = open();
    await next.load();
    const found = Array.from({ length: 12 }, (_, i) => next.find(`image ${i}`) !== undefined);
    expect(found).toEqual([...Array(6).fill(false), ...Array(6).fill(true)]);
  });

  it('that are too large are not kept, and that is said', async () => {
    const store = open();
    store.keep('image', recordOf(400_000));
    await store.save();
    expect(problems).toEqual([
      expect.stringMatching(/^image: what was read of it has \d+ bytes, too many to be kept$/),
    ]);
    expect(shelves.map(({ version }) => version)).toEqual([1, 1]);
  });

  it('wait where nobody can write, and are written the next time', async () => {
    const store = open();
    store.keep('a', recordOf());
    for (const shelf of shelves) shelf.refusing = new Error('forbidden');
    await store.save();
    expect(problems).toEqual(['forbidden']);
    for (const shelf of shelves) shelf.refusing = undefined;
    await store.save();
    const next = open();
    await next.load();
    expect(next.find('a')).toBeDefined();
  });
});

describe('what somebody else wrote', () => {
  async function written(): Promise<Shelf> {
    const shelf = new Shelf();
    shelves = [shelf];
    const store = open();
    store.keep('a', recordOf());
    await store.save();
    return shelf;
  }

  it.each([
    [
      'an index that is none',
      (shelf: Shelf) => {
        shelf.entries['index.json'] = Buffer.from('[]');
      },
    ],
    ['no index', (shelf: Shelf) => void delete shelf.entries['index.json']],
    [
      'a record under the name of another image',
      (shelf: Shelf) => {
        const [key = ''] = Object.keys(shelf.entries).filter((each) => each !== 'index.json');
        const index = { images: { [key]: { image: 'other', at: '2026-11-01T00:00:00Z' } }, tags: {} };
        shelf.entries['index.json'] = Buffer.from(JSON.stringify(index));
      },
    ],
    [
      'bytes that are no record',
      (shelf: Shelf) => {
        for (const key of Object.keys(shelf.entries)) if (key !== 'index.json') shelf.entries[key] = Buffer.from('x');
      },
    ],
  ])('tells nothing where it is %s', async (_, damage) => {
    damage(await written());
    const next = open();
    await next.load();
    expect([next.find('a'), next.find('other')]).toEqual([undefined, undefined]);
  });

  it('is put in order by the next record', async () => {
    const shelf = await written();
    shelf.entries['index.json'] = Buffer.from('[]');
    const store = open();
    store.keep('b', recordOf());
    await store.save();
    expect(Object.keys(shelf.entries)).toHaveLength(2);
  });

  it('is not missed where the objects are not there', async () => {
    for (const shelf of shelves) shelf.isThere = false;
    const store = open();
    await store.load();
    store.keep('a', recordOf());
    await store.save();
    expect([problems, store.find('a') !== undefined]).toEqual([[], true]);
  });
});

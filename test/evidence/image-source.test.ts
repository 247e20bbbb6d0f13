import { beforeEach, describe, expect, it } from 'vitest';
import type { ContentRecord } from '../../src/evidence/content-record.ts';
import { ImageMemory } from '../../src/evidence/image-memory.ts';
import {
  createImageSource,
  type ImageSourceOptions,
  type KeptRecords,
  type Origin,
} from '../../src/evidence/image-source.ts';
import type { Authority } from '../../src/images/authorities.ts';
import type { ImageContent, Manifest } from '../../src/images/content.ts';
import type { ImageAnswer, ImageEvidence } from '../../src/images/evidence.ts';
import type { ImageReference } from '../../src/k8s/core/image-reference.ts';
import { failure, success } from '../../src/k8s/result.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const LIVES = { goodForMs: HOUR, badForMs: MINUTE, staleForMs: 24 * HOUR };
const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;
const KEY: Authority = {
  name: 'ours',
  kind: 'key',
  publicKey: 'PEM',
  hashAlgorithms: ['sha256'],
  transparencyLogs: 0,
  signaturePredicates: [],
};
const pinned: ImageReference = { registry: 'registry.example', repository: 'team/app', digest: DIGEST };
const tagged: ImageReference = { registry: 'registry.example', repository: 'team/app', tag: 'v1' };
const never = new AbortController().signal;

const evidenceOf = (digest: string, extra: Partial<ImageEvidence> = {}): ImageAnswer => ({
  state: 'found',
  evidence: {
    digest,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    platforms: [],
    signatures: [],
    attestations: [],
    attached: [],
    rejections: [],
    ...extra,
  },
});
const GONE: ImageAnswer = { state: 'unreachable', reason: 'registry.example: connection refused' };

let now: number;
let asked: string[];
let origins: Origin[];
let trust: string;
/** What the registry and the verification say. */
let resolves: string | undefined;
let answer: (digest: string) => ImageAnswer | Promise<ImageAnswer>;

const manifestOf = (digest: string): Manifest => ({
  digest,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  size: 2,
  layers: [],
  manifests: [],
  annotations: {},
});
const content: ImageContent = {
  async manifest({ tag, digest }) {
    asked.push(`manifest ${tag ?? digest}`);
    const found = digest ?? resolves;
    return found === undefined
      ? failure({ kind: 'unreachable', message: 'connection refused' })
      : success(manifestOf(found));
  },
  blob: async () => failure({ kind: 'absent', message: 'no blob' }),
  referrers: async () => success([]),
};

function source(options: Partial<ImageSourceOptions> = {}) {
  return createImageSource({
    content,
    async gather(from, of, _authorities, signal) {
      await from.manifest(of, signal);
      asked.push(`gather ${of.digest}`);
      return answer(of.digest ?? '');
    },
    memory: new ImageMemory(1_000_000),
    lives: () => LIVES,
    trust: () => trust,
    now: () => now,
    onAnswer: (_, origin) => origins.push(origin),
    ...options,
  });
}

beforeEach(() => {
  now = 1000;
  asked = [];
  origins = [];
  trust = 'root 1';
  resolves = DIGEST;
  answer = evidenceOf;
});

describe('a digest', () => {
  it('is asked about once while the answer is good', async () => {
    const images = source();
    for (const after of [0, HOUR - 2, 0]) {
      now += after;
      expect(await images.evidence(pinned, [KEY], never)).toEqual(evidenceOf(DIGEST));
    }
    expect(asked.filter((what) => what.startsWith('gather'))).toHaveLength(1);
    now += HOUR;
    await images.evidence(pinned, [KEY], never);
    expect(origins).toEqual(['asked', 'remembered', 'remembered', 'asked']);
  });

  it.each([
    ['that is absent is asked about again after a minute', MINUTE, { state: 'absent', reason: 'no such manifest' }],
    ['that nobody could be asked about is asked about again after five seconds', 5000, GONE],
    [
      'of which a part could not be read is asked about again after five seconds',
      5000,
      evidenceOf(DIGEST, { incomplete: 'referrers: 500' }),
    ],
  ] as const)('%s', async (_, life, bad) => {
    answer = () => bad;
    const images = source();
    for (const after of [0, life - 1, 1]) {
      now += after;
      expect(await images.evidence(pinned, [KEY], never)).toEqual(bad);
    }
    expect(origins).toEqual(['asked', 'remembered', 'asked']);
  });

  it('is another for other authorities, another trust root, and another repository', async () => {
    const images = source();
    await images.evidence(pinned, [KEY], never);
    await images.evidence(pinned, [{ ...KEY, publicKey: 'another PEM' }], never);
    await images.evidence({ ...pinned, repository: 'team/copy' }, [KEY], never);
    trust = 'root 2';
    await images.evidence(pinned, [KEY], never);
    expect(origins).toEqual(['asked', 'asked', 'asked', 'asked']);
  });

  it('is the same for authorities that say the same, and told apart by their patterns', async () => {
    const subject = (pattern: string): Authority => ({
      name: 'x',
      kind: 'keyless',
      trustRoot: 'public-good',
      identities: [{ kind: 'subject', issuer: 'https://issuer', subject: { pattern, matches: () => true } }],
      transparencyLogs: 1,
      certificateLog: true,
      signaturePredicates: [],
    });
    const images = source();
    for (const pattern of ['a.*', 'a.*', 'b.*']) await images.evidence(pinned, [subject(pattern)], never);
    expect(origins).toEqual(['asked', 'remembered', 'asked']);
  });

  it('that was verified counts while its registry is gone or lies, for as long as the configuration says', async () => {
    const images = source();
    await images.evidence(pinned, [KEY], never);
    answer = () => GONE;
    now += HOUR + 1;
    expect(await images.evidence(pinned, [KEY], never)).toEqual(evidenceOf(DIGEST));
    // The same in the minute in which nobody asks again.
    expect(await images.evidence(pinned, [KEY], never)).toEqual(evidenceOf(DIGEST));
    answer = () => ({ state: 'invalid', reason: 'the bytes are not of their digest' });
    now += 22 * HOUR;
    expect(await images.evidence(pinned, [KEY], never)).toEqual(evidenceOf(DIGEST));
    now += HOUR;
    expect(await images.evidence(pinned, [KEY], never)).toMatchObject({ state: 'invalid' });
    expect(origins).toEqual(['asked', 'stale', 'stale', 'stale', 'asked']);
  });

  it('that was never verified does not count while its registry is gone', async () => {
    answer = () => GONE;
    expect(await source().evidence(pinned, [KEY], never)).toEqual(GONE);
  });

  it('is looked at anew where a refusal rests on it, though not more often than once in the life of a bad answer', async () => {
    const images = source();
    await images.evidence(pinned, [KEY], never);
    for (const after of [MINUTE - 1, 1, MINUTE - 1]) {
      now += after;
      await images.fresh?.evidence(pinned, [KEY], never);
    }
    expect(origins).toEqual(['asked', 'remembered', 'asked', 'remembered']);
  });
});

describe('a tag', () => {
  it('is resolved each time: it may have moved', async () => {
    const images = source();
    expect(await images.evidence(tagged, [KEY], never)).toEqual(evidenceOf(DIGEST));
    expect(await images.evidence(tagged, [KEY], never)).toEqual(evidenceOf(DIGEST));
    resolves = OTHER;
    expect(await images.evidence(tagged, [KEY], never)).toEqual(evidenceOf(OTHER));
    // The manifest that it stood for is not read twice.
    expect(asked).toEqual(['manifest v1', `gather ${DIGEST}`, 'manifest v1', 'manifest v1', `gather ${OTHER}`]);
  });

  it('is what it was while its registry is gone', async () => {
    const images = source();
    await images.evidence(tagged, [KEY], never);
    resolves = undefined;
    now += 23 * HOUR;
    expect(await images.evidence(tagged, [KEY], never)).toEqual(evidenceOf(DIGEST));
    expect(await images.evidence({ ...tagged, tag: 'v2' }, [KEY], never)).toMatchObject({ state: 'unreachable' });
    now += HOUR;
    expect(await images.evidence(tagged, [KEY], never)).toMatchObject({ state: 'unreachable' });
  });
});

describe('what is kept for the next process', () => {
  const KEPT_AT = 500;
  function keeping(records = new Map<string, ContentRecord>(), tags = new Map<string, string>()) {
    const kept: KeptRecords = {
      find: (image) => {
        const record = records.get(image);
        return record && { record, age: now - KEPT_AT };
      },
      keep: (image, record) => void records.set(image, record),
      digestOf: (name) => tags.get(name),
      resolved: (name, digest) => void tags.set(name, digest),
    };
    return { kept, records, tags };
  }
  const signed = (digest: string) =>
    evidenceOf(digest, {
      signatures: [{ signer: { authority: 'ours', logs: [] }, storedAs: 'legacy', annotations: {} }],
    });

  it('is what was read of images that somebody signed', async () => {
    const { kept, records, tags } = keeping();
    const images = source({ kept });
    await images.evidence(tagged, [KEY], never);
    expect([...records]).toEqual([]);
    answer = signed;
    resolves = OTHER;
    await images.evidence(tagged, [KEY], never);
    expect([...records.keys()]).toEqual([`registry.example/team/app@${OTHER}`]);
    expect([...tags]).toEqual([['registry.example/team/app:v1', OTHER]]);
  });

  it('is verified again by the next, and only where the registry is gone', async () => {
    answer = signed;
    const { kept } = keeping();
    await source({ kept }).evidence(tagged, [KEY], never);
    resolves = undefined;
    const next = source({ kept });
    expect(await next.evidence(tagged, [KEY], never)).toEqual(signed(DIGEST));
    expect(origins.at(-1)).toBe('kept');
    // From then on it is remembered, for as long as it counts.
    expect(await next.evidence(tagged, [KEY], never)).toEqual(signed(DIGEST));
    expect(origins.at(-1)).toBe('stale');
    now += 24 * HOUR;
    expect(await next.evidence(tagged, [KEY], never)).toMatchObject({ state: 'unreachable' });
  });

  it.each([
    ['comes from the future', -1],
    ['is too old', 24 * HOUR],
  ])('does not count where it %s', async (_, age) => {
    const record: ContentRecord = { manifests: {}, tags: {}, referrers: {}, blobs: {} };
    const { kept } = keeping();
    answer = () => GONE;
    const images = source({ kept: { ...kept, find: () => ({ record, age }) } });
    expect(await images.evidence(pinned, [KEY], never)).toEqual(GONE);
    expect(asked.filter((what) => what.startsWith('gather'))).toHaveLength(1);
  });

  it('does not count where it does not verify', async () => {
    const { kept } = keeping();
    answer = () => evidenceOf(DIGEST, { incomplete: 'the manifest was not kept' });
    const record: ContentRecord = { manifests: {}, tags: {}, referrers: {}, blobs: {} };
    const images = source({ kept: { ...kept, find: () => ({ record, age: 1 }) } });
    expect(await images.evidence(pinned, [KEY], never)).toMatchObject({ evidence: { incomplete: expect.anything() } });
  });
});

describe('many at a time', () => {
  it('share one question', async () => {
    const { promise, resolve } = Promise.withResolvers<ImageAnswer>();
    answer = () => promise;
    const images = source();
    const all = Array.from({ length: 20 }, () => images.evidence(pinned, [KEY], never));
    resolve(evidenceOf(DIGEST));
    expect(await Promise.all(all)).toEqual(Array(20).fill(evidenceOf(DIGEST)));
    expect(asked.filter((what) => what.startsWith('gather'))).toHaveLength(1);
  });

  it('wait no longer than their own deadlines, and what they began is done for the next', async () => {
    const { promise, resolve } = Promise.withResolvers<ImageAnswer>();
    answer = () => promise;
    const images = source();
    const deadline = new AbortController();
    const late = images.evidence(pinned, [KEY], deadline.signal);
    deadline.abort();
    expect(await late).toEqual({ state: 'unreachable', reason: 'registry.example did not answer in time' });
    resolve(evidenceOf(DIGEST));
    expect(await images.evidence(pinned, [KEY], never)).toEqual(evidenceOf(DIGEST));
    expect(asked.filter((what) => what.startsWith('gather'))).toHaveLength(1);
  });

  it('of too many images are told so', async () => {
    answer = () => new Promise(() => undefined);
    const images = source();
    for (let i = 0; i < 256; i++) void images.evidence({ ...pinned, repository: `team/app${i}` }, [KEY], never);
    expect(await images.evidence(pinned, [KEY], never)).toMatchObject({
      state: 'unreachable',
      reason: '256 other images are being asked about at this moment',
    });
  });

  it('never reject', async () => {
    answer = () => {
      throw new Error('a worker died');
    };
    expect(await source().evidence(pinned, [KEY], never)).toEqual({ state: 'unreachable', reason: 'a worker died' });
  });
});

describe('the memory', () => {
  it('is bounded in bytes, and forgets first what was not used for longest', () => {
    const memory = new ImageMemory(100_000);
    for (let i = 0; i < 1000; i++) {
      memory.set(`image ${i}`, evidenceOf(DIGEST), 0);
      memory.get('image 0');
    }
    expect(memory.bytes).toBeLessThanOrEqual(100_000);
    expect(memory.size).toBeGreaterThan(10);
    expect(memory.get('image 0')).toBeDefined();
    expect(memory.get('image 1')).toBeUndefined();
    expect(memory.get('image 999')).toBeDefined();
  });

  it('does not take what is larger than all of it', () => {
    const memory = new ImageMemory(1000);
    memory.set('image', evidenceOf(DIGEST, { rejections: [{ found: 'x', reason: 'y'.repeat(1000) }] }), 0);
    expect(memory.get('image')).toBeUndefined();
  });
});

describe('what is remembered', () => {
  it('is told at once while it is good, of a digest that was told in full, by the same trust', async () => {
    const images = source();
    expect(images.remembered?.(pinned, [KEY])).toBeUndefined();
    const told = await images.evidence(pinned, [KEY], never);
    const before = asked.length;
    expect(images.remembered?.(pinned, [KEY])).toBe(told);
    expect(origins).toEqual(['asked', 'remembered']);
    expect(images.remembered?.(pinned, [{ ...KEY, publicKey: 'another' }])).toBeUndefined();
    expect(images.remembered?.({ ...pinned, digest: OTHER }, [KEY])).toBeUndefined();
    trust = 'another';
    expect(images.remembered?.(pinned, [KEY])).toBeUndefined();
    expect(asked.length).toBe(before);
  });

  it('is not told at once of a tag, when it is old, or where a part is missing', async () => {
    const images = source();
    await images.evidence(tagged, [KEY], never);
    expect(images.remembered?.(tagged, [KEY])).toBeUndefined();
    expect(images.remembered?.(pinned, [KEY])).toBeDefined();
    now += HOUR;
    expect(images.remembered?.(pinned, [KEY])).toBeUndefined();
    answer = (digest) => evidenceOf(digest, { incomplete: 'a part was not read' });
    const partial = source();
    await partial.evidence(pinned, [KEY], never);
    expect(partial.remembered?.(pinned, [KEY])).toBeUndefined();
  });

  it('is not told past the memory', () => {
    expect(source().fresh).not.toHaveProperty('remembered');
  });
});

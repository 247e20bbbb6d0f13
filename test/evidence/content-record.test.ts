import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeRecord, encodeRecord, recordContent, recordedContent } from '../../src/evidence/content-record.ts';
import type { Descriptor, ImageContent } from '../../src/images/content.ts';
import type { ImageReference } from '../../src/k8s/core/image-reference.ts';
import { failure, success } from '../../src/k8s/result.ts';
import { parseManifest } from '../../src/registry/manifest.ts';

const { signal } = new AbortController();
const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const layer = Buffer.from('a bundle');
const descriptor: Descriptor = {
  mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  digest: digestOf(layer),
  size: layer.length,
  annotations: { note: 'x' },
};
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const bytes = Buffer.from(
  JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST_TYPE, config: descriptor, layers: [descriptor] }),
);
const manifest = parseManifest(bytes, MANIFEST_TYPE);
const digest = digestOf(bytes);
const image: ImageReference = { registry: 'registry.example', repository: 'team/app', digest };
const byTag = (tag: string): ImageReference => ({ registry: 'registry.example', repository: 'team/app', tag });

const content: ImageContent = {
  async manifest({ tag }) {
    if (tag === 'gone') return failure({ kind: 'absent', message: 'no such tag' });
    if (tag === 'later') return failure({ kind: 'unreachable', message: 'timeout' });
    return manifest.ok ? manifest : failure({ kind: 'invalid', message: manifest.error });
  },
  blob: async () => success(layer),
  referrers: async () => success([descriptor]),
};

async function recorded() {
  const recording = recordContent(content);
  for (const tag of ['v1', 'gone', 'later']) await recording.content.manifest(byTag(tag), signal);
  await recording.content.blob(image, descriptor, 100, signal);
  await recording.content.referrers(image, digest, signal);
  const record = recording.record();
  if (!record) throw new Error('it was too much');
  return record;
}

describe('a record', () => {
  it('tells the same as what it was made of, after it was written and read', async () => {
    const read = decodeRecord(await encodeRecord(await recorded()));
    if (!read) throw new Error('it cannot be read');
    const again = recordedContent(read);
    for (const of of [image, byTag('v1')]) {
      const found = await again.manifest(of, signal);
      expect(found).toEqual(await content.manifest(of, signal));
    }
    expect(await again.blob(image, descriptor, 100, signal)).toEqual(success(layer));
    expect(await again.referrers(image, digest, signal)).toEqual(success([descriptor]));
    expect(await again.manifest(byTag('gone'), signal)).toMatchObject({ error: { kind: 'absent' } });
  });

  it('does not tell what was not read: that may be there', async () => {
    const again = recordedContent(await recorded());
    const unread = `sha256:${'0'.repeat(64)}`;
    const answers = [
      await again.manifest(byTag('later'), signal),
      await again.manifest({ ...image, digest: unread }, signal),
      await again.manifest(byTag('__proto__'), signal),
      await again.blob(image, { ...descriptor, digest: unread }, 100, signal),
      await again.referrers(image, unread, signal),
    ];
    for (const answer of answers) expect(answer).toMatchObject({ error: { kind: 'unreachable' } });
  });

  it('is none of an image that too much was read of', async () => {
    const large = Buffer.alloc(1024 * 1024);
    const recording = recordContent({ ...content, blob: async () => success(large) });
    for (const number of [1, 2]) {
      await recording.content.blob(image, { ...descriptor, digest: `sha256:${number}` }, large.length, signal);
      expect(recording.record()).toBeDefined();
    }
    // What is read is the same nevertheless.
    const read = await recording.content.blob(image, { ...descriptor, digest: 'sha256:3' }, large.length, signal);
    expect([read, recording.record()]).toEqual([success(large), undefined]);
  });

  it('that somebody changed is invalid: its bytes are not of their digests', async () => {
    const record = await recorded();
    const forged = Buffer.from('forged').toString('base64');
    const again = recordedContent({
      ...record,
      manifests: { [digest]: [MANIFEST_TYPE, forged] },
      blobs: { [descriptor.digest]: forged },
    });
    expect(await again.manifest(image, signal)).toMatchObject({ error: { kind: 'invalid' } });
    expect(await again.blob(image, descriptor, 100, signal)).toMatchObject({ error: { kind: 'invalid' } });
  });

  it.each([
    ['no gzip', Buffer.from('{}')],
    ['no JSON', gzipSync('x')],
    ['no record', gzipSync('{"manifests":[]}')],
    ['a bomb', gzipSync(Buffer.alloc(20 * 1024 * 1024))],
  ])('that is %s tells nothing', (_, damaged) => {
    expect(decodeRecord(damaged)).toBeUndefined();
  });
});

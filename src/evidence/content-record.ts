import { promisify } from 'node:util';
import { gunzipSync, gzip } from 'node:zlib';
import { z } from 'zod';
import type { ContentProblem, Descriptor, ImageContent, Manifest } from '../images/content.ts';
import type { ImageReference } from '../k8s/core/image-reference.ts';
import { failure, type Result, success } from '../k8s/result.ts';
import { digestOf, parseManifest } from '../registry/manifest.ts';

/**
 * What was read of a registry while an image was verified, as bytes: signatures, certificates, manifests, and no verdict.
 * Whoever reads it verifies it again, so that nobody gains anything by writing one.
 */
export interface ContentRecord {
  /** By digest: the mediaType that it was sent as, and its bytes in base64. */
  readonly manifests: Readonly<Record<string, readonly [mediaType: string, bytes: string]>>;
  /** What tags stood for; null for one that was not there. */
  readonly tags: Readonly<Record<string, string | null>>;
  /** By the digest that they refer to. */
  readonly referrers: Readonly<Record<string, readonly Descriptor[]>>;
  /** By digest, in base64. */
  readonly blobs: Readonly<Record<string, string>>;
}

const text = z.string().max(255);
const descriptorSchema = z.object({
  mediaType: text,
  digest: text,
  size: z.int().nonnegative(),
  artifactType: text.optional(),
  annotations: z.record(z.string(), z.string()),
  platform: z.object({ os: text, architecture: text }).optional(),
});
const recordSchema = z.object({
  manifests: z.record(z.string(), z.tuple([text, z.string()])),
  tags: z.record(z.string(), z.string().nullable()),
  referrers: z.record(z.string(), z.array(descriptorSchema)),
  blobs: z.record(z.string(), z.string()),
});

/** A compressed record takes at most this many bytes when it is read: somebody else may have written it. */
const LARGEST_RECORD = 8 * 1024 * 1024;

/** Compresses outside of this thread: some megabytes would hold up reviews. */
export function encodeRecord(record: ContentRecord): Promise<Buffer> {
  return compress(JSON.stringify(record));
}

const compress = promisify<string, Buffer>(gzip);

/** Undefined where it is damaged: then nothing is known. */
export function decodeRecord(bytes: Uint8Array): ContentRecord | undefined {
  try {
    const unpacked = gunzipSync(bytes, { maxOutputLength: LARGEST_RECORD });
    return recordSchema.parse(JSON.parse(unpacked.toString('utf8')));
  } catch {
    return undefined;
  }
}

/** More is not recorded: it would not be kept, and the documents of one image can have tens of megabytes. */
const MOST_RECORDED = 2 * 1024 * 1024;

/**
 * The same content, with a record of what was read of it about one image; undefined where that was too much to be kept.
 */
export function recordContent(content: ImageContent): {
  readonly content: ImageContent;
  record(): ContentRecord | undefined;
} {
  let left = MOST_RECORDED;
  /** In base64, as long as there is room. */
  function taken(bytes: Uint8Array): string {
    left -= bytes.length;
    return left < 0 ? '' : Buffer.from(bytes).toString('base64');
  }
  const manifests: Record<string, readonly [string, string]> = {};
  const tags: Record<string, string | null> = {};
  const referrers: Record<string, readonly Descriptor[]> = {};
  const blobs: Record<string, string> = {};
  return {
    record: () => (left < 0 ? undefined : { manifests, tags, referrers, blobs }),
    content: {
      async manifest(of, signal) {
        const read = await content.manifest(of, signal);
        if (read.ok && read.value.bytes) {
          const { digest, mediaType, bytes } = read.value;
          manifests[digest] = [mediaType, taken(bytes)];
          if (of.tag !== undefined) tags[of.tag] = digest;
        } else if (!read.ok && read.error.kind === 'absent' && of.tag !== undefined) tags[of.tag] = null;
        return read;
      },
      async blob(of, blob, limit, signal) {
        const read = await content.blob(of, blob, limit, signal);
        if (read.ok) blobs[blob.digest] = taken(read.value);
        return read;
      },
      async referrers(of, digest, signal) {
        const read = await content.referrers(of, digest, signal);
        if (read.ok) referrers[digest] = read.value;
        return read;
      },
    },
  };
}

/** Content of a record. What was not recorded cannot be told: it may be there. */
export function recordedContent({ manifests, tags, referrers, blobs }: ContentRecord): ImageContent {
  return {
    async manifest(of) {
      const digest = of.digest ?? own(tags, of.tag ?? 'latest');
      if (digest === null) return failure({ kind: 'absent', message: `${nameOf(of)} was not there` });
      const [mediaType, bytes] = (digest === undefined ? undefined : own(manifests, digest)) ?? [];
      if (digest === undefined || bytes === undefined) return notKept(nameOf(of));
      return manifestOf(Buffer.from(bytes, 'base64'), digest, mediaType);
    },
    async blob(of, { digest }, limit) {
      const kept = own(blobs, digest);
      if (kept === undefined) return notKept(`${of.registry}/${of.repository}@${digest}`);
      const bytes = Buffer.from(kept, 'base64');
      if (bytes.length > limit || digestOf(bytes) !== digest) return damaged(digest);
      return success(bytes);
    },
    async referrers(of, digest) {
      const kept = own(referrers, digest);
      return kept ? success(kept) : notKept(`what refers to ${of.registry}/${of.repository}@${digest}`);
    },
  };
}

function manifestOf(bytes: Buffer, digest: string, mediaType: string | undefined): Result<Manifest, ContentProblem> {
  if (digestOf(bytes) !== digest) return damaged(digest);
  const manifest = parseManifest(bytes, mediaType);
  return manifest.ok ? manifest : damaged(digest);
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function notKept(what: string): Result<never, ContentProblem> {
  return failure({ kind: 'unreachable', message: `${what} was not kept` });
}

function damaged(digest: string): Result<never, ContentProblem> {
  return failure({ kind: 'invalid', message: `what was kept as ${digest} is not that` });
}

function nameOf({ registry, repository, tag, digest }: ImageReference): string {
  return `${registry}/${repository}${digest === undefined ? `:${tag ?? 'latest'}` : `@${digest}`}`;
}

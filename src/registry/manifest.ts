import { createHash } from 'node:crypto';
import { cut, printable } from '../engine/wording.ts';
import type { Descriptor, Manifest } from '../images/content.ts';
import { isJsonObject, type JsonObject } from '../k8s/object.ts';
import { failure, type Result, success } from '../k8s/result.ts';

export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** What is read, and whether it lists manifests or layers. */
const SHAPES: Readonly<Record<string, 'index' | 'manifest'>> = {
  [OCI_MANIFEST]: 'manifest',
  [OCI_INDEX]: 'index',
  'application/vnd.docker.distribution.manifest.v2+json': 'manifest',
  'application/vnd.docker.distribution.manifest.list.v2+json': 'index',
};

/** For the header Accept. */
export const MANIFEST_TYPES: readonly string[] = Object.keys(SHAPES);

/** In bytes. Registries take no larger ones, by the distribution specification. */
export const LARGEST_MANIFEST = 4 * 1024 * 1024;
/** No runtime mounts an image of more. A manifest of signatures has one layer for each. */
const MOST_LAYERS = 128;
const MOST_MANIFESTS = 500;

const DIGEST = /^sha256:[a-f0-9]{64}$/;
const LONGEST_TYPE = 255;

/** Signed by nobody's digest: its signatures are part of its bytes, and its layers are not what the digest stands for. */
const SCHEMA_1 = /^application\/vnd\.docker\.distribution\.manifest\.v1\b/;

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Whether a text is a digest that we can check: sha256 in full and in lower case. */
export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}

/** The mediaType in a header Content-Type: what stands before parameters. */
export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/**
 * A manifest or an index of its bytes; the error says what is wrong with them. What a header and the bytes say of the
 * mediaType must agree, and nothing may be both: otherwise a runtime could read something else than we do
 * (CVE-2021-41190).
 * @param contentType the mediaType by the header or by a descriptor; undefined where only the bytes tell
 */
export function parseManifest(bytes: Uint8Array, contentType: string | undefined): Result<Manifest, string> {
  const body = parseObject(bytes);
  if (body === undefined) return failure('is not a JSON object');
  if (SCHEMA_1.test(contentType ?? '') || body['schemaVersion'] === 1) {
    return failure('is a manifest of schema 1, which no signature can cover: push the image again with a current tool');
  }
  if (body['schemaVersion'] !== 2) return failure('has no schemaVersion 2');
  const mediaType = agreedType(body, contentType);
  if (!mediaType.ok) return mediaType;
  try {
    return success({ ...fieldsOf(body, mediaType.value), digest: digestOf(bytes), size: bytes.length });
  } catch (error) {
    if (error instanceof Malformed) return failure(error.message);
    throw error;
  }
}

class Malformed extends Error {}

function parseObject(bytes: Uint8Array): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function agreedType(body: JsonObject, contentType: string | undefined): Result<string, string> {
  const inBody = body['mediaType'];
  if (inBody !== undefined && typeof inBody !== 'string') return failure('has a mediaType that is not a text');
  const mediaType = inBody ?? contentType ?? (Object.hasOwn(body, 'manifests') ? OCI_INDEX : OCI_MANIFEST);
  const shape = Object.hasOwn(SHAPES, mediaType) ? SHAPES[mediaType] : undefined;
  if (shape === undefined) return failure(`is of the unknown type ${shown(mediaType)}`);
  if (contentType !== undefined && contentType !== mediaType) {
    return failure(`says that it is ${shown(mediaType)}, and was sent as ${shown(contentType)}`);
  }
  const foreign = shape === 'index' ? ['layers', 'config', 'fsLayers'] : ['manifests', 'fsLayers'];
  const both = foreign.find((field) => Object.hasOwn(body, field));
  if (both !== undefined) return failure(`is ${shown(mediaType)}, which has no ${both}`);
  return success(mediaType);
}

function fieldsOf(body: JsonObject, mediaType: string): Omit<Manifest, 'digest' | 'size'> {
  const isIndex = SHAPES[mediaType] === 'index';
  return {
    mediaType,
    artifactType: optionalText(body['artifactType'], 'artifactType'),
    config: isIndex ? undefined : descriptor(body['config'], 'config'),
    layers: isIndex ? [] : descriptors(body['layers'], 'layers', MOST_LAYERS),
    manifests: isIndex ? descriptors(body['manifests'], 'manifests', MOST_MANIFESTS) : [],
    subject: absent(body['subject']) ? undefined : descriptor(body['subject'], 'subject'),
    annotations: annotations(body['annotations'], 'annotations'),
  };
}

function descriptors(value: unknown, path: string, most: number): readonly Descriptor[] {
  if (!Array.isArray(value)) throw new Malformed(`has no list of ${path}`);
  if (value.length > most) throw new Malformed(`has ${value.length} ${path}, and at most ${most} are read`);
  return value.map((item: unknown, index) => descriptor(item, `${path}[${index}]`));
}

function descriptor(value: unknown, path: string): Descriptor {
  if (!isJsonObject(value)) throw new Malformed(`has no descriptor at ${path}`);
  const { mediaType, digest, size } = value;
  if (typeof mediaType !== 'string' || mediaType === '' || mediaType.length > LONGEST_TYPE) {
    throw new Malformed(`has no mediaType at ${path}`);
  }
  if (typeof digest !== 'string' || !isDigest(digest)) throw new Malformed(`has no digest of sha256 at ${path}`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw new Malformed(`has no size at ${path}`);
  return {
    mediaType,
    digest,
    size,
    artifactType: optionalText(value['artifactType'], `${path}.artifactType`),
    annotations: annotations(value['annotations'], `${path}.annotations`),
    platform: platform(value['platform'], `${path}.platform`),
  };
}

function platform(value: unknown, path: string): Descriptor['platform'] {
  if (absent(value)) return undefined;
  const { os, architecture } = isJsonObject(value) ? value : {};
  if (typeof os !== 'string' || typeof architecture !== 'string') throw new Malformed(`has no platform at ${path}`);
  return { os, architecture };
}

function annotations(value: unknown, path: string): Readonly<Record<string, string>> {
  if (absent(value)) return {};
  if (!isJsonObject(value)) throw new Malformed(`has no annotations at ${path}`);
  const entries = Object.entries(value).map(([key, text]): [string, string] => {
    if (typeof text !== 'string') throw new Malformed(`has an annotation at ${path} that is not a text`);
    return [key, text];
  });
  return Object.fromEntries(entries);
}

function optionalText(value: unknown, path: string): string | undefined {
  if (absent(value)) return undefined;
  if (typeof value !== 'string' || value.length > LONGEST_TYPE) throw new Malformed(`has no text at ${path}`);
  return value === '' ? undefined : value;
}

/** Go programs write null for what is not there. */
function absent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function shown(text: string): string {
  return text === '' ? 'no type' : cut(printable(text), 100);
}

import { createHash } from 'node:crypto';

export const MEDIA_TYPES = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const;

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: { readonly os: string; readonly architecture: string };
}

/** Any manifest or index, as it is written. */
export interface ManifestDocument {
  readonly mediaType?: string;
  readonly layers?: readonly Descriptor[];
  readonly manifests?: readonly Descriptor[];
  readonly [field: string]: unknown;
}

export function digestOf(bytes: Buffer | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The tag that lists what refers to a digest where the registry does not. */
export function fallbackTag(digest: string): string {
  return digest.replace(':', '-');
}

/** Puts into a repository, and takes out of it, whatever bytes one likes: cosign and crane would only write what is right. */
export interface Repository {
  /** host:port/path */
  readonly name: string;
  /** `name@digest` */
  at(digest: string): string;
  putBlob(mediaType: string, bytes: Buffer): Promise<Descriptor>;
  /** @param tag where it is left out, the manifest is put by its digest alone */
  putManifest(document: ManifestDocument, tag?: string): Promise<Descriptor>;
  /** Undefined where there is none. */
  manifest(tagOrDigest: string): Promise<ManifestDocument | undefined>;
  blob(digest: string): Promise<Buffer>;
  /** What refers to a digest: by the referrers API, or by the tag that stands in for it. */
  referrers(digest: string): Promise<readonly Descriptor[]>;
  delete(tagOrDigest: string): Promise<void>;
}

/** @param registry host:port; plain HTTP */
export function repository(registry: string, path: string): Repository {
  const base = `http://${registry}/v2/${path}`;
  const ask = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const response = await fetch(url, init);
    if (!response.ok && response.status !== 404) {
      throw new Error(`${init.method ?? 'GET'} ${url}: ${response.status} ${await response.text()}`);
    }
    return response;
  };
  return {
    name: `${registry}/${path}`,
    at: (digest) => `${registry}/${path}@${digest}`,
    async putBlob(mediaType, bytes) {
      const digest = digestOf(bytes);
      await ask(`${base}/blobs/uploads/?digest=${digest}`, { method: 'POST', body: new Uint8Array(bytes) });
      return { mediaType, digest, size: bytes.length };
    },
    async putManifest(document, tag) {
      const bytes = Buffer.from(JSON.stringify(document));
      const digest = digestOf(bytes);
      const mediaType = document.mediaType ?? MEDIA_TYPES.manifest;
      await ask(`${base}/manifests/${tag ?? digest}`, {
        method: 'PUT',
        headers: { 'content-type': mediaType },
        body: new Uint8Array(bytes),
      });
      return { mediaType, digest, size: bytes.length };
    },
    async manifest(tagOrDigest) {
      const response = await ask(`${base}/manifests/${tagOrDigest}`);
      return response.ok ? ((await response.json()) as ManifestDocument) : undefined;
    },
    async blob(digest) {
      return Buffer.from(await (await ask(`${base}/blobs/${digest}`)).arrayBuffer());
    },
    async referrers(digest) {
      const answer = await ask(`${base}/referrers/${digest}`);
      const index = answer.ok ? answer : await ask(`${base}/manifests/${fallbackTag(digest)}`);
      return index.ok ? ((await index.json()) as { readonly manifests: readonly Descriptor[] }).manifests : [];
    },
    async delete(tagOrDigest) {
      await ask(`${base}/manifests/${tagOrDigest}`, { method: 'DELETE' });
    },
  };
}

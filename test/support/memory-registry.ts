import { createHash } from 'node:crypto';
import type { ContentProblem, Descriptor, ImageContent, Manifest } from '../../src/images/content.ts';
import type { ImageReference } from '../../src/k8s/core/image-reference.ts';
import { failure, type Result, success } from '../../src/k8s/result.ts';

const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const EMPTY = 'application/vnd.oci.empty.v1+json';

interface Stored {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** A repository in memory: a store whose content is found by its digest, with tags and with a list of referrers. */
export class MemoryRegistry implements ImageContent {
  readonly #stored = new Map<string, Stored>();
  readonly #tags = new Map<string, string>();
  /** What the list of referrers says besides the manifests' own subjects: a fallback index is anybody's text. */
  readonly listed: Descriptor[] = [];
  /** What cannot be read: digests, tags, or `referrers`. */
  readonly problems = new Map<string, ContentProblem>();
  /** What was asked for, in order. */
  readonly asked: string[] = [];

  blobOf(bytes: Uint8Array, mediaType: string, annotations: Readonly<Record<string, string>> = {}): Descriptor {
    const digest = digestOf(bytes);
    this.#stored.set(digest, { mediaType, bytes });
    return { mediaType, digest, size: bytes.length, annotations };
  }

  manifestOf(json: Readonly<Record<string, unknown>>, mediaType = OCI_MANIFEST): Descriptor {
    return this.blobOf(Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...json })), mediaType);
  }

  /** A manifest that a node could run; each is another one. */
  image(name: string): Descriptor {
    const config = this.blobOf(Buffer.from(JSON.stringify({ name })), 'application/vnd.oci.image.config.v1+json');
    return this.manifestOf({ config, layers: [] });
  }

  index(manifests: readonly object[]): Descriptor {
    return this.manifestOf({ manifests }, OCI_INDEX);
  }

  tag(tag: string, { digest }: Descriptor): void {
    this.#tags.set(tag, digest);
  }

  /** Attaches a bundle as cosign 3 does. */
  attachBundle(subject: Descriptor, bytes: Uint8Array, changes: Readonly<Record<string, unknown>> = {}): Descriptor {
    const artifactType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
    const config = this.blobOf(Buffer.from('{}'), EMPTY);
    const layers = [this.blobOf(bytes, artifactType)];
    return this.manifestOf({ artifactType, config, layers, subject, ...changes });
  }

  async manifest({ tag, digest }: ImageReference): Promise<Result<Manifest, ContentProblem>> {
    const wanted = digest ?? this.#tags.get(tag ?? '') ?? '';
    this.asked.push(digest ?? tag ?? '');
    const problem = this.problems.get(digest ?? tag ?? '');
    if (problem) return failure(problem);
    const stored = this.#stored.get(wanted);
    if (stored === undefined) return failure({ kind: 'absent', message: `memory.test has no ${digest ?? tag}` });
    return success(parse(wanted, stored));
  }

  async blob(
    _of: ImageReference,
    { digest, size }: Descriptor,
    limit: number,
  ): Promise<Result<Uint8Array, ContentProblem>> {
    this.asked.push(digest);
    const problem = this.problems.get(digest);
    if (problem) return failure(problem);
    const stored = this.#stored.get(digest);
    if (stored === undefined) return failure({ kind: 'absent', message: `memory.test has no ${digest}` });
    const { bytes } = stored;
    if (bytes.length !== size || size > limit)
      return failure({ kind: 'invalid', message: `${digest} has another size` });
    return success(bytes);
  }

  async referrers(_of: ImageReference, digest: string): Promise<Result<readonly Descriptor[], ContentProblem>> {
    const problem = this.problems.get('referrers');
    if (problem) return failure(problem);
    const manifests = [...this.#stored].filter(([, { mediaType }]) => mediaType === OCI_MANIFEST);
    const referring = manifests
      .map(([it, stored]) => parse(it, stored))
      .filter(({ subject }) => subject?.digest === digest);
    return success([...referring, ...this.listed]);
  }
}

function parse(digest: string, { bytes, mediaType }: Stored): Manifest {
  const json = JSON.parse(Buffer.from(bytes).toString('utf8'));
  return { annotations: {}, layers: [], manifests: [], ...json, digest, mediaType, size: bytes.length };
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

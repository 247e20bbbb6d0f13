import type { ImageReference } from '../k8s/core/image-reference.ts';
import type { Result } from '../k8s/result.ts';

/** Content of a registry, or of a layout directory: what the gathering of evidence reads it through. */
export interface ImageContent {
  /** What a tag or digest stands for, its bytes checked against its digest. */
  manifest(of: ImageReference, signal: AbortSignal): Promise<Result<Manifest, ContentProblem>>;
  /** A blob, its bytes checked against digest and size. @param limit in bytes */
  blob(
    of: ImageReference,
    blob: Descriptor,
    limit: number,
    signal: AbortSignal,
  ): Promise<Result<Uint8Array, ContentProblem>>;
  /**
   * What refers to a digest: the referrers API and the fallback tag, both. Descriptors only: an artifactType in a fallback
   * index is anybody's text. Bounded in number; more is a problem of kind `invalid`, never a shorter list.
   */
  referrers(
    of: ImageReference,
    digest: string,
    signal: AbortSignal,
  ): Promise<Result<readonly Descriptor[], ContentProblem>>;
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly artifactType?: string | undefined;
  readonly annotations: Readonly<Record<string, string>>;
  readonly platform?: { readonly os: string; readonly architecture: string } | undefined;
}

/** A manifest or an index, as its bytes say: the two are never both. */
export interface Manifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly artifactType?: string | undefined;
  readonly size: number;
  /** What the digest is of. Left out by content that does not hand it out. */
  readonly bytes?: Uint8Array | undefined;
  readonly config?: Descriptor | undefined;
  readonly layers: readonly Descriptor[];
  /** Of an index. */
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor | undefined;
  readonly annotations: Readonly<Record<string, string>>;
}

/** absent: the registry says that it is not there. invalid: what it says cannot be true or breaks a limit. */
export interface ContentProblem {
  readonly kind: 'absent' | 'invalid' | 'unreachable';
  /** In words, with the host; never a credential. */
  readonly message: string;
}

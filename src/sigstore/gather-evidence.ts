import type { Authority } from '../images/authorities.ts';
import type { ImageContent, Manifest } from '../images/content.ts';
import type { ImageAnswer, ImageEvidence, Platform } from '../images/evidence.ts';
import type { ImageReference } from '../k8s/core/image-reference.ts';
import { attachedDocuments, isAttestationManifest } from './attached-documents.ts';
import { DEFAULT_LIMITS, type EvidenceLimits, EvidenceNotes } from './evidence-notes.ts';
import { findCandidates } from './find-candidates.ts';
import { verifyInProcess } from './in-process.ts';
import { judgeCandidates } from './judge-candidates.ts';
import type { TrustRoots, Verification } from './tasks.ts';

export interface GatherOptions {
  /** Where signatures are verified; in this thread unless given. */
  readonly verification?: Verification;
  readonly limits?: EvidenceLimits;
}

/** A schema 1 manifest has no digest of its own that runtimes would agree on: only these can be signed. */
const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

/**
 * Gathers and verifies everything that speaks for an image. A tag is resolved once: everything after that is about the
 * digest that it stood for, so a registry that answers differently the second time gains nothing.
 * @param trustRoots those that the authorities name; an authority whose root is not among them verifies nothing
 */
export async function gatherEvidence(
  content: ImageContent,
  reference: ImageReference,
  authorities: readonly Authority[],
  trustRoots: TrustRoots,
  signal: AbortSignal,
  { verification = verifyInProcess(), limits = DEFAULT_LIMITS }: GatherOptions = {},
): Promise<ImageAnswer> {
  const resolved = await content.manifest(reference, signal);
  if (!resolved.ok) return { state: resolved.error.kind, reason: resolved.error.message };
  const image = resolved.value;
  const problem = imageProblem(image, reference);
  if (problem !== undefined) return { state: 'invalid', reason: problem };
  const pinned = { registry: reference.registry, repository: reference.repository, digest: image.digest };
  const notes = new EvidenceNotes(limits);
  const reading = { content, reference: pinned, verification, notes, signal };
  const platforms = runnablePlatforms(image);
  const [candidates, attached] = await Promise.all([
    findCandidates(reading),
    attachedDocuments(reading, image.manifests, platforms),
  ]);
  const { signatures, attestations } = await judgeCandidates(
    { ...reading, digest: image.digest },
    candidates,
    authorities,
    trustRoots,
  );
  const evidence: ImageEvidence = {
    digest: image.digest,
    mediaType: image.mediaType,
    platforms,
    signatures,
    attestations,
    attached,
    rejections: notes.rejections.toSorted((one, other) => compare(one.found, other.found)),
    ...(notes.incomplete === undefined ? {} : { incomplete: notes.incomplete }),
  };
  return { state: 'found', evidence };
}

function imageProblem({ digest, mediaType, manifests, layers }: Manifest, asked: ImageReference): string | undefined {
  if (asked.digest !== undefined && digest !== asked.digest) {
    return `the registry answered with ${digest} when it was asked for ${asked.digest}`;
  }
  if (!/^sha256:[a-f0-9]{64}$/.test(digest))
    return `signatures name images by sha256 digests, and this one is ${digest}`;
  if (!MANIFEST_TYPES.includes(mediaType)) return `its mediaType is ${mediaType}, which is not one of an image`;
  if (manifests.length > 0 && layers.length > 0) return 'it is both an index and a manifest';
  return undefined;
}

function runnablePlatforms({ manifests }: Manifest): readonly Platform[] {
  return manifests
    .filter((child) => !isAttestationManifest(child))
    .map(({ digest, platform }) => ({ digest, os: platform?.os ?? '', architecture: platform?.architecture ?? '' }));
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

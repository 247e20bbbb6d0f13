import type { Authority } from '../images/authorities.ts';
import type { FileEvidence } from '../images/evidence.ts';
import { DEFAULT_LIMITS, EvidenceNotes } from './evidence-notes.ts';
import { judgeCandidates } from './judge-candidates.ts';
import type { SignedFile, TrustRoots, Verification } from './tasks.ts';

/** The bytes of a Sigstore bundle, and the name that messages give it. */
export interface NamedBundle {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What a file is verified by. */
export interface FileVerification {
  readonly bundles: readonly NamedBundle[];
  readonly authorities: readonly Authority[];
  readonly trustRoots: TrustRoots;
  readonly verification: Verification;
}

/**
 * Verifies bundles as what they say of a file: signatures over its bytes, and statements whose subject has its SHA-256. Of a
 * bundle about anything else, an image for one, the evidence tells why it does not count.
 */
export async function gatherFileEvidence(
  file: SignedFile,
  { bundles, authorities, trustRoots, verification }: FileVerification,
  signal: AbortSignal,
): Promise<FileEvidence> {
  const digest = `sha256:${file.digests.sha256}`;
  const notes = new EvidenceNotes(DEFAULT_LIMITS);
  const candidates = bundles.map(({ name, bytes }) => ({
    found: name,
    storedAs: 'bundle' as const,
    candidate: { format: 'bundle' as const, bytes, annotations: {} },
  }));
  const judges = { digest, file, verification, notes, signal };
  const { signatures, attestations } = await judgeCandidates(judges, candidates, authorities, trustRoots);
  return {
    digest,
    signatures,
    attestations,
    rejections: notes.rejections,
    ...(notes.incomplete === undefined ? {} : { incomplete: notes.incomplete }),
  };
}

import type { Authority } from '../images/authorities.ts';
import type { Attestation, Signature, Signer } from '../images/evidence.ts';
import { identityMismatch } from '../images/identities.ts';
import { COSIGN_SIGNATURE } from '../images/statements.ts';
import type { EvidenceNotes } from './evidence-notes.ts';
import type { FoundCandidate } from './find-candidates.ts';
import type {
  CandidateReport,
  Claim,
  Demand,
  Proof,
  Shortfall,
  SignedFile,
  TrustRoots,
  Verification,
} from './tasks.ts';

/** What candidates have to be about, and who verifies them. */
export interface Judges {
  /** Of the image or the file. */
  readonly digest: string;
  /** The file whose bytes a candidate may sign; left out for images. */
  readonly file?: SignedFile | undefined;
  readonly verification: Verification;
  readonly notes: EvidenceNotes;
  readonly signal: AbortSignal;
}

interface Judged {
  readonly signatures: Signature[];
  readonly attestations: Attestation[];
}

/** Verifies candidates and compares whom they name with whom the configuration trusts. */
export async function judgeCandidates(
  judges: Judges,
  candidates: readonly FoundCandidate[],
  authorities: readonly Authority[],
  trustRoots: TrustRoots,
): Promise<Judged> {
  const { demands, unmet } = demandsOf(authorities, trustRoots);
  const { digest, file, verification, notes, signal } = judges;
  for (const { authority, reason } of unmet) notes.notRead(`authority ${authority}: ${reason}`);
  const judged: Judged = { signatures: [], attestations: [] };
  const reports = await Promise.all(
    candidates.map(({ candidate, found }) =>
      verification
        .candidate({ kind: 'candidate', candidate, digest, file, demands }, signal)
        .catch((error: unknown) => {
          notes.notRead(`${found}: ${error instanceof Error ? error.message : error}`);
          return undefined;
        }),
    ),
  );
  for (const [index, report] of reports.entries()) {
    const candidate = candidates[index];
    if (report === undefined || candidate === undefined) continue;
    if (!report.ok) notes.reject(candidate.found, report.error);
    else judge(judges, candidate, report.value, { authorities, unmet, judged });
  }
  return judged;
}

/** What authorities ask for; those whose trust root is not there cannot be met. */
function demandsOf(authorities: readonly Authority[], trustRoots: TrustRoots) {
  const demands: Demand[] = [];
  const unmet: Shortfall[] = [];
  for (const { name: authority, ...asked } of authorities) {
    const trustRoot = asked.trustRoot === undefined ? undefined : trustRoots.get(asked.trustRoot);
    const { transparencyLogs } = asked;
    if (trustRoot === undefined && (asked.kind === 'keyless' || transparencyLogs > 0)) {
      unmet.push({ authority, reason: `its trust root ${asked.trustRoot ?? ''} is not there` });
    } else if (asked.kind === 'key') {
      const { publicKey, hashAlgorithms } = asked;
      demands.push({ kind: 'key', authority, transparencyLogs, publicKey, hashAlgorithms, trustRoot });
    } else if (trustRoot !== undefined) {
      demands.push({ kind: 'keyless', authority, transparencyLogs, trustRoot, certificateLog: asked.certificateLog });
    }
  }
  return { demands, unmet };
}

interface Judging {
  readonly authorities: readonly Authority[];
  readonly unmet: readonly Shortfall[];
  readonly judged: Judged;
}

function judge(
  { notes }: Judges,
  { found, storedAs }: FoundCandidate,
  { proofs, shortfalls, claim }: CandidateReport,
  { authorities, unmet, judged }: Judging,
): void {
  const reasons = [...shortfalls, ...unmet];
  let trusted = false;
  for (const proof of proofs) {
    const authority = authorities.find(({ name }) => name === proof.authority);
    if (authority === undefined || claim === undefined) continue;
    const mismatch = signerMismatch(proof, authority);
    if (mismatch !== undefined) {
      reasons.push({ authority: authority.name, reason: mismatch });
      continue;
    }
    trusted = true;
    const signer = signerOf(proof);
    if (isSignature(claim, authority)) judged.signatures.push({ signer, storedAs, annotations: claim.annotations });
    for (const content of attested(claim)) {
      judged.attestations.push({ signer, storedAs, predicateType: claim.predicateType ?? '', content });
    }
  }
  if (!trusted) notes.reject(found, describe(reasons));
}

/** Any of the identities will do; where none does, what is different from each is told. */
function signerMismatch({ certificate }: Proof, authority: Authority): string | undefined {
  if (authority.kind === 'key') return certificate === undefined ? undefined : 'it is signed with a certificate';
  if (certificate === undefined) return 'it is not signed with a certificate';
  const mismatches = authority.identities.map((identity) => identityMismatch(certificate, identity));
  if (mismatches.includes(undefined)) return undefined;
  return [...new Set(mismatches)].join('; ') || 'the authority lists no identities';
}

function signerOf({ authority, certificate, keyFingerprint, signedAt, logs }: Proof): Signer {
  return {
    authority,
    ...(certificate && { subject: certificate.subject, issuer: certificate.issuer }),
    ...(keyFingerprint && { keyFingerprint }),
    ...(signedAt && { signedAt }),
    logs,
  };
}

/** A signature is what says that it is one: an SBOM that somebody signed does not make an image a signed one. */
function isSignature({ predicateType }: Claim, { signaturePredicates }: Authority): boolean {
  if (predicateType === undefined || predicateType === COSIGN_SIGNATURE) return true;
  return signaturePredicates.includes(predicateType);
}

function attested({ predicateType, contents }: Claim): Claim['contents'] {
  return predicateType === COSIGN_SIGNATURE ? [] : contents;
}

function describe(reasons: readonly Shortfall[]): string {
  if (reasons.length === 1 && reasons[0]) return reasons[0].reason;
  return reasons.map(({ authority, reason }) => `${authority}: ${reason}`).join('; ');
}

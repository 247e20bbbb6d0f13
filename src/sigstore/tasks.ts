import type { HashAlgorithm } from '../images/authorities.ts';
import type { CertificateIdentity } from '../images/certificate-identity.ts';
import type { StatementContent } from '../images/evidence.ts';
import type { Result } from '../k8s/result.ts';

/** Messages between those who verify and those who ask for it. They cross threads: data alone, and nothing that computes. */

/** Keys and certificates of a Sigstore instance: the text of its trusted_root.json. */
export interface TrustRoot {
  /** SHA-256 of the text, in hexadecimal digits. */
  readonly fingerprint: string;
  readonly text: string;
}

/** By the names that authorities give them. */
export type TrustRoots = ReadonlyMap<string, TrustRoot>;

/** Something that claims to speak for an image or a file: as it lies in a registry, or as it was handed over. */
export interface Candidate {
  /** A Sigstore bundle; a payload of the simple signing format; or a DSSE envelope. */
  readonly format: 'bundle' | 'simple-signing' | 'envelope';
  readonly bytes: Uint8Array;
  /** Of the layer's descriptor: there the older formats keep signature and certificate. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** A file as it was when it was first read. Its bytes are read again for each signature over them: it may be large. */
export interface SignedFile {
  readonly path: string;
  /** In hexadecimal digits. */
  readonly digests: Readonly<Record<HashAlgorithm, string>>;
}

interface AnyDemand {
  /** The authority of the configuration, for messages. */
  readonly authority: string;
  readonly transparencyLogs: number;
}

/** What an authority asks of a signature, without its identities, which are compared afterwards. */
export type Demand =
  | (AnyDemand & { readonly kind: 'keyless'; readonly trustRoot: TrustRoot; readonly certificateLog: boolean })
  | (AnyDemand & {
      readonly kind: 'key';
      readonly publicKey: string;
      readonly hashAlgorithms: readonly HashAlgorithm[];
      readonly trustRoot?: TrustRoot | undefined;
    });

/** A signature that fulfils the demand of an authority. */
export interface Proof {
  readonly authority: string;
  /** Left out for keys. */
  readonly certificate?: CertificateIdentity | undefined;
  /** SHA-256 of the public key (SPKI), in hexadecimal digits; left out for certificates. */
  readonly keyFingerprint?: string | undefined;
  readonly signedAt?: Date | undefined;
  /** URLs of the transparency logs that hold it. */
  readonly logs: readonly string[];
}

/** Why a signature does not fulfil the demand of an authority. */
export interface Shortfall {
  readonly authority: string;
  readonly reason: string;
}

/** What a signed candidate says; a signature of the simple signing format, or of a file's bytes, has no predicateType. */
export interface Claim {
  readonly predicateType?: string | undefined;
  readonly annotations: Readonly<Record<string, string>>;
  readonly contents: readonly StatementContent[];
}

/** What came of a candidate. Where nothing proves it, what it claims is not even read. */
export interface CandidateReport {
  readonly proofs: readonly Proof[];
  readonly shortfalls: readonly Shortfall[];
  readonly claim?: Claim | undefined;
}

export interface CandidateTask {
  readonly kind: 'candidate';
  readonly candidate: Candidate;
  /** Of the image or the file that it has to be about. */
  readonly digest: string;
  /** The file whose bytes it may sign. Left out for images: whoever signs bytes says nothing of an image. */
  readonly file?: SignedFile | undefined;
  readonly demands: readonly Demand[];
}

/** A bare statement, whose trustworthiness rests on the index that lists it. */
export interface DocumentTask {
  readonly kind: 'document';
  readonly bytes: Uint8Array;
  /** Of the manifest that it has to be about. */
  readonly digest: string;
  readonly predicateType: string;
}

export type Task = CandidateTask | DocumentTask;

export type CandidateResult = Result<CandidateReport, string>;
export type DocumentResult = Result<readonly StatementContent[], string>;

/** Does tasks somewhere: in this thread, or in workers. Rejects where one could not be done, which says nothing of the image. */
export interface Verification {
  candidate(task: CandidateTask, signal: AbortSignal): Promise<CandidateResult>;
  document(task: DocumentTask, signal: AbortSignal): Promise<DocumentResult>;
}

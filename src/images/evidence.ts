/**
 * What is known of an image beyond its name: facts that signatures and registries bear witness to, never a verdict.
 * Signatures that nothing verified do not appear but among the rejections.
 */

/** A short name of a predicate's kind, by its predicateType. */
export type StatementKind = 'signature' | 'sbom' | 'scan' | 'vex' | 'provenance' | 'other';

/** Who signed, as far as the signature proves it. */
export interface Signer {
  /** The authority of the configuration that the signature was verified against. */
  readonly authority: string;
  /** The subject alternative name of the certificate; left out for keys. */
  readonly subject?: string | undefined;
  readonly issuer?: string | undefined;
  /** SHA-256 of the public key (SPKI), in hexadecimal digits; left out for certificates. */
  readonly keyFingerprint?: string | undefined;
  /** When, as a transparency log or a timestamp authority testifies; left out where the authority asks for neither. */
  readonly signedAt?: Date | undefined;
  /** The transparency logs that hold it, by the URL of the trust root. */
  readonly logs: readonly string[];
}

/** How a signature was stored in the registry. */
export type StoredAs = 'bundle' | 'legacy' | 'oci-1-1';

/** A verified signature of the image. */
export interface Signature {
  readonly signer: Signer;
  readonly storedAs: StoredAs;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A software bill of materials, summed up: the document itself can have forty megabytes. */
export interface Sbom {
  readonly kind: 'sbom';
  readonly format: 'SPDX' | 'CycloneDX';
  /** Packages of SPDX, components of CycloneDX. */
  readonly packages: number;
}

export const SEVERITIES = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'UNKNOWN'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** A known vulnerability in a package of the image. */
export interface Vulnerability {
  /** As the scanner names it: `CVE-2026-1234`. */
  readonly id: string;
  readonly severity: Severity;
  /** The package, and its version. */
  readonly package: string;
  readonly version: string;
  /** Package URL, where the scanner tells one. */
  readonly purl?: string | undefined;
}

/** A report of a vulnerability scanner. */
export interface Scan {
  readonly kind: 'scan';
  /** The scanner's URI or name, and its version. */
  readonly scanner: string;
  readonly finishedAt: Date;
  readonly vulnerabilities: readonly Vulnerability[];
}

/** A statement that a vulnerability does not concern a product. */
export interface VexStatement {
  readonly vulnerability: string;
  readonly status: 'not_affected' | 'fixed' | 'affected' | 'under_investigation';
  /** The image by its digest, or packages in it by package URL: as the statement names them. */
  readonly products: readonly string[];
  readonly subcomponents: readonly string[];
  readonly justification?: string | undefined;
  readonly at: Date;
}

export interface Vex {
  readonly kind: 'vex';
  readonly author: string;
  readonly statements: readonly VexStatement[];
}

/** SLSA provenance: what built the image, and of which source. */
export interface Provenance {
  readonly kind: 'provenance';
  readonly builder: string;
  readonly source?: string | undefined;
}

export interface OtherStatement {
  readonly kind: 'other';
}

/** What a statement says, summed up. */
export type StatementContent = Sbom | Scan | Vex | Provenance | OtherStatement;

/** A verified, signed statement about the image. */
export interface Attestation {
  readonly signer: Signer;
  readonly storedAs: StoredAs;
  readonly predicateType: string;
  readonly content: StatementContent;
}

/** A document that the image's index itself lists, as buildx attaches it: it is as trustworthy as the index. */
export interface AttachedDocument {
  /** The manifest that it is about. */
  readonly platformDigest: string;
  readonly predicateType: string;
  /** present: a descriptor names it. bound: it was read, and its subject is the platform's digest. */
  readonly level: 'present' | 'bound';
  /** Left out where it was not read. */
  readonly content?: StatementContent | undefined;
}

/** A manifest that an index lists and that nodes can run. */
export interface Platform {
  readonly digest: string;
  readonly os: string;
  readonly architecture: string;
}

/** Something that claims to speak for the image and could not be verified. */
export interface Rejection {
  /** Where it was found: `tag sha256-….sig, layer 1`. */
  readonly found: string;
  readonly reason: string;
}

/** What a registry and the signatures in it tell of an image. */
export interface ImageEvidence {
  /** What everything else speaks of: the digest that was asked for, or the one that the tag resolved to. */
  readonly digest: string;
  readonly mediaType: string;
  /** Empty where the digest is a manifest and no index. */
  readonly platforms: readonly Platform[];
  readonly signatures: readonly Signature[];
  readonly attestations: readonly Attestation[];
  readonly attached: readonly AttachedDocument[];
  readonly rejections: readonly Rejection[];
  /** Why something may be missing here: a part of the registry could not be read. Then "not signed" cannot be told. */
  readonly incomplete?: string | undefined;
}

/** What signatures tell of a file that lies in no registry: the same, as far as it can be told of a file. */
export type FileEvidence = Pick<ImageEvidence, 'digest' | 'signatures' | 'attestations' | 'rejections' | 'incomplete'>;

/**
 * What came of asking. `absent`: the registry says that there is no such image. `invalid`: what it answered cannot be
 * true (bytes that are not of their digest) or breaks a limit. `unreachable`: nobody can tell at this moment, which is
 * never the same as not signed.
 */
export type ImageAnswer =
  | { readonly state: 'found'; readonly evidence: ImageEvidence }
  | { readonly state: 'absent' | 'invalid' | 'unreachable'; readonly reason: string };

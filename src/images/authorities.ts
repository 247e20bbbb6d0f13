/** Whom the configuration trusts to sign. The schema of the configuration makes these, signatures are verified by them. */

/** A signer by the fields of a Fulcio certificate that GitHub's issuer fills in; each is compared as a whole. */
export interface WorkflowIdentity {
  readonly kind: 'workflow';
  readonly issuer: string;
  /** `https://github.com/qdrant` */
  readonly ownerUri: string;
  /** `https://github.com/qdrant/qdrant`; empty: any repository of the owner. */
  readonly repositories: readonly string[];
  /** Path of the workflow in the repository: `.github/workflows/docker-image.yml`; empty: any. */
  readonly workflows: readonly string[];
  /** Git refs: `refs/tags/*` stands for every tag; nothing else is a pattern. */
  readonly refs: readonly string[];
}

/** A signer by issuer and subject alternative name. */
export interface SubjectIdentity {
  readonly kind: 'subject';
  readonly issuer: string;
  /** The whole subject, or a pattern with RE2 semantics that matches all of it. */
  readonly subject: string | { matches(text: string): boolean; readonly pattern: string };
}

export type Identity = WorkflowIdentity | SubjectIdentity;

export type HashAlgorithm = 'sha256' | 'sha384' | 'sha512';

interface AnyAuthority {
  /** Unique in the configuration; messages name it. */
  readonly name: string;
  /** predicateTypes that count as a signature of the image itself, besides cosign's own. */
  readonly signaturePredicates: readonly string[];
}

/** Certificates of a Sigstore instance. */
export interface KeylessAuthority extends AnyAuthority {
  readonly kind: 'keyless';
  /** The name of a trust root of the configuration; `public-good` ships with the program. */
  readonly trustRoot: string;
  readonly identities: readonly Identity[];
  /** How many distinct transparency logs must hold the signature: 0 only for instances that have none. */
  readonly transparencyLogs: number;
  /** Whether a certificate needs a signed certificate timestamp of a known log. */
  readonly certificateLog: boolean;
}

/** A public key: one's own, or exported from a KMS. */
export interface KeyAuthority extends AnyAuthority {
  readonly kind: 'key';
  /** SPKI in PEM. */
  readonly publicKey: string;
  readonly hashAlgorithms: readonly HashAlgorithm[];
  readonly transparencyLogs: number;
  /** Needed where transparencyLogs is not 0. */
  readonly trustRoot?: string | undefined;
}

export type Authority = KeylessAuthority | KeyAuthority;

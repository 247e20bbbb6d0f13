/** What the cluster's owner states of its storage. */
export interface StorageSettings {
  readonly attestations: readonly Attestation[];
  /** Whether volumes of this namespace must be encrypted with a key of the customer's own. */
  readonly requireCustomerKey: boolean;
  /** The customer's keys: ids, ARNs, resource ids, Secrets (`secret:namespace/name`), as `keys.ts` knows their forms. */
  readonly customerKeys: readonly string[];
}

interface AttestationBase {
  /** How the data is encrypted, for people and reports: `ebs-account-default`, `node-luks`, `array`. */
  readonly mechanism: string;
  readonly reason: string;
  /** Who answers for it. */
  readonly responsible: string;
  /** From this moment on it no longer holds. */
  readonly expires: Date;
  /** The customer's key that encrypts it; left out: a key of the provider. */
  readonly keyId?: string | undefined;
}

/** The volumes of a StorageClass are encrypted, though nothing in Kubernetes shows it. */
export interface ClassAttestation extends AttestationBase {
  readonly storageClass: string;
  readonly provisioner: string;
  /** SHA-256 of the class's parameters, in hex (`parametersSha256`): a class that was made anew is another. */
  readonly parametersSha256: string;
  /** The same of the annotations that the driver reads (`annotationsSha256`); left out: the class has none of them. */
  readonly annotationsSha256?: string | undefined;
}

/** One volume, or one snapshot, that was not provisioned from a class is encrypted. */
export interface HandleAttestation extends AttestationBase {
  readonly of: 'volume' | 'snapshot';
  /** Name of the CSI driver. */
  readonly driver: string;
  /** What the driver calls it: `vol-0a1b2c`, a resource id. */
  readonly handle: string;
}

/** A statement of the cluster's owner, from the configuration only: never from an object in the cluster. */
export type Attestation = ClassAttestation | HandleAttestation;

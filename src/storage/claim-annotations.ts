/** An annotation of a claim by which a driver overrides what the class says. */
export interface ClaimAnnotation {
  /** The whole key, or how it begins where `match` says so. */
  readonly key: string;
  readonly match: 'key' | 'prefix';
  /** The only value that takes nothing away; left out: none is fine. */
  readonly allowed?: string;
  /** What the driver does with it. */
  readonly why: string;
}

const IMPORTS = 'brings in a volume that is there already, encrypted or not';

/**
 * Annotations by which whoever makes a claim overrides its class, whichever driver it has: each is read by one driver
 * only, and means nothing to the others.
 */
export const CLAIM_ANNOTATIONS: readonly ClaimAnnotation[] = [
  // libopenstorage/openstorage@0332551: api/spec/spec_handler.go; docs.portworx.com, encrypt the PVC using that StorageClass
  { key: 'px/secure', match: 'key', allowed: 'true', why: 'switches encryption of this volume off' },
  { key: 'px/secret-', match: 'prefix', why: 'chooses the key of this volume' },
  // hpe-storage/csi-driver@94c8cd1: pkg/flavor/kubernetes/flavor.go; only what allowOverrides names, which a class may widen
  { key: 'csi.hpe.com/', match: 'prefix', why: 'overrides parameters of the class for this volume' },
  // NetApp/trident@71dd716: frontend/csi/controller_helpers/kubernetes/helper.go
  { key: 'trident.netapp.io/import', match: 'prefix', why: IMPORTS },
  { key: 'trident.netapp.io/notManaged', match: 'key', why: IMPORTS },
  { key: 'trident.netapp.io/luksEncryption', match: 'key', why: IMPORTS },
  { key: 'trident.netapp.io/cloneFrom', match: 'prefix', why: 'copies a volume, whatever the class says' },
  { key: 'trident.netapp.io/shareFromPVC', match: 'key', why: 'shares a volume of another namespace' },
  // kubernetes-sigs/alibaba-cloud-csi-driver@8aacf90: pkg/disk/utils.go
  { key: 'alibabacloud.com/kms-key-id', match: 'key', why: 'replaces the key of the class' },
  // kubernetes-sigs/vsphere-csi-driver@bf80902: pkg/syncer/crypto/constants.go
  { key: 'csi.vsphere.encryption-class', match: 'key', why: 'chooses how this volume is encrypted' },
  // docs.storageos.com/docs/reference/encryption
  { key: 'storageos.com/encryption', match: 'key', allowed: 'true', why: 'switches encryption of this volume off' },
  { key: 'storageos.com/encryption-secret-', match: 'prefix', why: 'chooses the key of this volume' },
];

/** The row that an annotation of a claim falls under, unless its value takes nothing away. */
export function overridingAnnotation(key: string, value: string): ClaimAnnotation | undefined {
  return CLAIM_ANNOTATIONS.find(
    (row) => (row.match === 'key' ? key === row.key : key.startsWith(row.key)) && value !== row.allowed,
  );
}

import type { KubernetesObject } from '../k8s/object.ts';
import type { Claim, PersistentVolume, StorageClass, VolumeAttributesClass } from '../k8s/storage.ts';

/** The class of a claim or a volume, as the API server resolves it. */
export interface ResolvedClass {
  /** Undefined: none is named, and the cluster has no default. Empty: none is wanted. */
  readonly name: string | undefined;
  /** Whether the cluster's default stands in for a name. */
  readonly byDefault: boolean;
  /** Undefined where there is no such class. */
  readonly storageClass: StorageClass | undefined;
}

/** A claim of the subject, or a template of one, with its class. */
export interface ClassedClaim {
  readonly claim: Claim;
  readonly class: ResolvedClass;
}

/** A claim of the subject with the VolumeAttributesClass that it names. */
export interface AttributedClaim {
  readonly claim: Claim;
  readonly name: string;
  /** Undefined where there is no such class. */
  readonly attributesClass: VolumeAttributesClass | undefined;
}

/** A volume and what tells where it came from. */
export interface VolumeOrigin {
  readonly name: string;
  /** Undefined where there is no such volume. */
  readonly volume: PersistentVolume | undefined;
  readonly class: ResolvedClass;
  /** When the claim was made that it is for; undefined where that is not there, or is being made. */
  readonly claimCreated: string | undefined;
}

/** A claim that is there, and all that tells what its volume is. */
export interface StoredClaim {
  readonly name: string;
  /** Undefined where there is no such claim. */
  readonly claim: Claim | undefined;
  readonly class: ResolvedClass;
  /** Undefined where the claim is not bound. */
  readonly volume: VolumeOrigin | undefined;
  readonly source: DataOrigin;
}

/** Where the first content of a claim's volume comes from. */
export type DataOrigin =
  | { readonly kind: 'none' }
  | { readonly kind: 'claim'; readonly field: SourceField; readonly claim: StoredClaim }
  | { readonly kind: 'snapshot'; readonly field: SourceField; readonly snapshot: SnapshotOrigin }
  /** A populator, another namespace, two sources that differ. */
  | { readonly kind: 'other'; readonly field: SourceField; readonly found: string }
  /** A clone of a clone of a clone … */
  | { readonly kind: 'too-deep'; readonly field: SourceField };

export type SourceField = 'dataSource' | 'dataSourceRef';

/** A VolumeSnapshot with what it was taken from. */
export interface SnapshotOrigin {
  readonly name: string;
  /** Undefined where there is no such snapshot. */
  readonly snapshot: KubernetesObject | undefined;
  /** Its VolumeSnapshotContent; undefined where it has none yet. */
  readonly content: KubernetesObject | undefined;
  /** The claim that it was taken of; undefined for a snapshot that was brought along by its handle. */
  readonly claim: StoredClaim | undefined;
}

/** A claim that a pod mounts. */
export interface UsedClaim {
  /** Index in the pod's volumes. */
  readonly index: number;
  readonly stored: StoredClaim;
}

import type { Claim } from '../k8s/claims.ts';
import type {
  PersistentVolume,
  StorageClass,
  VolumeAttributesClass,
  VolumeSnapshot,
  VolumeSnapshotContent,
} from '../k8s/storage/objects.ts';

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
export interface ClaimWithClass {
  readonly claim: Claim;
  readonly class: ResolvedClass;
  /** Whether the class was there before the claim. A claim that is being made comes after all that is there. */
  readonly classIsOlder: boolean;
}

/** A claim of the subject with what will make its volume. */
export interface ClaimWithDriver {
  readonly claim: Claim;
  /** Undefined where its class is not there, or no driver reads what it carries. */
  readonly provisioner: string | undefined;
}

/** A claim of the subject with the VolumeAttributesClass that it names. */
export interface ClaimWithAttributesClass {
  readonly claim: Claim;
  readonly name: string;
  /** Undefined where there is no such class. */
  readonly attributesClass: VolumeAttributesClass | undefined;
}

/** The VolumeAttributesClass that a volume was made with. */
export interface AttributesOfVolume {
  readonly name: string;
  /** Undefined where there is no such class. */
  readonly attributesClass: VolumeAttributesClass | undefined;
  /** Whether it was there before the claim: else the volume may have been made with another of that name. */
  readonly isOlder: boolean;
}

/** A volume and what tells where it came from. */
export interface LinkedVolume {
  readonly name: string;
  /** Undefined where there is no such volume. */
  readonly volume: PersistentVolume | undefined;
  readonly class: ResolvedClass;
  /** When the claim was made that it is for; undefined where that is not there, or is being made. */
  readonly claimCreated: string | undefined;
  /**
   * Whether the class was there before the claim: else the volume may be of another class of that name. Of a volume
   * in use, whose binding was judged, a class of the same second counts as older.
   */
  readonly classIsOlder: boolean;
  /** At its binding, of the claim that takes it; undefined where it has none yet. */
  readonly claimUid?: string | undefined;
  /** At its binding, where it names one. What is laid over a volume in use was judged when its claim named it. */
  readonly attributes?: AttributesOfVolume;
}

/** A claim that is there, and all that tells what its volume is. */
export interface LinkedClaim {
  readonly name: string;
  /** Undefined where there is no such claim. */
  readonly claim: Claim | undefined;
  readonly class: ResolvedClass;
  /** Undefined where the claim is not bound. */
  readonly volume: LinkedVolume | undefined;
  readonly source: DataOrigin;
}

/** Where the first content of a claim's volume comes from. */
export type DataOrigin =
  | { readonly kind: 'none' }
  | { readonly kind: 'claim'; readonly field: SourceField; readonly claim: LinkedClaim }
  | { readonly kind: 'snapshot'; readonly field: SourceField; readonly snapshot: LinkedSnapshot }
  /** A populator, another namespace, two sources that differ. */
  | { readonly kind: 'other'; readonly field: SourceField; readonly found: string }
  /** A clone of a clone of a clone … */
  | { readonly kind: 'too-deep'; readonly field: SourceField };

export type SourceField = 'dataSource' | 'dataSourceRef';

/** A VolumeSnapshot with what it was taken from. */
export interface LinkedSnapshot {
  readonly name: string;
  /** Undefined where there is no such snapshot. */
  readonly snapshot: VolumeSnapshot | undefined;
  /** Its VolumeSnapshotContent; undefined where it has none yet. */
  readonly content: VolumeSnapshotContent | undefined;
  /** The claim that it was taken of; undefined for a snapshot that was brought along by its handle. */
  readonly claim: LinkedClaim | undefined;
}

/** A claim that a pod mounts. */
export interface MountedClaim {
  /** Index in the pod's volumes. */
  readonly index: number;
  readonly stored: LinkedClaim;
}

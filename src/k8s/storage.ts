import type { KubernetesObject, ObjectMeta } from './object.ts';

/** storage.k8s.io/v1 StorageClass, the fields we read. Provisioner and parameters cannot change once it is there. */
export interface StorageClass extends KubernetesObject {
  readonly provisioner?: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

/** storage.k8s.io/v1 VolumeAttributesClass: parameters that a driver applies to a volume after, or over, its class's. */
export interface VolumeAttributesClass extends KubernetesObject {
  readonly driverName?: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

/** core/v1 TypedObjectReference: where the content of a new volume comes from. */
export interface DataSource {
  readonly apiGroup?: string | null;
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string | null;
}

/** core/v1 PersistentVolumeClaimSpec, the fields we read. */
export interface ClaimSpec {
  /** Null or absent: the default class. The empty string: no class, only volumes that are there already. */
  readonly storageClassName?: string | null;
  readonly volumeAttributesClassName?: string | null;
  readonly volumeName?: string | null;
  readonly dataSource?: DataSource | null;
  readonly dataSourceRef?: DataSource | null;
}

/** core/v1 PersistentVolume, the fields we read; the volume's source is one more field of the spec, whose key tells the type. */
export interface PersistentVolume extends KubernetesObject {
  readonly spec?: {
    readonly storageClassName?: string;
    readonly volumeAttributesClassName?: string | null;
    readonly claimRef?: { readonly namespace?: string; readonly name?: string; readonly uid?: string } | null;
    readonly csi?: CsiSource | null;
    readonly [source: string]: unknown;
  };
}

/** core/v1 CSIPersistentVolumeSource, the fields we read. */
export interface CsiSource {
  readonly driver?: string;
  readonly volumeHandle?: string;
  readonly volumeAttributes?: Readonly<Record<string, string>>;
}

/** A claim, or a template of claims, and its place in the object that carries it. */
export interface Claim {
  /** Field path before `metadata` and `spec`: '' for a claim, `spec.volumeClaimTemplates[0].` in a StatefulSet. */
  readonly base: string;
  /** For people: the name of the claim, of the template, or of the pod's volume. */
  readonly name: string;
  readonly metadata: ObjectMeta;
  readonly spec: ClaimSpec;
}

import type { ObjectOf } from '../kinds.ts';

export type StorageClass = ObjectOf<'StorageClass.storage.k8s.io'>;
export type VolumeAttributesClass = ObjectOf<'VolumeAttributesClass.storage.k8s.io'>;
export type PersistentVolume = ObjectOf<'PersistentVolume'>;
export type VolumeSnapshot = ObjectOf<'VolumeSnapshot.snapshot.storage.k8s.io'>;
export type VolumeSnapshotContent = ObjectOf<'VolumeSnapshotContent.snapshot.storage.k8s.io'>;

/** The spec of a volume. Its source is one more field, whose key tells the type: `nfs`, `hostPath`, … */
export type PersistentVolumeSpec = NonNullable<PersistentVolume['spec']> & { readonly [source: string]: unknown };

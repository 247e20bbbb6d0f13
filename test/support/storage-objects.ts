import type { JsonObject } from '../../src/k8s/object.ts';

/** The day on which what is not told otherwise was made. */
export const CREATED = '2026-10-02T00:00:00Z';

type Meta = JsonObject | null;

function object(apiVersion: string, kind: string, name: string, metadata: Meta, rest: JsonObject): JsonObject {
  return { apiVersion, kind, metadata: { name, creationTimestamp: CREATED, ...metadata }, ...rest };
}

/** A PersistentVolumeClaim in the namespace `qdrant`. */
export function claim(name: string, spec: JsonObject | null = {}, metadata: Meta = {}): JsonObject {
  return object('v1', 'PersistentVolumeClaim', name, { namespace: 'qdrant', ...metadata }, { spec });
}

export function volume(name: string, spec: JsonObject | null = {}, metadata: Meta = {}): JsonObject {
  return object('v1', 'PersistentVolume', name, metadata, { spec });
}

/** A StorageClass that was there a day before everything else. */
export function storageClass(name: string, metadata: Meta = {}, rest: JsonObject = {}): JsonObject {
  const own = { creationTimestamp: '2026-10-01T00:00:00Z', ...metadata };
  return object('storage.k8s.io/v1', 'StorageClass', name, own, { provisioner: 'ebs.csi.aws.com', ...rest });
}

export function attributesClass(name: string, parameters: JsonObject = {}, metadata: Meta = {}): JsonObject {
  const rest = { driverName: 'ebs.csi.aws.com', parameters };
  return object('storage.k8s.io/v1', 'VolumeAttributesClass', name, metadata, rest);
}

/** A VolumeSnapshot in the namespace `qdrant`. */
export function snapshot(name: string, source: JsonObject, status: JsonObject = {}, metadata: Meta = {}): JsonObject {
  const own = { namespace: 'qdrant', uid: `uid-of-${name}`, ...metadata };
  return object('snapshot.storage.k8s.io/v1', 'VolumeSnapshot', name, own, { spec: { source }, status });
}

/** The VolumeSnapshotContent of such a snapshot. */
export function snapshotContent(name: string, volumeSnapshotRef: JsonObject | null): JsonObject {
  const spec = { driver: 'ebs.csi.aws.com', source: { snapshotHandle: 'snap-1' }, volumeSnapshotRef };
  return object('snapshot.storage.k8s.io/v1', 'VolumeSnapshotContent', name, {}, { spec });
}

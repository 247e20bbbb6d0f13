import { fields, map, metadata } from '../shape.ts';

const parameters = map('string');
/** A reference to a claim or a snapshot, with the version that it was made from. */
const reference = fields({ namespace: 'string', name: 'string', uid: 'string', resourceVersion: 'string' });
const snapshotSource = fields({
  persistentVolumeClaimName: 'string',
  volumeSnapshotContentName: 'string',
  volumeHandle: 'string',
  snapshotHandle: 'string',
});

/** storage.k8s.io/v1 StorageClass. Provisioner and parameters cannot change once it is there. */
export const storageClass = fields({ metadata, provisioner: 'string', parameters });

/** storage.k8s.io/v1 VolumeAttributesClass: parameters that a driver applies to a volume after, or over, its class's. */
export const volumeAttributesClass = fields({ metadata, driverName: 'string', parameters });

/** core/v1 PersistentVolume. The volume's source is one more field of the spec, whose key tells the type. */
export const persistentVolume = fields({
  metadata,
  spec: fields({
    storageClassName: 'string',
    volumeAttributesClassName: 'string',
    volumeMode: 'string',
    claimRef: reference,
    csi: fields({ driver: 'string', volumeHandle: 'string', volumeAttributes: parameters }),
  }),
});

/** snapshot.storage.k8s.io/v1 VolumeSnapshot. */
export const volumeSnapshot = fields({
  metadata,
  spec: fields({ source: snapshotSource }),
  status: fields({ boundVolumeSnapshotContentName: 'string' }),
});

/** snapshot.storage.k8s.io/v1 VolumeSnapshotContent. */
export const volumeSnapshotContent = fields({
  metadata,
  spec: fields({ driver: 'string', source: snapshotSource, volumeSnapshotRef: reference }),
  status: fields({ snapshotHandle: 'string' }),
});

import { groupOf, type KubernetesObject } from './object.ts';
import { fields, list, map, metadata, type Shape } from './shape.ts';

const dataSource = fields({ apiGroup: 'string', kind: 'string', name: 'string', namespace: 'string' });

const claimSpec = fields({
  storageClassName: 'string',
  volumeAttributesClassName: 'string',
  volumeName: 'string',
  dataSource,
  dataSourceRef: dataSource,
});

/** A claim, or a template of claims. */
export const claimTemplate: Shape = fields({ metadata, spec: claimSpec });

const parameters = map('string');
const reference = fields({ namespace: 'string', name: 'string', uid: 'string' });
const source = fields({
  persistentVolumeClaimName: 'string',
  volumeSnapshotContentName: 'string',
  volumeHandle: 'string',
  snapshotHandle: 'string',
});

/** By group and kind: every kind of storage that is judged, or that facts are learnt from. */
const SHAPES: ReadonlyMap<string, Shape> = new Map([
  ['/PersistentVolumeClaim', claimTemplate],
  [
    '/PersistentVolume',
    fields({
      metadata,
      spec: fields({
        storageClassName: 'string',
        volumeAttributesClassName: 'string',
        claimRef: reference,
        csi: fields({ driver: 'string', volumeHandle: 'string', volumeAttributes: parameters }),
      }),
    }),
  ],
  ['apps/StatefulSet', fields({ metadata, spec: fields({ volumeClaimTemplates: list(claimTemplate) }) })],
  ['storage.k8s.io/StorageClass', fields({ metadata, provisioner: 'string', parameters })],
  ['storage.k8s.io/VolumeAttributesClass', fields({ metadata, driverName: 'string', parameters })],
  [
    'snapshot.storage.k8s.io/VolumeSnapshot',
    fields({
      metadata,
      spec: fields({ source }),
      status: fields({ boundVolumeSnapshotContentName: 'string' }),
    }),
  ],
  [
    'snapshot.storage.k8s.io/VolumeSnapshotContent',
    fields({
      metadata,
      spec: fields({ driver: 'string', source, volumeSnapshotRef: reference }),
      status: fields({ snapshotHandle: 'string' }),
    }),
  ],
]);

/** The shape of an object that is about storage; undefined where it is not. */
export function storageShapeOf({ apiVersion, kind }: KubernetesObject): Shape | undefined {
  return SHAPES.get(`${groupOf(apiVersion)}/${kind}`);
}

import { fields, metadata, type TypeOf } from '../shape.ts';

/** core/v1 TypedObjectReference: where the content of a new volume comes from. */
const dataSource = fields({ apiGroup: 'string', kind: 'string', name: 'string', namespace: 'string' });

/** core/v1 PersistentVolumeClaimSpec, the fields we read. */
const claimSpec = fields({
  /** Null or absent: the default class. The empty string: no class, only volumes that are there already. */
  storageClassName: 'string',
  volumeAttributesClassName: 'string',
  volumeName: 'string',
  /** Block: a raw device; else a file system. */
  volumeMode: 'string',
  dataSource,
  dataSourceRef: dataSource,
});

/** A claim, or a template of claims. */
export const claimShape = fields({ metadata, spec: claimSpec });

export type DataSource = TypeOf<typeof dataSource>;
export type ClaimSpec = TypeOf<typeof claimSpec>;

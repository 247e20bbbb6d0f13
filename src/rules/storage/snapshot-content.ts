import { isKind } from '../../k8s/kinds.ts';
import { attestedHandle } from '../../storage/attestations.ts';
import { provisionerOf } from '../../storage/catalog.ts';
import { restoredHandle } from '../../storage/data-sources.ts';
import { defineRule } from '../define.ts';

const CONTENT = 'VolumeSnapshotContent.snapshot.storage.k8s.io';

export const snapshotContent = defineRule({
  id: 'snapshot-content',
  title: 'A snapshot is not brought into a protected namespace by its handle, unless the configuration attests it',
  promise: 'storage',
  why: "Its handle may name any snapshot that the driver's account can read, encrypted or not, of this customer or of another.",
  fix: 'kind: VolumeSnapshot\nspec:\n  source: { persistentVolumeClaimName: qdrant-storage-qdrant-0 }',
  controls: [],
  reads: { [CONTENT]: ['spec.source', 'spec.driver', 'spec.volumeSnapshotRef', 'status.snapshotHandle'] },
  check({ object, subject: { namespace, oldObject, now }, settings: { storage } }) {
    const driver = object.spec?.driver ?? '';
    const handle = restoredHandle(object);
    if (!handle || namespace === '') return [];
    const before = oldObject && isKind(oldObject, CONTENT) ? restoredHandle(oldObject) : undefined;
    // The driver names the snapshot that it took, once.
    const isNamedByDriver = !object.spec?.source?.snapshotHandle && (before === undefined || before === handle);
    if (isNamedByDriver) return [];
    // Where the platform encrypts everything, only the key can be another's.
    const row = provisionerOf(driver);
    if (row?.level === 'platform' && row.storage === 'block' && !storage.requireCustomerKey) return [];
    const attested = attestedHandle('snapshot', driver, handle, storage, now);
    if (attested.attested) return [];
    const found = attested.mismatch && { found: attested.mismatch.found };
    const required =
      'take the snapshot of a claim, or state in storage.attestations of the configuration that it is encrypted';
    const path =
      object.spec?.source?.snapshotHandle === handle ? 'spec.source.snapshotHandle' : 'status.snapshotHandle';
    return [{ path, value: handle, ...found, required }];
  },
});

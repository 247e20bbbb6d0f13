import { attestedHandle } from '../../storage/attestations.ts';
import { provisionerOf } from '../../storage/catalog.ts';
import { defineRule } from '../define.ts';

export const snapshotContent = defineRule({
  id: 'snapshot-content',
  title: 'A snapshot is not brought into a protected namespace by its handle, unless the configuration attests it',
  promise: 'storage',
  why: "Its handle may name any snapshot that the driver's account can read, encrypted or not, of this customer or of another.",
  fix: 'kind: VolumeSnapshot\nspec:\n  source: { persistentVolumeClaimName: qdrant-storage-qdrant-0 }',
  controls: [],
  reads: { 'VolumeSnapshotContent.snapshot.storage.k8s.io': ['spec.source', 'spec.driver', 'spec.volumeSnapshotRef'] },
  check({ object, subject: { namespace, now }, settings: { storage } }) {
    const driver = object.spec?.driver ?? '';
    const handle = object.spec?.source?.snapshotHandle;
    if (!handle || namespace === '') return [];
    // Where the platform encrypts everything, only the key can be another's.
    const row = provisionerOf(driver);
    if (row?.level === 'platform' && row.storage === 'block' && !storage.requireCustomerKey) return [];
    const attested = attestedHandle('snapshot', driver, handle, storage, now);
    if (attested.attested) return [];
    const found = attested.mismatch && { found: attested.mismatch.found };
    const required =
      'take the snapshot of a claim, or state in storage.attestations of the configuration that it is encrypted';
    return [{ path: 'spec.source.snapshotHandle', value: handle, ...found, required }];
  },
});

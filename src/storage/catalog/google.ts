import { COPIES_ITS_SOURCE, type Provisioner } from '../provisioner.ts';

/**
 * sigs.k8s.io/gcp-compute-persistent-disk-csi-driver@v1.28.1: pkg/parameters/{constants,parameters,utils}.go,
 * pkg/gce-pd-csi-driver/controller.go. A clone must have the key of its source.
 */
const PERSISTENT_DISK: Provisioner = {
  name: 'pd.csi.storage.gke.io',
  title: 'Google Persistent Disk and Hyperdisk',
  level: 'platform',
  storage: 'block',
  keyCase: 'any',
  mechanism: 'Google encrypts every disk',
  customerKey: { from: 'parameter', format: 'gcp', keys: ['disk-encryption-kms-key'] },
  placement: ['enable-confidential-storage', 'storage-pools'],
  clone: 'refused',
  restore: 'class',
};

export const GOOGLE: readonly Provisioner[] = [
  PERSISTENT_DISK,
  {
    ...PERSISTENT_DISK,
    name: 'kubernetes.io/gce-pd',
    title: 'Google Persistent Disk, in-tree name',
    driver: 'pd.csi.storage.gke.io',
  },
  {
    // kubernetes-sigs/gcp-filestore-csi-driver@2edb466: pkg/csi_driver/controller.go
    name: 'filestore.csi.storage.gke.io',
    title: 'Google Filestore',
    level: 'platform',
    storage: 'shared',
    keyCase: 'any',
    mechanism: 'Google encrypts every instance',
    ...COPIES_ITS_SOURCE,
  },
];

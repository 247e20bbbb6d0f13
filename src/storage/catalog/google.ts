import { COPIES_ITS_SOURCE, type Provisioner } from '../provisioner.ts';

/** A clone must have the key of its source. */
const PERSISTENT_DISK = {
  name: 'pd.csi.storage.gke.io',
  title: 'Google Persistent Disk and Hyperdisk',
  level: 'platform',
  storage: 'block',
  keyCase: 'any',
  mechanism: 'Google encrypts every disk',
  customerKey: { from: 'parameter', format: 'gcp', keys: ['disk-encryption-kms-key'] },
  rawBlock: 'encrypted',
  elsewhere: [
    {
      key: 'data-cache-size',
      why: "a copy goes to the node's local SSD, which Google encrypts with a key of its own",
      keyOnly: true,
    },
  ],
  placement: ['enable-confidential-storage', 'storage-pools'],
  attributes: ['iops', 'throughput'],
  clone: 'refused',
  restore: 'class',
  read: 'kubernetes-sigs/gcp-compute-persistent-disk-csi-driver@b560165: pkg/parameters/{constants,parameters,utils}.go, pkg/gce-pd-csi-driver/{controller,node}.go',
} as const satisfies Provisioner;

export const GOOGLE: readonly Provisioner[] = [
  PERSISTENT_DISK,
  {
    ...PERSISTENT_DISK,
    name: 'kubernetes.io/gce-pd',
    title: 'Google Persistent Disk, in-tree name',
    driver: 'pd.csi.storage.gke.io',
  },
  {
    name: 'filestore.csi.storage.gke.io',
    title: 'Google Filestore',
    level: 'platform',
    storage: 'shared',
    keyCase: 'any',
    mechanism: 'Google encrypts every instance',
    ...COPIES_ITS_SOURCE,
    read: 'kubernetes-sigs/gcp-filestore-csi-driver@2edb466: pkg/csi_driver/controller.go',
  },
];

import { COPIES_ITS_SOURCE, type Provisioner } from '../provisioner.ts';

/**
 * The type with a key of the platform passes the driver beside a disk encryption set. A VolumeAttributesClass is laid
 * over the class: it could swap the set. What `cachingMode` caches on the host is encrypted at rest only where the node
 * pool has encryption at host: no class shows that.
 */
const DISK = {
  name: 'disk.csi.azure.com',
  title: 'Azure Disk',
  level: 'platform',
  storage: 'block',
  keyCase: 'any',
  mechanism: 'Azure encrypts every disk',
  customerKey: {
    from: 'parameter',
    format: 'azure',
    keys: ['diskEncryptionSetID'],
    when: {
      kind: 'one-of',
      key: 'diskEncryptionType',
      values: ['EncryptionAtRestWithCustomerKey', 'EncryptionAtRestWithPlatformAndCustomerKeys'],
      orNotSet: true,
    },
  },
  rawBlock: 'encrypted',
  elsewhere: [{ key: 'diskName', why: 'a disk of this name that is there already is taken', keyOnly: true }],
  placement: ['resourceGroup', 'subscriptionID', 'location'],
  echoed: ['diskEncryptionSetID', 'diskEncryptionType'],
  ...COPIES_ITS_SOURCE,
  read: 'kubernetes-sigs/azuredisk-csi-driver@d983d61: pkg/azuredisk/{controllerserver,azure_managedDiskController}.go, pkg/azureutils/azure_disk_utils.go, docs/driver-parameters.md',
} as const satisfies Provisioner;

const FILE = {
  name: 'file.csi.azure.com',
  title: 'Azure Files',
  level: 'platform',
  storage: 'shared',
  keyCase: 'any',
  mechanism: 'Azure encrypts every storage account',
  noProof: { encryptInTransit: 'it encrypts on the way only' },
  ...COPIES_ITS_SOURCE,
  read: 'kubernetes-sigs/azurefile-csi-driver@7b5ae18: pkg/azurefile/controllerserver.go, docs/driver-parameters.md',
} as const satisfies Provisioner;

export const AZURE: readonly Provisioner[] = [
  DISK,
  { ...DISK, name: 'kubernetes.io/azure-disk', title: 'Azure Disk, in-tree name', driver: 'disk.csi.azure.com' },
  FILE,
  { ...FILE, name: 'kubernetes.io/azure-file', title: 'Azure Files, in-tree name', driver: 'file.csi.azure.com' },
];

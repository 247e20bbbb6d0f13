import { COPIES_ITS_SOURCE, type Provisioner } from '../provisioner.ts';

/**
 * kubernetes-sigs/azuredisk-csi-driver@d983d61: pkg/azureutils/azure_disk_utils.go,
 * pkg/azuredisk/azure_managedDiskController.go, docs/driver-parameters.md. The type with a key of the platform passes
 * the driver beside a disk encryption set. A VolumeAttributesClass is laid over the class: it could swap the set.
 */
const DISK: Provisioner = {
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
  placement: ['resourceGroup', 'subscriptionID', 'location'],
  echoed: ['diskEncryptionSetID', 'diskEncryptionType'],
  ...COPIES_ITS_SOURCE,
};

/** kubernetes-sigs/azurefile-csi-driver@7b5ae18: pkg/azurefile/controllerserver.go, docs/driver-parameters.md */
const FILE: Provisioner = {
  name: 'file.csi.azure.com',
  title: 'Azure Files',
  level: 'platform',
  storage: 'shared',
  keyCase: 'any',
  mechanism: 'Azure encrypts every storage account',
  noProof: { encryptInTransit: 'it encrypts on the way only' },
  ...COPIES_ITS_SOURCE,
};

export const AZURE: readonly Provisioner[] = [
  DISK,
  { ...DISK, name: 'kubernetes.io/azure-disk', title: 'Azure Disk, in-tree name', driver: 'disk.csi.azure.com' },
  FILE,
  { ...FILE, name: 'kubernetes.io/azure-file', title: 'Azure Files, in-tree name', driver: 'file.csi.azure.com' },
];

import { describe, expect, it } from 'vitest';
import { attributesClassProblems } from '../../src/storage/attributes-class.ts';

describe('a VolumeAttributesClass', () => {
  it.each([
    ['ebs.csi.aws.com', { iops: '4000', throughput: '250', type: 'gp3', tagSpecification_1: 'team=vectors' }],
    ['pd.csi.storage.gke.io', { iops: '4000', throughput: '250' }],
    ['disk.csi.azure.com', { DiskIOPSReadWrite: '4000', DiskMBpsReadWrite: '250', skuName: 'PremiumV2_LRS' }],
    ['dobs.csi.digitalocean.com', { anything: 'else' }],
    // Encryption is up to a Secret of the class, which no VolumeAttributesClass names.
    ['csi.proxmox.sinextra.dev', { diskIOPS: '4000', backup: 'true' }],
    ['csi.example.com', {}],
    ['csi.example.com', undefined],
  ])('of %s may carry %j', (driver, parameters) => {
    expect(attributesClassProblems(driver, parameters)).toEqual([]);
  });

  it.each([
    ['disk.csi.azure.com', 'diskEncryptionSetID'],
    ['disk.csi.azure.com', 'DISKENCRYPTIONSETID'],
    ['disk.csi.azure.com', 'diskEncryptionType'],
    ['disk.csi.azure.com', 'resourceGroup'],
    ['disk.csi.azure.com', 'subscriptionid'],
    ['kubernetes.io/azure-disk', 'diskEncryptionSetID'],
    ['ebs.csi.aws.com', 'encrypted'],
    ['ebs.csi.aws.com', 'KmsKeyId'],
    ['pd.csi.storage.gke.io', 'disk-encryption-kms-key'],
    ['csi.vsphere.vmware.com', 'storagePolicyID'],
    ['rook-ceph.rbd.csi.ceph.com', 'encryptionKMSID'],
    ['linstor.csi.linbit.com', 'linstor.csi.linbit.com/layerList'],
    ['block-storage.csi.stackit.cloud', 'kmsKeyVersion'],
    ['cinder.csi.openstack.org', 'type'],
    ['csi.hpe.com', 'hostEncryptionSecretName'],
    ['csi.hpe.com', 'nfsForeignStorageClass'],
    // Nothing is known of what decides there.
    ['csi.storageos.com', 'iops'],
    ['csi-powerstore.dellemc.com', 'iops'],
    ['csi.example.com', 'iops'],
    ['ebs.csi.aws.com', 'ᴷmsKeyId'],
  ])('of %s may not carry %s', (driver, key) => {
    const [problem, ...more] = attributesClassProblems(driver, { [key]: 'x' });
    expect(more).toEqual([]);
    expect(problem?.path).toContain(key);
    expect(problem?.required).toMatch(/^leave it out: /);
  });
});

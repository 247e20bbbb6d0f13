import { describe, expect, it } from 'vitest';
import { attributesClassProblems } from '../../src/storage/attributes-class.ts';
import { CLAIM_ANNOTATIONS, overridingAnnotation } from '../../src/storage/claim-annotations.ts';

describe('a VolumeAttributesClass', () => {
  it.each([
    ['ebs.csi.aws.com', { iops: '4000', throughput: '250', type: 'gp3', tagSpecification_1: 'team=vectors' }],
    ['pd.csi.storage.gke.io', { iops: '4000', throughput: '250' }],
    ['disk.csi.azure.com', { DiskIOPSReadWrite: '4000', DiskMBpsReadWrite: '250', skuName: 'PremiumV2_LRS' }],
    ['dobs.csi.digitalocean.com', { anything: 'else' }],
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
    // Nothing is known of what decides there.
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

describe('an annotation of a claim', () => {
  it.each([
    ['px/secure', 'false'],
    ['px/secure', 'True'],
    ['px/secure', ''],
    ['px/secret-name', 'mine'],
    ['csi.hpe.com/hostEncryption', 'false'],
    ['trident.netapp.io/importOriginalName', 'old'],
    ['trident.netapp.io/importBackendUUID', 'x'],
    ['trident.netapp.io/notManaged', 'true'],
    ['trident.netapp.io/luksEncryption', 'true'],
    ['trident.netapp.io/cloneFromPVC', 'old'],
    ['trident.netapp.io/shareFromPVC', 'other/old'],
    ['alibabacloud.com/kms-key-id', 'x'],
    ['csi.vsphere.encryption-class', 'mine'],
    ['storageos.com/encryption-secret-name', 'mine'],
  ])('%s: %j takes away what the class says', (key, value) => {
    expect(overridingAnnotation(key, value)?.why).toMatch(/^[a-z]/);
  });

  it.each([
    ['px/secure', 'true'],
    ['storageos.com/encryption', 'true'],
    ['px/secured', 'false'],
    ['example.com/px/secure', 'false'],
    ['trident.netapp.io/snapshotDirectory', 'true'],
    ['volume.kubernetes.io/selected-node', 'a'],
  ])('%s: %j does not', (key, value) => {
    expect(overridingAnnotation(key, value)).toBeUndefined();
  });

  it('stands in the table once', () => {
    expect(new Set(CLAIM_ANNOTATIONS.map(({ key }) => key)).size).toBe(CLAIM_ANNOTATIONS.length);
  });
});

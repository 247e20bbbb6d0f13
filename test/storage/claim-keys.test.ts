import { describe, expect, it } from 'vitest';
import { CATALOG, provisionerOf } from '../../src/storage/catalog.ts';
import { CLAIM_KEYS, type ClaimMap, claimKeysOf, overridingKey } from '../../src/storage/claim-keys.ts';

const judge = (provisioner: string, map: ClaimMap, key: string, value: string) =>
  overridingKey(provisionerOf(provisioner), map, key, value);

describe('a key of a claim', () => {
  it.each<[string, ClaimMap, string, string]>([
    ['pxd.portworx.com', 'annotations', 'px/secure', 'false'],
    ['pxd.portworx.com', 'annotations', 'px/secure', 'True'],
    ['pxd.portworx.com', 'annotations', 'px/secure', ''],
    ['pxd.portworx.com', 'annotations', 'px/secret-name', 'mine'],
    ['pxd.portworx.com', 'labels', 'secure', 'false'],
    ['pxd.portworx.com', 'annotations', 'secure', 'false'],
    ['pxd.portworx.com', 'labels', 'secret_key', 'mine'],
    ['pxd.portworx.com', 'labels', 'backend', 'pure_block'],
    ['kubernetes.io/portworx-volume', 'labels', 'secure', 'false'],
    ['csi.hpe.com', 'annotations', 'csi.hpe.com/hostEncryption', 'false'],
    ['csi.hpe.com', 'annotations', 'csi.hpe.com/nfsPVC', 'true'],
    ['csi.trident.netapp.io', 'annotations', 'trident.netapp.io/importOriginalName', 'old'],
    ['csi.trident.netapp.io', 'annotations', 'trident.netapp.io/notManaged', 'true'],
    ['csi.trident.netapp.io', 'annotations', 'trident.netapp.io/luksEncryption', 'true'],
    ['csi.trident.netapp.io', 'annotations', 'trident.netapp.io/cloneFromPVC', 'old'],
    ['csi.trident.netapp.io', 'annotations', 'trident.netapp.io/shareFromPVC', 'other/old'],
    ['diskplugin.csi.alibabacloud.com', 'annotations', 'alibabacloud.com/kms-key-id', 'x'],
    ['diskplugin.csi.alibabacloud.com', 'annotations', 'volume.alibabacloud.com/disk-id', 'd-1'],
    ['diskplugin.csi.alibabacloud.com', 'labels', 'csi.alibabacloud.com/disk-snapshot-id', 's-1'],
    ['diskplugin.csi.alibabacloud.com', 'annotations', 'encrypted', 'false'],
    ['csi.vsphere.vmware.com', 'annotations', 'csi.vsphere.encryption-class', 'mine'],
    ['everest-csi-provisioner', 'annotations', 'everest.io/crypt-key-id', 'mine'],
    ['csi.huawei.com', 'annotations', 'csi.huawei.com/manageVolumeName', 'old'],
    ['csi.storageos.com', 'labels', 'storageos.com/encryption', 'false'],
    // Nobody could read this driver: whatever bears its name may matter.
    ['ebs.csi.eks.amazonaws.com', 'labels', 'ebs.csi.eks.amazonaws.com/encrypted', 'false'],
    // Nobody knows this one: what any driver reads may matter.
    ['csi.example.com', 'annotations', 'px/secure', 'false'],
    ['csi.example.com', 'annotations', 'trident.netapp.io/notManaged', 'true'],
  ])('of %s: %s, %s: %j takes away what the class says', (provisioner, map, key, value) => {
    expect(judge(provisioner, map, key, value)?.why).toMatch(/^[a-z]/);
  });

  it.each<[string, ClaimMap, string, string]>([
    ['pxd.portworx.com', 'annotations', 'px/secure', 'true'],
    ['pxd.portworx.com', 'labels', 'secure', 'true'],
    ['pxd.portworx.com', 'labels', 'px/secure', 'false'],
    ['pxd.portworx.com', 'annotations', 'px/secured', 'false'],
    ['pxd.portworx.com', 'annotations', 'example.com/px/secure', 'false'],
    ['csi.storageos.com', 'annotations', 'storageos.com/encryption', 'true'],
    // Its own admission controller writes it.
    ['csi.storageos.com', 'annotations', 'storageos.com/encryption-secret-name', 'key'],
    // Without it the driver makes no encrypted volume at all.
    ['csi.simplyblock.io', 'annotations', 'simplybk/secret-name', 'key'],
    ['csi.trident.netapp.io', 'annotations', 'trident.netapp.io/snapshotDirectory', 'true'],
    ['csi.trident.netapp.io', 'labels', 'trident.netapp.io/notManaged', 'true'],
    // Drivers that read other keys, or none.
    ['ebs.csi.aws.com', 'annotations', 'px/secure', 'false'],
    ['ebs.csi.aws.com', 'labels', 'secure', 'false'],
    ['csi.trident.netapp.io', 'annotations', 'alibabacloud.com/kms-key-id', 'x'],
    // A name for anything, where nobody knows the driver.
    ['csi.example.com', 'labels', 'backend', 'search'],
    ['csi.example.com', 'labels', 'encrypted', 'false'],
    ['csi.example.com', 'annotations', 'volume.kubernetes.io/selected-node', 'a'],
  ])('of %s: %s, %s: %j does not', (provisioner, map, key, value) => {
    expect(judge(provisioner, map, key, value)).toBeUndefined();
  });
});

describe('the keys of all drivers', () => {
  it('are what the rule reads: each key of each driver, in each map where it counts', () => {
    for (const own of CATALOG.flatMap(claimKeysOf)) {
      const same = CLAIM_KEYS.filter(({ key }) => key === own.key);
      const maps = new Set(same.flatMap((each) => (each.in === 'either' ? ['labels', 'annotations'] : [each.in])));
      for (const map of own.in === 'either' ? ['labels', 'annotations'] : [own.in]) expect(maps).toContain(map);
    }
  });
});

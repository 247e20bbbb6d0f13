import { COPIES_ITS_SOURCE, type Provisioner } from '../provisioner.ts';

const BLOCK = { storage: 'block', keyCase: 'exact', ...COPIES_ITS_SOURCE } as const;

const ARRAY = { ...BLOCK, level: 'attested', mechanism: 'encryption by the array' } as const;

const IMPORTS = 'brings in a volume that is there already, encrypted or not';
const ANY_POOL = 'its pools are taken whether they encrypt or not';
const OTHER_VOLUME = 'the volume is one that is there already, or a copy of it';

/** Storage systems with a driver of their vendor. */
export const ARRAYS: readonly Provisioner[] = [
  {
    // The driver watches its classes: an annotation counts from the moment it is there.
    ...BLOCK,
    name: 'csi.trident.netapp.io',
    title: 'NetApp Trident',
    level: 'declared',
    keyPrefix: 'trident.netapp.io/',
    flags: 'go',
    condition: { kind: 'true', key: 'encryption' },
    mechanism: 'pools that offer encryption',
    noProof: {
      luksEncryption: 'it is set on a pool: no class chooses it',
      selector: 'what a label stands for is not shown',
    },
    rawBlock: 'encrypted',
    claimKeys: [
      { in: 'annotations', key: 'trident.netapp.io/import', match: 'prefix', why: IMPORTS },
      { in: 'annotations', key: 'trident.netapp.io/notManaged', match: 'key', why: IMPORTS },
      { in: 'annotations', key: 'trident.netapp.io/luksEncryption', match: 'key', why: IMPORTS },
      {
        in: 'annotations',
        key: 'trident.netapp.io/cloneFrom',
        match: 'prefix',
        why: 'copies a volume, whatever the class says',
      },
      {
        in: 'annotations',
        key: 'trident.netapp.io/shareFromPVC',
        match: 'key',
        why: 'shares a volume of another namespace',
      },
      {
        in: 'annotations',
        key: 'trident.netapp.io/mirrorRelationship',
        match: 'key',
        why: 'mirrors a volume of another system',
      },
    ],
    classAnnotations: [
      { key: 'trident.netapp.io/additionalStoragePools', why: `${ANY_POOL}, and it wins over the parameter` },
      { key: 'trident.netapp.io/selector', why: 'chooses among the pools that the parameters leave', narrows: true },
    ],
    elsewhere: [
      { key: 'additionalStoragePools', why: ANY_POOL },
      { key: 'requiredStorage', why: ANY_POOL },
    ],
    placement: ['backendType', 'storagePools', 'excludeStoragePools', 'selector'],
    attributes: [],
    read: 'NetApp/trident@71dd716: frontend/csi/controller_helpers/kubernetes/{plugin,config,helper}.go, storage_attribute/common_attributes.go, storage_class/storage_class.go',
  },
  {
    // A raw block device is the multipath device below LUKS. Without hostEncryptionPassphrase in the Secret it is plain.
    ...BLOCK,
    name: 'csi.hpe.com',
    title: 'HPE Storage',
    level: 'declared',
    flags: 'refused',
    condition: {
      kind: 'all',
      of: [
        {
          kind: 'any',
          of: [
            { kind: 'true', key: 'hostEncryption' },
            { kind: 'not-set', key: 'hostEncryption', why: 'the Secret alone turns encryption on' },
          ],
        },
        {
          kind: 'secret',
          secret: { nameKey: 'hostEncryptionSecretName', namespaceKey: 'hostEncryptionSecretNamespace' },
        },
        {
          kind: 'lists-none',
          key: 'allowOverrides',
          prefix: 'hostEncryption',
          why: 'an annotation of a claim could switch encryption off',
        },
      ],
    },
    mechanism: 'LUKS on the node',
    customerKey: {
      from: 'secret',
      secret: { nameKey: 'hostEncryptionSecretName', namespaceKey: 'hostEncryptionSecretNamespace' },
    },
    rawBlock: 'plain',
    claimKeys: [
      // Only what allowOverrides names, which a class may widen; nfsPVC always.
      {
        in: 'annotations',
        key: 'csi.hpe.com/',
        match: 'prefix',
        why: 'overrides parameters of the class for this volume',
      },
    ],
    elsewhere: [
      { key: 'nfsResources', why: 'the data goes into a claim behind a file server', harmless: ['false'] },
      { key: 'nfsForeignStorageClass', why: 'the data goes into a claim of that class' },
      {
        key: 'accessProtocol',
        why: 'files are not encrypted on the node',
        harmless: ['iscsi', 'fc', 'nvmeotcp', 'nvmetcp'],
      },
      { key: 'importVol', why: OTHER_VOLUME },
      { key: 'importVolumeName', why: OTHER_VOLUME },
      { key: 'importVolAsClone', why: OTHER_VOLUME },
      { key: 'cloneOf', why: OTHER_VOLUME },
      { key: 'virtualCopyOf', why: OTHER_VOLUME },
    ],
    attributes: [],
    read: 'hpe-storage/csi-driver@94c8cd1: pkg/driver/{constants,controller_server,node_server}.go, pkg/flavor/kubernetes/{flavor,nfs}.go, release-notes/v1.3.0.md',
  },
  { ...ARRAY, name: 'pure-csi', title: 'Pure Storage', unread: 'closed source' },
  {
    ...ARRAY,
    name: 'csi-powerstore.dellemc.com',
    title: 'Dell PowerStore',
    read: 'dell/csi-powerstore@8db0ba6: pkg/controller, which knows no parameter for it',
  },
  {
    ...ARRAY,
    name: 'csi-vxflexos.dellemc.com',
    title: 'Dell PowerFlex',
    read: 'dell/csi-powerflex@ce1dbd0: service/controller.go, which knows no parameter for it',
  },
  {
    ...ARRAY,
    name: 'csi-unity.dellemc.com',
    title: 'Dell Unity XT',
    read: 'dell/csi-unity@8a247ce: service/controller.go, which knows no parameter for it',
  },
  {
    ...ARRAY,
    name: 'csi-isilon.dellemc.com',
    title: 'Dell PowerScale',
    storage: 'shared',
    read: 'dell/csi-powerscale@82fe23f: service/controller.go, which knows no parameter for it',
  },
  {
    ...ARRAY,
    name: 'block.csi.ibm.com',
    title: 'IBM block storage systems',
    read: 'IBM/ibm-block-csi-driver@2f19986: controllers/servers/csi, which knows no parameter for it',
  },
  { ...ARRAY, name: 'hspc.csi.hitachi.com', title: 'Hitachi VSP', unread: 'closed source' },
  {
    ...ARRAY,
    name: 'csi.huawei.com',
    title: 'Huawei OceanStor',
    claimKeys: [{ in: 'annotations', key: 'csi.huawei.com/manage', match: 'prefix', why: IMPORTS }],
    read: 'Huawei/eSDK_K8S_Plugin@712170b: csi/driver/{controller,controller_helper}.go, utils/k8sutils/pvc_helper.go',
  },
  {
    // It makes shared folders without encryption; LUNs lie on a volume of the NAS, encrypted or not.
    ...ARRAY,
    name: 'csi.san.synology.com',
    title: 'Synology NAS',
    mechanism: 'encryption of the volume of the NAS',
    read: 'SynologyOpenSource/synology-csi@2807900: pkg/driver/controllerserver.go, pkg/dsm/service/share_volume.go',
  },
  {
    ...ARRAY,
    name: 'csi.vastdata.com',
    title: 'VAST Data',
    storage: 'shared',
    read: 'vast-data/vast-csi@268bab1: vast_csi/server.py',
  },
  {
    ...BLOCK,
    name: 'dsp.csi.daterainc.io',
    title: 'Datera',
    level: 'none',
    mechanism: 'none that is documented',
    read: 'Datera/datera-csi@5628739: pkg/driver/controller.go',
  },
];

import { COPIES_ITS_SOURCE, type Condition, type Provisioner } from '../provisioner.ts';

const BLOCK = { storage: 'block', keyCase: 'exact', ...COPIES_ITS_SOURCE } as const;

const ENCRYPTED: Condition = { kind: 'true', key: 'encrypted' };

/**
 * kubernetes-sigs/vsphere-csi-driver@bf80902: pkg/csi/service/common/{util,constants}.go, wcp/controller.go. What a
 * policy does is known to vCenter alone; a VolumeAttributesClass may name another.
 */
const VSPHERE: Provisioner = {
  ...BLOCK,
  name: 'csi.vsphere.vmware.com',
  title: 'VMware vSphere',
  level: 'attested',
  keyCase: 'any',
  mechanism: 'VM encryption by the storage policy',
  noProof: { storagePolicyName: 'the name of a policy does not show what it does' },
  placement: ['storagePolicyName', 'storagePolicyID', 'datastoreURL'],
};

/**
 * libopenstorage/openstorage@0332551: api/api.go, api/spec/spec_handler.go; docs.portworx.com. Which key it is, is up to
 * Portworx. On Pure FlashArray (backend: pure_block) it is LUKS on the host, over what the array does.
 */
const PORTWORX: Provisioner = {
  ...BLOCK,
  name: 'pxd.portworx.com',
  title: 'Portworx',
  level: 'declared',
  flags: 'go',
  condition: {
    kind: 'any',
    of: [
      { kind: 'true', key: 'secure' },
      {
        kind: 'all',
        of: [
          { kind: 'set', key: 'secret_key' },
          { kind: 'not-set', key: 'secure', why: 'beside a key it can only contradict it' },
        ],
      },
    ],
  },
  mechanism: 'encryption by Portworx with the key of its secret store',
};

export const ON_PREMISES: readonly Provisioner[] = [
  VSPHERE,
  {
    ...VSPHERE,
    name: 'kubernetes.io/vsphere-volume',
    title: 'VMware vSphere, in-tree name',
    driver: 'csi.vsphere.vmware.com',
  },
  {
    // longhorn/longhorn-manager@5ddaa36: csi/{util,node_server}.go; without a passphrase the volume is not mounted.
    ...BLOCK,
    name: 'driver.longhorn.io',
    title: 'Longhorn',
    level: 'declared',
    flags: 'go',
    condition: {
      kind: 'all',
      of: [
        ENCRYPTED,
        { kind: 'secret', secret: { call: 'node-stage' } },
        { kind: 'secret', secret: { call: 'node-publish' } },
      ],
    },
    mechanism: 'LUKS on the node',
    customerKey: { from: 'secret', secret: { call: 'node-stage' } },
  },
  {
    // ceph/ceph-csi@52fcb7b: internal/rbd/{encryption,rbd_util}.go, internal/util/crypto.go, docs/deploy-rbd.md. The
    // operator puts its own name before that of the driver. A copy between plain and encrypted is refused.
    ...BLOCK,
    name: 'rbd.csi.ceph.com',
    prefixed: true,
    title: 'Ceph RBD, Rook, OpenShift Data Foundation',
    level: 'declared',
    flags: 'go',
    condition: {
      kind: 'all',
      of: [ENCRYPTED, { kind: 'one-of', key: 'encryptionType', values: ['block', 'file'], orNotSet: true }],
    },
    mechanism: 'LUKS or fscrypt on the node',
    customerKey: { from: 'parameter', format: 'ceph', keys: ['encryptionKMSID'] },
    placement: ['clusterID', 'pool', 'dataPool'],
    echoed: ['encrypted', 'encryptionKMSID', 'encryptionType'],
    clone: 'refused',
    restore: 'refused',
  },
  {
    // ceph/ceph-csi@52fcb7b: internal/cephfs/store/volumeoptions.go
    ...BLOCK,
    name: 'cephfs.csi.ceph.com',
    prefixed: true,
    title: 'CephFS',
    level: 'declared',
    storage: 'shared',
    flags: 'go',
    condition: ENCRYPTED,
    mechanism: 'fscrypt on the node',
  },
  PORTWORX,
  {
    ...PORTWORX,
    name: 'kubernetes.io/portworx-volume',
    title: 'Portworx, in-tree name',
    driver: 'pxd.portworx.com',
  },
  {
    // openebs/website: advanced-operations/encryption.md (4.3). openebs/mayastor-control-plane@04b65f3: context.rs has no
    // such parameter: earlier releases make a plain volume of the same class, and no class shows the release.
    ...BLOCK,
    name: 'io.openebs.csi-mayastor',
    title: 'OpenEBS Mayastor',
    level: 'attested',
    mechanism: 'encrypted disk pools',
    noProof: { encrypted: 'releases before 4.3 do not read it, and no class shows the release' },
    placement: ['encrypted'],
  },
  {
    // openebs/zfs-localpv@d52f9a9: pkg/driver/controller.go, pkg/zfs/zfs_util.go hand these on to `zfs create -o`.
    ...BLOCK,
    name: 'zfs.csi.openebs.io',
    title: 'OpenEBS ZFS LocalPV',
    level: 'declared',
    condition: {
      kind: 'all',
      of: [
        {
          kind: 'one-of',
          key: 'encryption',
          // openzfs.github.io: zfsprops(7)
          values: ['on', 'aes-256-gcm', 'aes-192-gcm', 'aes-128-gcm', 'aes-256-ccm', 'aes-192-ccm', 'aes-128-ccm'],
        },
        { kind: 'set', key: 'keyformat' },
        { kind: 'set', key: 'keylocation' },
      ],
    },
    mechanism: 'native encryption of ZFS',
    customerKey: { from: 'parameter', format: 'zfs', keys: ['keylocation'] },
    placement: ['poolname'],
  },
  {
    // NetApp/trident@71dd716: storage_attribute/common_attributes.go, storage_class/storage_class.go,
    // frontend/csi/controller_helpers/kubernetes/helper.go. Pools of the last two are taken whatever else is asked.
    ...BLOCK,
    name: 'csi.trident.netapp.io',
    title: 'NetApp Trident',
    level: 'declared',
    keyPrefix: 'trident.netapp.io/',
    flags: 'go',
    condition: {
      kind: 'all',
      of: [
        { kind: 'true', key: 'encryption' },
        { kind: 'not-set', key: 'additionalStoragePools', why: 'its pools are taken whether they encrypt or not' },
        { kind: 'not-set', key: 'requiredStorage', why: 'its pools are taken whether they encrypt or not' },
      ],
    },
    mechanism: 'pools that offer encryption',
    noProof: {
      luksEncryption: 'it is set on a pool: no class chooses it',
      selector: 'what a label stands for is not shown',
    },
    placement: ['backendType', 'storagePools', 'excludeStoragePools', 'selector'],
  },
  {
    // hpe-storage/csi-driver@94c8cd1: pkg/driver/{constants,controller_server}.go, pkg/flavor/kubernetes/flavor.go
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
  },
  {
    ...BLOCK,
    name: 'pure-csi',
    title: 'Pure Storage',
    level: 'attested',
    mechanism: 'encryption by the array',
  },
  {
    // dell/csi-powerstore@8db0ba6 knows no parameter for it.
    ...BLOCK,
    name: 'csi-powerstore.dellemc.com',
    title: 'Dell PowerStore',
    level: 'attested',
    mechanism: 'encryption by the array',
  },
  {
    ...BLOCK,
    name: 'dsp.csi.daterainc.io',
    title: 'Datera',
    level: 'none',
    mechanism: 'none that is documented',
  },
  {
    // docs.storageos.com/docs/reference/encryption
    ...BLOCK,
    name: 'csi.storageos.com',
    title: 'StorageOS, Ondat',
    level: 'declared',
    flags: 'off',
    condition: { kind: 'true', key: 'storageos.com/encryption' },
    mechanism: 'encryption by StorageOS with a key of its own for each volume',
  },
  {
    // piraeusdatastore/linstor-csi@44aa98a: pkg/volume/parameter.go, pkg/client/linstor.go: `encryption` is read, and
    // never used.
    ...BLOCK,
    name: 'linstor.csi.linbit.com',
    title: 'LINSTOR, Piraeus',
    level: 'declared',
    keyCase: 'any',
    keyPrefix: 'linstor.csi.linbit.com/',
    condition: { kind: 'lists', key: 'layerList', word: 'luks' },
    mechanism: 'LUKS on the node with the master passphrase of LINSTOR',
    noProof: { encryption: 'this driver reads it and never uses it' },
    placement: ['storagePool', 'resourceGroup'],
  },
  {
    // sergelogvinov/proxmox-csi-plugin: docs/options.md
    ...BLOCK,
    name: 'csi.proxmox.sinextra.dev',
    title: 'Proxmox',
    level: 'declared',
    condition: { kind: 'secret', secret: { call: 'node-stage' } },
    mechanism: 'LUKS on the node, if the Secret holds encryption-passphrase',
    customerKey: { from: 'secret', secret: { call: 'node-stage' } },
  },
];

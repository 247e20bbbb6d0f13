import { COPIES_ITS_SOURCE, type Condition, type Elsewhere, type Provisioner } from '../provisioner.ts';

const BLOCK = { storage: 'block', keyCase: 'exact', attributes: [], ...COPIES_ITS_SOURCE } as const;

const ENCRYPTED: Condition = { kind: 'true', key: 'encrypted' };

const OTHER_SERVER = 'the data goes to another server';
const OTHER_VOLUME = 'the volume is one that is there already, or a copy of it';

const PORTWORX_ELSEWHERE: readonly Elsewhere[] = [
  { key: 'proxy_endpoint', why: OTHER_SERVER },
  { key: 'proxy_nfs_exportpath', why: OTHER_SERVER },
  { key: 'proxy_nfs_subpath', why: OTHER_SERVER },
  { key: 'proxy_s3_bucket', why: OTHER_SERVER },
  { key: 'pure_nfs_endpoint', why: OTHER_SERVER },
  { key: 'backend', why: 'the data goes to another system', harmless: ['pure_block'] },
  { key: 'pure_vol_name', why: OTHER_VOLUME },
  { key: 'parent', why: OTHER_VOLUME },
];

/**
 * Every label and annotation of a claim becomes a parameter that wins over the class's. Which key it is, is up to
 * Portworx. On Pure FlashArray (backend: pure_block) it is LUKS on the host, over what the array does.
 */
const PORTWORX = {
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
  // What attaches the device is closed source.
  rawBlock: 'not-shown',
  claimKeys: [
    {
      in: 'annotations',
      key: 'px/secure',
      match: 'key',
      allowed: 'true',
      why: 'switches encryption of this volume off',
    },
    { in: 'annotations', key: 'px/secret-', match: 'prefix', why: 'chooses the key of this volume' },
  ],
  claimParameters: 'either',
  elsewhere: PORTWORX_ELSEWHERE,
  read: 'libopenstorage/openstorage@0332551: csi/sched/k8s/k8s.go, csi/{controller,node}.go, api/api.go, api/spec/spec_handler.go; docs.portworx.com on encryption',
} as const satisfies Provisioner;

/** Its own admission controller writes the annotations that name the Secret with the key. */
const STORAGEOS = {
  storage: 'block',
  keyCase: 'exact',
  ...COPIES_ITS_SOURCE,
  title: 'StorageOS, Ondat',
  level: 'declared',
  flags: 'off',
  condition: { kind: 'true', key: 'storageos.com/encryption' },
  mechanism: 'encryption by StorageOS with a key of its own for each volume',
  rawBlock: 'not-shown',
  claimKeys: [
    {
      in: 'either',
      key: 'storageos.com/encryption',
      match: 'key',
      allowed: 'true',
      why: 'switches encryption of this volume off',
    },
  ],
  unread: 'closed source; docs.storageos.com/docs/reference/encryption',
} as const;

/** Storage that runs in the cluster, or beside it, on disks of its own. */
export const SOFTWARE_DEFINED: readonly Provisioner[] = [
  {
    // From 1.6 on raw block devices as well. What is neither empty nor LUKS, out of a backup or an image, is not mounted.
    ...BLOCK,
    name: 'driver.longhorn.io',
    title: 'Longhorn',
    level: 'declared',
    flags: 'go',
    condition: {
      kind: 'all',
      of: [
        ENCRYPTED,
        { kind: 'secret', secret: { call: 'node-stage' }, orTemplate: true },
        { kind: 'secret', secret: { call: 'node-publish' }, orTemplate: true },
      ],
    },
    mechanism: 'LUKS on the node',
    customerKey: { from: 'secret', secret: { call: 'node-stage' } },
    rawBlock: 'encrypted',
    echoed: ['encrypted'],
    read: 'longhorn/longhorn-manager@5ddaa36: csi/{util,node_server,controller_server}.go',
  },
  PORTWORX,
  {
    ...PORTWORX,
    name: 'kubernetes.io/portworx-volume',
    title: 'Portworx, in-tree name',
    driver: 'pxd.portworx.com',
  },
  {
    // Earlier releases make a plain volume of the same class, and no class shows the release.
    ...BLOCK,
    name: 'io.openebs.csi-mayastor',
    title: 'OpenEBS Mayastor',
    level: 'attested',
    mechanism: 'encrypted disk pools',
    noProof: { encrypted: 'releases before 4.3 do not read it, and no class shows the release' },
    placement: ['encrypted'],
    read: 'openebs/website@2eda012: replicated-pv-mayastor/advanced-operations/encryption.md; openebs/mayastor-control-plane@c02e0cb, which knows no such parameter',
  },
  {
    // The driver hands these on to `zfs create -o`.
    ...BLOCK,
    name: 'zfs.csi.openebs.io',
    title: 'OpenEBS ZFS LocalPV',
    level: 'declared',
    keyCase: 'any',
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
    rawBlock: 'encrypted',
    placement: ['poolname'],
    read: 'openebs/zfs-localpv@d52f9a9: pkg/driver/controller.go, pkg/zfs/zfs_util.go',
  },
  { ...STORAGEOS, name: 'csi.storageos.com' },
  { ...STORAGEOS, name: 'storageos', title: 'StorageOS, earlier name' },
  {
    // `encryption` is read, and never used.
    ...BLOCK,
    name: 'linstor.csi.linbit.com',
    title: 'LINSTOR, Piraeus',
    level: 'declared',
    keyCase: 'any',
    keyPrefix: 'linstor.csi.linbit.com/',
    condition: { kind: 'lists', key: 'layerList', word: 'luks' },
    mechanism: 'LUKS on the node with the master passphrase of LINSTOR',
    noProof: { encryption: 'this driver reads it and never uses it' },
    rawBlock: 'encrypted',
    placement: ['storagePool', 'resourceGroup'],
    read: 'piraeusdatastore/linstor-csi@44aa98a: pkg/volume/parameter.go, pkg/client/linstor.go, pkg/driver/driver.go',
  },
  {
    // A raw block device is published from the device below LUKS.
    ...BLOCK,
    name: 'csi.lightbitslabs.com',
    title: 'Lightbits',
    level: 'declared',
    flags: 'refused',
    condition: {
      kind: 'all',
      of: [
        { kind: 'one-of', key: 'host-encryption', values: ['enabled'] },
        { kind: 'secret', secret: { call: 'node-stage' }, orTemplate: true },
      ],
    },
    mechanism: 'LUKS on the node',
    customerKey: { from: 'secret', secret: { call: 'node-stage' } },
    rawBlock: 'plain',
    clone: 'refused',
    restore: 'refused',
    read: 'LightBitsLabs/los-csi@403ed3e: pkg/driver/{csi_md,controller,node,luks}.go',
  },
  {
    // The claim names the Secret with the key in annotations, and has to. What comes from a snapshot or a volume does not
    // look at the class.
    ...BLOCK,
    name: 'csi.simplyblock.io',
    title: 'simplyblock',
    level: 'declared',
    flags: 'words',
    condition: { kind: 'true', key: 'encryption' },
    mechanism: 'encryption by simplyblock with keys of the Secret that the claim names',
    rawBlock: 'encrypted',
    claimKeys: [{ in: 'annotations', key: 'simplybk/lvol-id', match: 'key', why: 'chooses the volume itself' }],
    read: 'simplyblock-io/simplyblock-csi@4a8f542: pkg/spdk/{controllerserver,nodeserver}.go',
  },
  {
    // Another type than LUKS is silently none. A raw block device is handed out before anything looks for LUKS.
    ...BLOCK,
    name: 'lvm.hwameistor.io',
    title: 'HwameiStor LVM',
    level: 'declared',
    condition: {
      kind: 'all',
      of: [
        { kind: 'one-of', key: 'encryptType', values: ['LUKS'] },
        { kind: 'secret', secret: { pathKey: 'encryptSecret' } },
      ],
    },
    mechanism: 'LUKS on the node',
    customerKey: { from: 'secret', secret: { pathKey: 'encryptSecret' } },
    rawBlock: 'plain',
    read: 'hwameistor/hwameistor@e806f9f: pkg/local-storage/member/csi/{parser,controller,node}.go',
  },
  {
    ...BLOCK,
    name: 'cstor.csi.openebs.io',
    title: 'OpenEBS cStor',
    level: 'none',
    mechanism: 'none: disks of the nodes',
    read: 'openebs/cstor-csi@17d3da9: pkg/driver/{controller,controller_utils}.go; openebs/cstor-operators@8983164',
  },
];

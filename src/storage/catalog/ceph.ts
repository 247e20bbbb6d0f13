import { COPIES_ITS_SOURCE, type Condition, type Provisioner } from '../provisioner.ts';

const BLOCK = { storage: 'block', keyCase: 'exact', prefixed: true, ...COPIES_ITS_SOURCE } as const;

const ENCRYPTED: Condition = { kind: 'true', key: 'encrypted' };

/** Ceph, alone or by way of Rook. The operator puts its own name before that of the driver. */
export const CEPH: readonly Provisioner[] = [
  {
    // A copy between plain and encrypted is refused. Files are encrypted where there are files.
    ...BLOCK,
    name: 'rbd.csi.ceph.com',
    title: 'Ceph RBD, Rook, OpenShift Data Foundation',
    level: 'declared',
    flags: 'go',
    condition: {
      kind: 'all',
      of: [ENCRYPTED, { kind: 'one-of', key: 'encryptionType', values: ['block', 'file'], orNotSet: true }],
    },
    mechanism: 'LUKS or fscrypt on the node',
    customerKey: { from: 'parameter', format: 'ceph', keys: ['encryptionKMSID'] },
    rawBlock: { kind: 'one-of', key: 'encryptionType', values: ['block'], orNotSet: true },
    placement: ['clusterID', 'pool', 'dataPool'],
    echoed: ['encrypted', 'encryptionKMSID', 'encryptionType'],
    clone: 'refused',
    restore: 'refused',
    read: 'ceph/ceph-csi@52fcb7b: internal/rbd/{encryption,nodeserver,rbd_util}.go, internal/util/crypto.go, docs/deploy-rbd.md',
  },
  {
    ...BLOCK,
    name: 'cephfs.csi.ceph.com',
    title: 'CephFS',
    level: 'declared',
    storage: 'shared',
    flags: 'go',
    condition: ENCRYPTED,
    mechanism: 'fscrypt on the node',
    read: 'ceph/ceph-csi@52fcb7b: internal/cephfs/store/volumeoptions.go',
  },
  {
    // The image is made as that of RBD is, but nothing shows that the node encrypts what it reaches over NVMe.
    ...BLOCK,
    name: 'nvmeof.csi.ceph.com',
    title: 'Ceph NVMe-oF',
    level: 'attested',
    mechanism: 'encryption of the OSDs',
    noProof: { encrypted: 'nothing shows that the node encrypts' },
    read: 'ceph/ceph-csi@003ed89: internal/nvmeof/controller/controllerserver.go',
  },
];

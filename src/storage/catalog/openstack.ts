import { COPIES_ITS_SOURCE, type Provisioner } from '../provisioner.ts';

/**
 * Only the type of the volume decides; those with LUKS are OVHcloud's, whose names say it. STACKIT's own driver once had
 * this name and reads `encrypted`: the name does not tell the two apart.
 */
const CINDER = {
  name: 'cinder.csi.openstack.org',
  title: 'OpenStack Cinder, OVHcloud',
  level: 'attested',
  storage: 'block',
  keyCase: 'exact',
  condition: {
    kind: 'all',
    of: [
      {
        kind: 'one-of',
        key: 'type',
        values: ['classic-luks', 'high-speed-luks', 'high-speed-gen2-luks'],
        note: 'as OVHcloud names its types with LUKS; those of another cloud show nothing',
      },
      { kind: 'no-secret', call: 'provisioner', why: 'it may name another cloud, where this type is another' },
    ],
  },
  mechanism: 'LUKS by the type of the volume, as OVHcloud names it',
  noProof: {
    encrypted: 'the driver of this name at OpenStack does not read it',
    encryption: 'the driver of this name at OpenStack does not read it',
  },
  rawBlock: 'encrypted',
  attributes: [],
  ...COPIES_ITS_SOURCE,
  read: 'kubernetes/cloud-provider-openstack@c453fb7: pkg/csi/cinder/controllerserver.go, pkg/csi/csi.go; documentation of OVHcloud Managed Kubernetes on encrypted volume types',
} as const satisfies Provisioner;

export const OPENSTACK: readonly Provisioner[] = [
  CINDER,
  {
    ...CINDER,
    name: 'kubernetes.io/cinder',
    title: 'OpenStack Cinder, in-tree name',
    driver: 'cinder.csi.openstack.org',
  },
  {
    // What comes from a snapshot or a volume keeps the encryption of that one.
    name: 'block-storage.csi.stackit.cloud',
    title: 'STACKIT Block Storage',
    level: 'declared',
    storage: 'block',
    keyCase: 'any',
    flags: 'go',
    condition: {
      kind: 'all',
      of: [
        { kind: 'true', key: 'encrypted' },
        { kind: 'set', key: 'type' },
        { kind: 'set', key: 'kmsKeyID' },
        { kind: 'set', key: 'kmsKeyringID' },
        { kind: 'set', key: 'kmsKeyVersion' },
        { kind: 'set', key: 'kmsServiceAccount' },
      ],
    },
    mechanism: 'STACKIT encryption with its KMS',
    customerKey: {
      from: 'parts',
      format: 'stackit',
      parts: [
        { key: 'kmsProjectID', optional: true },
        { key: 'kmsKeyringID' },
        { key: 'kmsKeyID' },
        { key: 'kmsKeyVersion' },
      ],
    },
    rawBlock: 'encrypted',
    attributes: [],
    ...COPIES_ITS_SOURCE,
    read: 'stackitcloud/cloud-provider-stackit@d561f8e: pkg/csi/blockstorage/controllerserver.go, pkg/csi/csi.go',
  },
];

import { COPIES_ITS_SOURCE, type Condition, type Provisioner } from '../provisioner.ts';

/** Without the Secret, or its entry, these drivers do not mount. */
const KEY_OR_NOTHING: Condition = { kind: 'secret', secret: { call: 'node-stage' }, orTemplate: true };

const BLOCK = { storage: 'block', keyCase: 'exact', attributes: [], ...COPIES_ITS_SOURCE } as const;

const DIGITALOCEAN = {
  ...BLOCK,
  name: 'dobs.csi.digitalocean.com',
  title: 'DigitalOcean Volumes',
  level: 'platform',
  mechanism: 'DigitalOcean encrypts every volume with LUKS',
  rawBlock: 'encrypted',
  read: 'digitalocean/csi-digitalocean@0711283: driver/{controller,node}.go, which know no parameter for it; docs.digitalocean.com/glossary/luks',
} as const satisfies Provisioner;

/** Cloud providers of Europe and the Americas. */
export const CLOUDS: readonly Provisioner[] = [
  {
    // cloneLinodeVolume does not look at the class. A raw block device is published before anything looks for LUKS.
    ...BLOCK,
    name: 'linodebs.csi.linode.com',
    title: 'Akamai (Linode) Block Storage',
    level: 'declared',
    flags: 'off',
    condition: {
      kind: 'any',
      of: [
        { kind: 'true', key: 'linodebs.csi.linode.com/encrypted' },
        { kind: 'all', of: [{ kind: 'true', key: 'linodebs.csi.linode.com/luks-encrypted' }, KEY_OR_NOTHING] },
      ],
    },
    mechanism: 'encryption by the platform, or LUKS on the node',
    customerKey: {
      from: 'secret',
      secret: { call: 'node-stage' },
      when: { kind: 'true', key: 'linodebs.csi.linode.com/luks-encrypted' },
    },
    rawBlock: { kind: 'true', key: 'linodebs.csi.linode.com/encrypted' },
    echoed: ['linodebs.csi.linode.com/luks-encrypted'],
    read: 'linode/linode-blockstorage-csi-driver@def6be4: internal/driver/{nodeserver,controllerserver_helper,luks}.go, docs/encrypted-drives.md',
  },
  DIGITALOCEAN,
  { ...DIGITALOCEAN, name: 'com.digitalocean.csi.dobs', title: 'DigitalOcean Volumes, earlier name' },
  {
    // Without the entry encryption-passphrase in the Secret it formats in plain and says nothing; a volume that is
    // formatted stays as it is.
    ...BLOCK,
    name: 'csi.hetzner.cloud',
    title: 'Hetzner Cloud Volumes',
    level: 'declared',
    condition: { kind: 'secret', secret: { call: 'node-publish' } },
    mechanism: 'LUKS on the node, if the Secret holds encryption-passphrase',
    customerKey: { from: 'secret', secret: { call: 'node-publish' } },
    rawBlock: 'encrypted',
    read: 'hetznercloud/csi-driver@53ead0b: internal/driver/{node,controller}.go, internal/volumes/mount.go',
  },
  {
    ...BLOCK,
    name: 'csi.scaleway.com',
    title: 'Scaleway Block Storage',
    level: 'declared',
    keyCase: 'any',
    flags: 'go',
    condition: { kind: 'all', of: [{ kind: 'true', key: 'encrypted' }, KEY_OR_NOTHING] },
    mechanism: 'LUKS on the node',
    customerKey: { from: 'secret', secret: { call: 'node-stage' } },
    rawBlock: 'encrypted',
    echoed: ['encrypted'],
    read: 'scaleway/scaleway-csi@e2edd7a: pkg/driver/{helpers,node,controller}.go, examples/README.md',
  },
  {
    ...BLOCK,
    name: 'csi.exoscale.com',
    title: 'Exoscale Block Storage',
    level: 'platform',
    mechanism: 'Exoscale encrypts every volume',
    rawBlock: 'encrypted',
    read: 'exoscale/exoscale-csi-driver@6206a6f: driver/{controller,node,helpers}.go, which know no parameter for it; community.exoscale.com, encryption at rest',
  },
  {
    ...BLOCK,
    name: 'block.csi.vultr.com',
    title: 'Vultr Block Storage',
    level: 'none',
    mechanism: 'none that is documented',
    read: 'vultr/vultr-csi@4f2281b: driver/controller.go',
  },
  {
    ...BLOCK,
    name: 'csi.civo.com',
    title: 'Civo Volumes',
    level: 'none',
    mechanism: 'none that is documented',
    read: 'civo/civo-csi@37312dc: pkg/driver/controller_server.go',
  },
  {
    ...BLOCK,
    name: 'vpc.block.csi.ibm.io',
    title: 'IBM Cloud VPC Block Storage',
    level: 'platform',
    flags: 'refused',
    mechanism: 'IBM encrypts every volume',
    customerKey: {
      from: 'parameter',
      format: 'ibm',
      keys: ['encryptionKey'],
      when: {
        kind: 'all',
        of: [
          { kind: 'true', key: 'encrypted' },
          { kind: 'no-secret', call: 'provisioner', why: 'it may say encrypted and encryptionKey once more, and wins' },
        ],
      },
    },
    rawBlock: 'encrypted',
    read: 'kubernetes-sigs/ibm-vpc-block-csi-driver@eb45013: pkg/ibmcsidriver/{controller,controller_helper}.go',
  },
  {
    ...BLOCK,
    name: 'vpc.file.csi.ibm.io',
    title: 'IBM Cloud VPC File Storage',
    level: 'platform',
    storage: 'shared',
    mechanism: 'IBM encrypts every share',
    read: 'IBM/ibm-vpc-file-csi-driver@bb2cfd8: pkg/ibmcsidriver/controller_helper.go',
  },
  ...(['csi.cloudscale.ch', 'ch.cloudscale.csi'] as const).map(
    (name) =>
      ({
        ...BLOCK,
        name,
        title: name === 'csi.cloudscale.ch' ? 'cloudscale.ch Volumes' : 'cloudscale.ch Volumes, earlier name',
        level: 'declared',
        flags: 'off',
        condition: { kind: 'all', of: [{ kind: 'true', key: `${name}/luks-encrypted` }, KEY_OR_NOTHING] },
        mechanism: 'LUKS on the node',
        customerKey: { from: 'secret', secret: { call: 'node-stage' } },
        rawBlock: 'refused',
        read: 'cloudscale-ch/csi-cloudscale@5434e1b: driver/{controller,luks_util}.go, charts/csi-cloudscale/templates/storageclass.yaml, README.md',
      }) as const satisfies Provisioner,
  ),
  {
    ...BLOCK,
    name: 'storage.csi.upcloud.com',
    title: 'UpCloud Block Storage',
    level: 'declared',
    condition: { kind: 'one-of', key: 'encryption', values: ['data-at-rest'] },
    mechanism: 'UpCloud encryption at rest',
    rawBlock: 'encrypted',
    clone: 'refused',
    restore: 'refused',
    read: 'UpCloudLtd/upcloud-csi@705a0d3: internal/controller/controller.go; upcloud.com/docs/guides/storage-encryption-at-rest',
  },
];

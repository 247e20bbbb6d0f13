import { COPIES_ITS_SOURCE, type Condition, type Provisioner } from '../provisioner.ts';

const NODE_STAGE: Condition = { kind: 'secret', secret: { call: 'node-stage' } };

const BLOCK = { storage: 'block', keyCase: 'exact', ...COPIES_ITS_SOURCE } as const;

export const CLOUDS: readonly Provisioner[] = [
  {
    // linode/linode-blockstorage-csi-driver@def6be4: internal/driver/{controllerserver_helper,luks}.go,
    // docs/encrypted-drives.md; cloneLinodeVolume does not look at the class.
    ...BLOCK,
    name: 'linodebs.csi.linode.com',
    title: 'Akamai (Linode) Block Storage',
    level: 'declared',
    flags: 'off',
    condition: {
      kind: 'any',
      of: [
        { kind: 'true', key: 'linodebs.csi.linode.com/encrypted' },
        { kind: 'all', of: [{ kind: 'true', key: 'linodebs.csi.linode.com/luks-encrypted' }, NODE_STAGE] },
      ],
    },
    mechanism: 'encryption by the platform, or LUKS on the node',
    customerKey: {
      from: 'secret',
      secret: { call: 'node-stage' },
      when: { kind: 'true', key: 'linodebs.csi.linode.com/luks-encrypted' },
    },
    echoed: ['linodebs.csi.linode.com/luks-encrypted'],
  },
  {
    // docs.digitalocean.com/glossary/luks; digitalocean/csi-digitalocean@0711283 knows no parameter for it.
    ...BLOCK,
    name: 'dobs.csi.digitalocean.com',
    title: 'DigitalOcean Volumes',
    level: 'platform',
    mechanism: 'DigitalOcean encrypts every volume with LUKS',
  },
  {
    // hetznercloud/csi-driver@53ead0b: internal/driver/node.go, internal/volumes/mount.go. Without the entry
    // encryption-passphrase in the Secret it formats in plain and says nothing; a volume that is formatted stays as it is.
    ...BLOCK,
    name: 'csi.hetzner.cloud',
    title: 'Hetzner Cloud Volumes',
    level: 'declared',
    condition: { kind: 'secret', secret: { call: 'node-publish' } },
    mechanism: 'LUKS on the node, if the Secret holds encryption-passphrase',
    customerKey: { from: 'secret', secret: { call: 'node-publish' } },
  },
  {
    // scaleway/scaleway-csi@e2edd7a: pkg/driver/helpers.go, examples/README.md
    ...BLOCK,
    name: 'csi.scaleway.com',
    title: 'Scaleway Block Storage',
    level: 'declared',
    keyCase: 'any',
    flags: 'go',
    condition: { kind: 'all', of: [{ kind: 'true', key: 'encrypted' }, NODE_STAGE] },
    mechanism: 'LUKS on the node',
    customerKey: { from: 'secret', secret: { call: 'node-stage' } },
    echoed: ['encrypted'],
  },
  {
    // community.exoscale.com, encryption at rest; exoscale/exoscale-csi-driver@6206a6f knows no parameter for it.
    ...BLOCK,
    name: 'csi.exoscale.com',
    title: 'Exoscale Block Storage',
    level: 'platform',
    mechanism: 'Exoscale encrypts every volume',
  },
  {
    // vultr/vultr-csi@4f2281b: driver/controller.go
    ...BLOCK,
    name: 'block.csi.vultr.com',
    title: 'Vultr Block Storage',
    level: 'none',
    mechanism: 'none that is documented',
  },
  {
    // civo/civo-csi@37312dc
    ...BLOCK,
    name: 'csi.civo.com',
    title: 'Civo Volumes',
    level: 'none',
    mechanism: 'none that is documented',
  },
  {
    // kubernetes-sigs/alibaba-cloud-csi-driver@8aacf90: pkg/disk/{utils,cloud}.go, examples/disk/byok
    ...BLOCK,
    name: 'diskplugin.csi.alibabacloud.com',
    title: 'Alibaba Cloud Disk',
    level: 'declared',
    flags: 'words',
    condition: { kind: 'true', key: 'encrypted' },
    mechanism: 'disk encryption with Alibaba Cloud KMS',
    customerKey: { from: 'parameter', format: 'alibaba', keys: ['alibabacloud.com/kms-key-id', 'kmsKeyId'] },
  },
  {
    // kubernetes-sigs/ibm-vpc-block-csi-driver@eb45013: pkg/ibmcsidriver/controller_helper.go
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
  },
  {
    // cloudscale-ch/csi-cloudscale: README.md
    ...BLOCK,
    name: 'csi.cloudscale.ch',
    title: 'cloudscale.ch Volumes',
    level: 'declared',
    flags: 'off',
    condition: { kind: 'all', of: [{ kind: 'true', key: 'csi.cloudscale.ch/luks-encrypted' }, NODE_STAGE] },
    mechanism: 'LUKS on the node',
    customerKey: { from: 'secret', secret: { call: 'node-stage' } },
  },
  {
    // upcloud.com/docs/guides/storage-encryption-at-rest
    ...BLOCK,
    name: 'storage.csi.upcloud.com',
    title: 'UpCloud Block Storage',
    level: 'declared',
    condition: { kind: 'one-of', key: 'encryption', values: ['data-at-rest'] },
    mechanism: 'UpCloud encryption at rest',
  },
];

import { COPIES_ITS_SOURCE, type Provisioner } from '../provisioner.ts';

const BLOCK = { storage: 'block', keyCase: 'exact', ...COPIES_ITS_SOURCE } as const;

/** What a policy does is known to vCenter alone; a VolumeAttributesClass may name another. */
const VSPHERE = {
  ...BLOCK,
  name: 'csi.vsphere.vmware.com',
  title: 'VMware vSphere',
  level: 'attested',
  keyCase: 'any',
  mechanism: 'VM encryption by the storage policy',
  noProof: { storagePolicyName: 'the name of a policy does not show what it does' },
  claimKeys: [
    {
      in: 'annotations',
      key: 'csi.vsphere.encryption-class',
      match: 'key',
      why: 'chooses how this volume is encrypted',
    },
    {
      in: 'annotations',
      key: 'failure-domain.beta.vmware.com/storagepool',
      match: 'key',
      why: 'chooses the pool of this volume',
    },
  ],
  classAnnotations: [{ key: 'cns.vmware.com/StoragePoolTypeHint', why: 'chooses among pools', narrows: true }],
  placement: [
    'storagePolicyName',
    'storagePolicyID',
    'datastoreURL',
    'storagePool',
    'svStorageClass',
    'svVolumeAttributesClass',
  ],
  read: 'kubernetes-sigs/vsphere-csi-driver@bf80902: pkg/csi/service/{common/util,common/constants,wcp/controller,wcpguest/controller}.go, pkg/syncer/k8scloudoperator',
} as const satisfies Provisioner;

/** Hypervisors that make a disk of the virtual machine, and their own clusters. */
export const VIRTUALIZATION: readonly Provisioner[] = [
  VSPHERE,
  {
    ...VSPHERE,
    name: 'kubernetes.io/vsphere-volume',
    title: 'VMware vSphere, in-tree name',
    driver: 'csi.vsphere.vmware.com',
  },
  {
    // Without the entry encryption-passphrase in the Secret it formats in plain. A raw block device is handed out before
    // anything looks for the Secret.
    ...BLOCK,
    name: 'csi.proxmox.sinextra.dev',
    title: 'Proxmox',
    level: 'declared',
    condition: { kind: 'secret', secret: { call: 'node-stage' } },
    mechanism: 'LUKS on the node, if the Secret holds encryption-passphrase',
    customerKey: { from: 'secret', secret: { call: 'node-stage' } },
    rawBlock: 'plain',
    attributes: ['backup', 'diskIOPS', 'diskMBps', 'replicateSchedule'],
    read: 'sergelogvinov/proxmox-csi-plugin@a7c58ec: pkg/csi/{node,controller,parameters}.go, docs/options.md',
  },
  {
    ...BLOCK,
    name: 'csi.nutanix.com',
    title: 'Nutanix',
    level: 'attested',
    mechanism: 'encryption of the storage container',
    unread: 'closed source; nutanix/csi-plugin@743d279 has manifests only',
  },
  {
    ...BLOCK,
    name: 'driver.harvesterhci.io',
    title: 'Harvester',
    level: 'attested',
    mechanism: "encryption by the host cluster's class",
    noProof: { hostStorageClass: 'it is a class of another cluster' },
    placement: ['hostStorageClass', 'hostVolumeMode'],
    read: 'harvester/harvester-csi-driver@97b6c35: pkg/csi/{controller_server,node_server}.go',
  },
];

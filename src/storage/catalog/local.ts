import { COPIES_ITS_SOURCE, type Provisioner } from '../provisioner.ts';

const NEVER = { level: 'none', storage: 'block', keyCase: 'exact', ...COPIES_ITS_SOURCE } as const;

/**
 * Directories and disks of the node, volumes that somebody made beforehand, and in-tree plugins that Kubernetes no
 * longer has: a class of these shows nothing, and only LUKS below them helps.
 */
const ROWS: readonly (readonly [name: string, title: string, mechanism: string, ...sources: string[]])[] = [
  // rancher/local-path-provisioner@v0.0.30; `standard` of kind and `local-path` of k3s are of it too.
  ['rancher.io/local-path', 'local-path, kind, k3s', 'none: a directory of the node', 'hostPath', 'local'],
  ['k8s.io/minikube-hostpath', 'minikube', 'none: a directory of the node', 'hostPath'],
  ['docker.io/hostpath', 'Docker Desktop', 'none: a directory of the node', 'hostPath'],
  ['microk8s.io/hostpath', 'MicroK8s', 'none: a directory of the node', 'hostPath'],
  ['hostpath.csi.k8s.io', 'CSI hostpath example driver', 'none: a directory of the node'],
  ['openebs.io/local', 'OpenEBS Dynamic LocalPV', 'none: a directory of the node', 'hostPath', 'local'],
  // openebs/lvm-localpv@f3276f4
  ['local.csi.openebs.io', 'OpenEBS LVM LocalPV', 'none: a disk of the node'],
  // topolvm/topolvm@83e3dce: constants.go; topolvm.io/device-class and lvcreate-option-class show nothing of the disk.
  ['topolvm.io', 'TopoLVM, OpenShift LVM Storage', 'none: a disk of the node'],
  ['topolvm.cybozu.com', 'TopoLVM, earlier name', 'none: a disk of the node'],
  ['kubernetes.io/no-provisioner', 'volumes made beforehand', 'none: it is up to each volume', 'local'],
  // k8s.io/csi-translation-lib@v0.37.2 translates none of these.
  ['kubernetes.io/rbd', 'Ceph RBD, removed in-tree plugin', 'none: Kubernetes no longer has it'],
  ['kubernetes.io/glusterfs', 'GlusterFS, removed in-tree plugin', 'none: Kubernetes no longer has it'],
  ['kubernetes.io/quobyte', 'Quobyte, removed in-tree plugin', 'none: Kubernetes no longer has it'],
  ['kubernetes.io/scaleio', 'ScaleIO, removed in-tree plugin', 'none: Kubernetes no longer has it'],
  ['kubernetes.io/storageos', 'StorageOS, removed in-tree plugin', 'none: Kubernetes no longer has it'],
  ['kubernetes.io/flocker', 'Flocker, removed in-tree plugin', 'none: Kubernetes no longer has it'],
  ['kubernetes.io/photon-pd', 'Photon, removed in-tree plugin', 'none: Kubernetes no longer has it'],
];

export const LOCAL: readonly Provisioner[] = ROWS.map(([name, title, mechanism, ...sources]) => ({
  ...NEVER,
  name,
  title,
  mechanism,
  ...(sources.length > 0 && { sources }),
}));

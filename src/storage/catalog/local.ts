import { type ClassAnnotation, COPIES_ITS_SOURCE, type Provisioner, type Reading } from '../provisioner.ts';

const NEVER = { level: 'none', storage: 'block', keyCase: 'exact', ...COPIES_ITS_SOURCE } as const;

const DIRECTORY = 'none: a directory of the node';
const DISK = 'none: a disk of the node';
const REMOVED = 'none: Kubernetes no longer has it';

const GONE: Reading = { read: 'kubernetes/csi-translation-lib@83cf1e3: plugins/ translates it to no driver' };

type Local = Pick<Provisioner, 'name' | 'title' | 'mechanism' | 'volumeSources' | 'classAnnotations'> & Reading;

const LOCAL_PATH_ANNOTATIONS: readonly ClassAnnotation[] = [
  { key: 'allowUnsafePathPattern', why: 'lets pathPattern leave the directories of the configuration' },
];

/**
 * Directories and disks of the node, volumes that somebody made beforehand, and in-tree plugins that Kubernetes no
 * longer has: a class of these shows nothing, and only LUKS below them helps.
 */
const ROWS: readonly Local[] = [
  {
    // `standard` of kind and `local-path` of k3s are of it too.
    name: 'rancher.io/local-path',
    title: 'local-path, kind, k3s',
    mechanism: DIRECTORY,
    volumeSources: ['hostPath', 'local'],
    classAnnotations: LOCAL_PATH_ANNOTATIONS,
    read: 'rancher/local-path-provisioner@9fa2a62: provisioner.go',
  },
  {
    name: 'k8s.io/minikube-hostpath',
    title: 'minikube',
    mechanism: DIRECTORY,
    volumeSources: ['hostPath'],
    read: 'kubernetes/minikube@eb25dbc: pkg/storage/storage_provisioner.go',
  },
  {
    name: 'docker.io/hostpath',
    title: 'Docker Desktop',
    mechanism: DIRECTORY,
    volumeSources: ['hostPath'],
    unread: 'closed source',
  },
  {
    name: 'microk8s.io/hostpath',
    title: 'MicroK8s',
    mechanism: DIRECTORY,
    volumeSources: ['hostPath'],
    unread: 'no source at hand; it makes directories of the node, whatever it reads',
  },
  {
    name: 'hostpath.csi.k8s.io',
    title: 'CSI hostpath example driver',
    mechanism: DIRECTORY,
    read: 'kubernetes-csi/csi-driver-host-path@1f2b2e6: internal/hostpath/controllerserver.go',
  },
  {
    name: 'kubevirt.io.hostpath-provisioner',
    title: 'KubeVirt hostpath',
    mechanism: DIRECTORY,
    read: 'kubevirt/hostpath-provisioner@7c14225: pkg/hostpath/controllerserver.go',
  },
  {
    // The annotation is the whole configuration: which directory, or which disks.
    name: 'openebs.io/local',
    title: 'OpenEBS Dynamic LocalPV',
    mechanism: DIRECTORY,
    volumeSources: ['hostPath', 'local'],
    classAnnotations: [{ key: 'cas.openebs.io/config', why: 'says where on the node the data lies' }],
    read: 'openebs/dynamic-localpv-provisioner@2f165df: cmd/provisioner-localpv/app/config.go',
  },
  {
    name: 'local.csi.openebs.io',
    title: 'OpenEBS LVM LocalPV',
    mechanism: DISK,
    read: 'openebs/lvm-localpv@f3276f4: pkg/driver/controller.go',
  },
  {
    name: 'rawfile.csi.openebs.io',
    title: 'OpenEBS Rawfile LocalPV',
    mechanism: 'none: a file of the node',
    read: 'openebs/rawfile-localpv@12c375e: rawfile_servicer.py',
  },
  {
    // Device classes and lvcreate options show nothing of the disk.
    name: 'topolvm.io',
    title: 'TopoLVM, OpenShift LVM Storage',
    mechanism: DISK,
    read: 'topolvm/topolvm@83e3dce: internal/driver/controller.go, constants.go',
  },
  {
    name: 'topolvm.cybozu.com',
    title: 'TopoLVM, earlier name',
    mechanism: DISK,
    read: 'topolvm/topolvm@83e3dce: internal/driver/controller.go, constants.go',
  },
  {
    name: 'directpv-min-io',
    title: 'MinIO DirectPV',
    mechanism: DISK,
    read: 'minio/directpv@a9adb85: pkg/csi/controller/{server,utils}.go',
  },
  {
    name: 'kubernetes.io/no-provisioner',
    title: 'volumes made beforehand',
    mechanism: 'none: it is up to each volume',
    volumeSources: ['local'],
    read: 'documentation of Kubernetes on local volumes: nothing provisions them',
  },
  { name: 'kubernetes.io/rbd', title: 'Ceph RBD, removed in-tree plugin', mechanism: REMOVED, ...GONE },
  { name: 'kubernetes.io/glusterfs', title: 'GlusterFS, removed in-tree plugin', mechanism: REMOVED, ...GONE },
  { name: 'kubernetes.io/quobyte', title: 'Quobyte, removed in-tree plugin', mechanism: REMOVED, ...GONE },
  { name: 'kubernetes.io/scaleio', title: 'ScaleIO, removed in-tree plugin', mechanism: REMOVED, ...GONE },
  { name: 'kubernetes.io/storageos', title: 'StorageOS, removed in-tree plugin', mechanism: REMOVED, ...GONE },
  { name: 'kubernetes.io/flocker', title: 'Flocker, removed in-tree plugin', mechanism: REMOVED, ...GONE },
  { name: 'kubernetes.io/photon-pd', title: 'Photon, removed in-tree plugin', mechanism: REMOVED, ...GONE },
];

export const LOCAL: readonly Provisioner[] = ROWS.map((row) => ({ ...NEVER, ...row }));

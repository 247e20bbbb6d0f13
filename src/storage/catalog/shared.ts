import { COPIES_ITS_SOURCE, type Provisioner } from '../provisioner.ts';

const SHARED = { storage: 'shared', level: 'attested', keyCase: 'exact', ...COPIES_ITS_SOURCE } as const;

/** Shared file systems that are no cloud's. Qdrant does not run on any. */
export const SHARED_FILE_SYSTEMS: readonly Provisioner[] = [
  {
    ...SHARED,
    name: 'csi.weka.io',
    title: 'WEKA',
    level: 'declared',
    flags: 'go',
    condition: { kind: 'true', key: 'encryptionEnabled' },
    mechanism: 'encrypted file systems of WEKA',
    read: 'weka/csi-wekafs@556dac2: pkg/wekafs/volume.go, examples/dynamic_filesystem_encrypted/README.md',
  },
  {
    ...SHARED,
    name: 'spectrumscale.csi.ibm.com',
    title: 'IBM Storage Scale',
    mechanism: 'encryption by Storage Scale',
    read: 'IBM/ibm-spectrum-scale-csi@7e9359b: driver/csiplugin/controllerserver.go',
  },
  {
    ...SHARED,
    name: 'nfs.csi.k8s.io',
    title: 'NFS',
    mechanism: 'encryption by the server',
    read: 'kubernetes-csi/csi-driver-nfs@d3b27c0: pkg/nfs/controllerserver.go',
  },
  {
    ...SHARED,
    name: 'smb.csi.k8s.io',
    title: 'SMB',
    mechanism: 'encryption by the server',
    read: 'kubernetes-csi/csi-driver-smb@95c6968: pkg/smb/controllerserver.go',
  },
  {
    // Its Secret says whether and how objects are encrypted; labels and annotations of the claim fill in parameters.
    ...SHARED,
    name: 'csi.juicefs.com',
    title: 'JuiceFS',
    mechanism: 'encryption of objects with a key of the Secret',
    read: 'juicedata/juicefs-csi-driver@5e5a4b3: pkg/driver/provisioner.go, pkg/config/setting.go',
  },
];

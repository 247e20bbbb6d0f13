import { COPIES_ITS_SOURCE, type Provisioner } from '../provisioner.ts';

const IN_TRANSIT = 'it encrypts on the way only';

const OCI = 'oracle/oci-cloud-controller-manager@1100ac3';

export const ORACLE: readonly Provisioner[] = [
  {
    // Its own class oci-bv-encrypted only sets attachment-type: encryption on the way.
    name: 'blockvolume.csi.oraclecloud.com',
    prefixed: true,
    title: 'Oracle Cloud Block Volume',
    level: 'platform',
    storage: 'block',
    keyCase: 'exact',
    mechanism: 'Oracle encrypts every volume',
    customerKey: { from: 'parameter', format: 'oci', keys: ['kms-key-id'] },
    noProof: { 'attachment-type': IN_TRANSIT },
    rawBlock: 'encrypted',
    attributes: [],
    ...COPIES_ITS_SOURCE,
    read: `${OCI}: pkg/csi/driver/bv_controller.go, manifests/container-storage-interface/storage-class.yaml`,
  },
  {
    name: 'oracle.com/oci',
    title: 'Oracle Cloud Block Volume, FlexVolume',
    volumeSources: ['flexVolume'],
    level: 'platform',
    storage: 'block',
    keyCase: 'exact',
    mechanism: 'Oracle encrypts every volume',
    rawBlock: 'refused',
    attributes: [],
    ...COPIES_ITS_SOURCE,
    read: 'oracle/oci-volume-provisioner@43d0de1: pkg/provisioner/block/block.go',
  },
  {
    name: 'fss.csi.oraclecloud.com',
    title: 'Oracle Cloud File Storage',
    level: 'platform',
    storage: 'shared',
    keyCase: 'exact',
    mechanism: 'Oracle encrypts every file system',
    noProof: { encryptInTransit: IN_TRANSIT },
    ...COPIES_ITS_SOURCE,
    read: `${OCI}: pkg/csi/driver/fss_controller.go`,
  },
  {
    name: 'lustre.csi.oraclecloud.com',
    title: 'Oracle Cloud File Storage with Lustre',
    level: 'platform',
    storage: 'shared',
    keyCase: 'exact',
    mechanism: 'Oracle encrypts every file system',
    ...COPIES_ITS_SOURCE,
    read: `${OCI}: pkg/csi/driver/lustre_controller.go, docs/pvcs-with-lustre-using-csi.md`,
  },
];

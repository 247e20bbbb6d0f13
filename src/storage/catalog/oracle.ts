import { COPIES_ITS_SOURCE, type Provisioner } from '../provisioner.ts';

const IN_TRANSIT = 'it encrypts on the way only';

/** oracle/oci-cloud-controller-manager@1100ac3: pkg/csi/driver/{bv,fss}_controller.go, manifests, docs/pvcs-with-lustre */
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
    ...COPIES_ITS_SOURCE,
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
  },
  {
    name: 'lustre.csi.oraclecloud.com',
    title: 'Oracle Cloud File Storage with Lustre',
    level: 'platform',
    storage: 'shared',
    keyCase: 'exact',
    mechanism: 'Oracle encrypts every file system',
    ...COPIES_ITS_SOURCE,
  },
];

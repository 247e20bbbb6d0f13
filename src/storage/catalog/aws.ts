import { COPIES_ITS_SOURCE, type Condition, type KeySource, type Provisioner } from '../provisioner.ts';

const ENCRYPTED: Condition = { kind: 'true', key: 'encrypted' };

const KEY: KeySource = { from: 'parameter', format: 'aws', keys: ['kmsKeyId'] };

/**
 * kubernetes-sigs/aws-ebs-csi-driver@429e202: pkg/driver/controller.go, pkg/cloud/cloud.go, docs/parameters.md.
 * isTrue compares with "true"; a kmsKeyId forces encryption. CopyVolumesInput never says Encrypted: a clone is as its
 * source. A restore gets Encrypted and KmsKeyId from its class.
 */
const EBS: Provisioner = {
  name: 'ebs.csi.aws.com',
  title: 'Amazon EBS',
  level: 'declared',
  storage: 'block',
  keyCase: 'any',
  flags: 'off',
  condition: {
    kind: 'any',
    of: [
      ENCRYPTED,
      {
        kind: 'all',
        of: [
          { kind: 'set', key: 'kmsKeyId' },
          { kind: 'not-set', key: 'encrypted', why: 'beside a key it can only contradict it' },
        ],
      },
    ],
  },
  mechanism: 'EBS encryption with AWS KMS',
  customerKey: KEY,
  noProof: { ext4EncryptionSupport: 'it is a feature flag of the file system' },
  clone: 'source',
  restore: 'class',
};

export const AWS: readonly Provisioner[] = [
  EBS,
  {
    // docs.aws.amazon.com/eks/latest/userguide/create-storage-class.html; closed source, hence nothing is concluded.
    ...EBS,
    name: 'ebs.csi.eks.amazonaws.com',
    title: 'Amazon EBS, EKS Auto Mode',
    condition: ENCRYPTED,
    ...COPIES_ITS_SOURCE,
  },
  {
    // k8s.io/csi-translation-lib@v0.37.2: plugins/aws_ebs.go hands encrypted and kmsKeyId on as they are.
    ...EBS,
    name: 'kubernetes.io/aws-ebs',
    title: 'Amazon EBS, in-tree name',
    driver: 'ebs.csi.aws.com',
  },
  {
    // kubernetes-sigs/aws-efs-csi-driver@a4fc676: docs/parameters.md: encryption is a property of the file system.
    name: 'efs.csi.aws.com',
    title: 'Amazon EFS',
    level: 'attested',
    storage: 'shared',
    keyCase: 'exact',
    mechanism: 'EFS encryption with AWS KMS',
    noProof: { encryptInTransit: 'it encrypts on the way only' },
    ...COPIES_ITS_SOURCE,
  },
  {
    // kubernetes-sigs/aws-fsx-csi-driver@5b22712: pkg/driver/controller.go, README; kmsKeyId with PERSISTENT types only.
    name: 'fsx.csi.aws.com',
    title: 'Amazon FSx for Lustre',
    level: 'platform',
    storage: 'shared',
    keyCase: 'exact',
    mechanism: 'FSx encryption with AWS KMS',
    ...COPIES_ITS_SOURCE,
  },
];

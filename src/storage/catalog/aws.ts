import { COPIES_ITS_SOURCE, type Condition, type KeySource, type Provisioner } from '../provisioner.ts';

const ENCRYPTED: Condition = { kind: 'true', key: 'encrypted' };

const KEY: KeySource = { from: 'parameter', format: 'aws', keys: ['kmsKeyId'] };

/**
 * isTrue compares with "true"; a kmsKeyId forces encryption. CopyVolumesInput never says Encrypted: a clone is as its
 * source. A restore gets Encrypted and KmsKeyId from its class.
 */
const EBS = {
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
  rawBlock: 'encrypted',
  attributes: [
    'iops',
    'throughput',
    'type',
    'volumeType',
    'iopsPerGB',
    'allowAutoIOPSIncreaseOnModify',
    'tagSpecification*',
    'tagDeletion*',
  ],
  clone: 'source',
  restore: 'class',
  read: 'kubernetes-sigs/aws-ebs-csi-driver@429e202: pkg/driver/{controller,controller_modify_volume,node}.go, pkg/cloud/cloud.go',
} as const satisfies Provisioner;

export const AWS: readonly Provisioner[] = [
  EBS,
  {
    name: 'ebs.csi.eks.amazonaws.com',
    title: 'Amazon EBS, EKS Auto Mode',
    level: 'declared',
    storage: 'block',
    keyCase: 'any',
    flags: 'off',
    condition: ENCRYPTED,
    mechanism: EBS.mechanism,
    customerKey: KEY,
    noProof: EBS.noProof,
    // The disk is encrypted, whatever lies on it.
    rawBlock: 'encrypted',
    ...COPIES_ITS_SOURCE,
    unread: 'closed source; its parameters are from docs.aws.amazon.com/eks/latest/userguide/create-storage-class.html',
  },
  {
    ...EBS,
    name: 'kubernetes.io/aws-ebs',
    title: 'Amazon EBS, in-tree name',
    driver: 'ebs.csi.aws.com',
    read: `${EBS.read}; kubernetes/csi-translation-lib@83cf1e3: plugins/aws_ebs.go hands encrypted and kmsKeyId on as they are`,
  },
  {
    // Encryption is a property of the file system.
    name: 'efs.csi.aws.com',
    title: 'Amazon EFS',
    level: 'attested',
    storage: 'shared',
    keyCase: 'exact',
    mechanism: 'EFS encryption with AWS KMS',
    noProof: { encryptInTransit: 'it encrypts on the way only' },
    ...COPIES_ITS_SOURCE,
    read: 'kubernetes-sigs/aws-efs-csi-driver@a4fc676: pkg/driver/controller.go, docs/parameters.md',
  },
  {
    // kmsKeyId with PERSISTENT types only.
    name: 'fsx.csi.aws.com',
    title: 'Amazon FSx for Lustre',
    level: 'platform',
    storage: 'shared',
    keyCase: 'exact',
    mechanism: 'FSx encryption with AWS KMS',
    ...COPIES_ITS_SOURCE,
    read: 'kubernetes-sigs/aws-fsx-csi-driver@5b22712: pkg/driver/controller.go, README.md',
  },
];

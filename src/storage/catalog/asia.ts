import { COPIES_ITS_SOURCE, type Provisioner } from '../provisioner.ts';

const BLOCK = { storage: 'block', keyCase: 'exact', ...COPIES_ITS_SOURCE } as const;

const CHOOSES_KEY = 'replaces the key of the class';

/** Cloud providers of Asia and Russia. */
export const ASIA: readonly Provisioner[] = [
  {
    // Its own external-provisioner hands the annotations of the claim on as parameters.
    ...BLOCK,
    name: 'diskplugin.csi.alibabacloud.com',
    title: 'Alibaba Cloud Disk',
    level: 'declared',
    flags: 'words',
    condition: { kind: 'true', key: 'encrypted' },
    mechanism: 'disk encryption with Alibaba Cloud KMS',
    customerKey: { from: 'parameter', format: 'alibaba', keys: ['alibabacloud.com/kms-key-id', 'kmsKeyId'] },
    rawBlock: 'encrypted',
    claimKeys: [{ in: 'either', key: 'alibabacloud.com/kms-key-id', match: 'key', why: CHOOSES_KEY }],
    claimParameters: 'either',
    elsewhere: [
      { key: 'volume.alibabacloud.com/disk-id', why: 'a disk that is there already is taken as it is' },
      {
        key: 'csi.alibabacloud.com/disk-snapshot-id',
        why: 'the volume is filled from a snapshot that nobody looks at',
      },
      { key: 'alibabacloud.com/createdisk-arn', why: 'the disk may be made in another account' },
      { key: 'dataCacheMode', why: "a copy goes to a file on the node's own disk" },
      { key: 'dataCacheSize', why: "a copy goes to a file on the node's own disk" },
    ],
    attributes: ['type', 'performanceLevel', 'provisionedIops', 'burstingEnabled', 'diskTags/*', '-diskTags/*'],
    read: 'kubernetes-sigs/alibaba-cloud-csi-driver@8aacf90: pkg/disk/{utils,cloud,controllerserver,constants}.go, pkg/disk/datacache, examples/disk/byok',
  },
  {
    ...BLOCK,
    name: 'com.tencent.cloud.csi.cbs',
    title: 'Tencent Cloud Block Storage',
    level: 'declared',
    condition: { kind: 'one-of', key: 'encrypt', values: ['ENCRYPT'] },
    mechanism: 'disk encryption with Tencent Cloud KMS',
    rawBlock: 'encrypted',
    attributes: [],
    read: 'TencentCloud/kubernetes-csi-tencentcloud@defc12d: driver/cbs/{controller,node}.go',
  },
  {
    // What comes from a snapshot is made without the key.
    ...BLOCK,
    name: 'evs.csi.huaweicloud.com',
    title: 'Huawei Cloud EVS',
    level: 'declared',
    condition: { kind: 'set', key: 'kmsId' },
    mechanism: 'EVS encryption with Huawei Cloud KMS',
    customerKey: { from: 'parameter', format: 'huawei', keys: ['kmsId'] },
    rawBlock: 'encrypted',
    attributes: [],
    read: 'huaweicloud/huaweicloud-csi-driver@06c6079: pkg/evs/{controllerserver,nodeserver}.go, docs/evs/evs-encrypted.md',
  },
  {
    // The claim says everything that matters, in annotations that win over the class: encryption, kind of storage, key.
    ...BLOCK,
    name: 'everest-csi-provisioner',
    title: 'Huawei Cloud CCE (Everest), Open Telekom Cloud',
    driver: 'disk.csi.everest.io',
    level: 'attested',
    mechanism: 'EVS encryption with Huawei Cloud KMS',
    noProof: { 'everest.io/crypt-key-id': 'annotations of the claim win over the class' },
    claimKeys: [
      { in: 'annotations', key: 'everest.io/crypt-', match: 'prefix', why: 'chooses how this volume is encrypted' },
    ],
    unread: 'closed source; its annotations are from the user manuals of Cloud Container Engine',
  },
  {
    ...BLOCK,
    name: 'ebs.csi.volcengine.com',
    title: 'Volcengine EBS',
    level: 'attested',
    mechanism: 'EBS encryption with Volcengine KMS',
    read: 'volcengine/volcengine-csi-driver@6d065f0: pkg/ebs/controllersvc.go, which knows no parameter for it',
  },
  {
    ...BLOCK,
    name: 'disk-csi-driver.mks.ycloud.io',
    title: 'Yandex Compute Cloud disks',
    level: 'platform',
    mechanism: 'Yandex Cloud encrypts every disk',
    customerKey: { from: 'parameter', format: 'yandex', keys: ['kmsKeyId'] },
    // The disk is encrypted, whatever lies on it.
    rawBlock: 'encrypted',
    unread:
      'closed source; yandex-cloud/docs@0423c80: en/managed-kubernetes/concepts/encryption.md, en/_includes/managed-kubernetes/encrypted-storage-class-config.md',
  },
];

import { describe, expect, it } from 'vitest';
import type { StorageClass } from '../../src/k8s/storage/objects.ts';
import { annotationProblems, annotationsRead, DECIDING_ANNOTATIONS } from '../../src/storage/class-overrides.ts';

const TRIDENT = 'csi.trident.netapp.io';
const POOLS = 'trident.netapp.io/additionalStoragePools';
const SELECTOR = 'trident.netapp.io/selector';

function classOf(provisioner: string | null, annotations: Readonly<Record<string, string>> | null): StorageClass {
  return { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name: 'c', annotations }, provisioner };
}

describe('the annotations of a class that its driver reads', () => {
  it.each<[what: string, provisioner: string | null, key: string, isRead: boolean]>([
    ['one that its row names', TRIDENT, POOLS, true],
    ['one that its row names and that only narrows', TRIDENT, SELECTOR, true],
    ['another of a driver that was read', TRIDENT, 'trident.netapp.io/note', false],
    ["another driver's", 'ebs.csi.aws.com', POOLS, false],
    ['one without a domain that its row names', 'rancher.io/local-path', 'allowUnsafePathPattern', true],
    ['one of the domain of a driver that nobody could read', 'csi.nutanix.com', 'csi.nutanix.com/x', true],
    ['one of a domain above that', 'csi.nutanix.com', 'nutanix.com/x', true],
    ['one of another domain', 'csi.nutanix.com', 'example.com/x', false],
    ['one of the domain of a driver that nobody knows', 'csi.example.com', 'csi.example.com/x', true],
    ['one of a domain below that', 'example.com/disks', 'csi.example.com/x', true],
    ['one in another case', 'CSI.example.com', 'csi.Example.com/x', true],
    ['one of a domain that only ends alike', 'example.com', 'otherexample.com/x', false],
    ['one without a domain', 'csi.example.com', 'x', false],
    ["Kubernetes' own", 'csi.example.com', 'storageclass.kubernetes.io/is-default-class', false],
    ["Kubernetes' own, of a driver of its own", 'disks.sigs.k8s.io', 'sigs.k8s.io/x', false],
    ['any, where there is no provisioner', null, 'example.com/x', false],
    ['any, where its name has no domain', 'disks', 'disks/x', false],
  ])('%s', (_, provisioner, key, isRead) => {
    expect(annotationsRead(classOf(provisioner, { [key]: 'v' }))).toEqual(isRead ? [[key, 'v']] : []);
  });

  it('are none where the class has none', () => {
    for (const annotations of [null, {}]) expect(annotationsRead(classOf(TRIDENT, annotations))).toEqual([]);
  });
});

describe('an annotation of a class', () => {
  it('speaks against it where it widens what the parameters say, or nobody knows what it does', () => {
    expect(annotationProblems(classOf(TRIDENT, { [POOLS]: 'plain:.*', [SELECTOR]: 'a=b' }))).toEqual([
      {
        path: `metadata.annotations["${POOLS}"]`,
        found: 'is set',
        required: expect.stringMatching(/^remove it: .*wins over the parameter$/),
      },
    ]);
    expect(annotationProblems(classOf('csi.example.com', { 'csi.example.com/x': '' }))).toEqual([
      {
        path: 'metadata.annotations["csi.example.com/x"]',
        found: 'is set',
        required: 'remove it: nothing is known of what this driver makes of it',
      },
    ]);
  });

  it('is looked at again where it changes, if it can take encryption away', () => {
    expect(DECIDING_ANNOTATIONS).toContain(POOLS);
    expect(DECIDING_ANNOTATIONS).not.toContain(SELECTOR);
  });
});

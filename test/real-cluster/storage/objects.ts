/** The driver behind the classes of these tests: `encrypted: "true"` makes it encrypt, nothing else does. */
export const DRIVER = 'ebs.csi.aws.com';

export const ENCRYPTED = { encrypted: 'true' } as const;
export const PLAIN = { encrypted: 'false' } as const;

export const DEFAULT_MARK = 'storageclass.kubernetes.io/is-default-class';

/** A StorageClass of `DRIVER`; what differs is laid over it. */
export function storageClass(name: string, parameters: object = ENCRYPTED, more: object = {}): object {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name },
    provisioner: DRIVER,
    parameters,
    allowVolumeExpansion: true,
    ...more,
  };
}

/** A claim of 1 GiB. */
export function claim(namespace: string, name: string, spec: object = {}, annotations: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace, annotations },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
  };
}

/** A volume of 1 GiB that is a directory of whatever node it is mounted on, unless another source is given. */
export function volume(name: string, spec: object = {}, annotations: object = {}): object {
  const source = 'csi' in spec ? {} : { hostPath: { path: '/var/lib/plain' } };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, annotations },
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '1Gi' },
      persistentVolumeReclaimPolicy: 'Retain',
      ...source,
      ...spec,
    },
  };
}

/** What a namespace's configuration attests of one thing, for as long as any test runs. */
export function attested(of: object): object {
  return { ...of, mechanism: 'array', reason: 'all its disks encrypt', responsible: 'storage team', expires: later() };
}

function later(): string {
  return new Date(Date.now() + 86_400_000).toISOString();
}

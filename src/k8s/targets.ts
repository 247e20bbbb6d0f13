import { groupOf, isJsonObject, type KubernetesObject } from './object.ts';

/** A cluster-scoped kind that is judged. */
export interface ClusterKind {
  readonly group: string;
  readonly kind: string;
  /** Where its objects name the namespace that they point into; empty: they concern every namespace. */
  readonly target: readonly string[];
}

/** One row a kind. What points into no protected namespace is nobody's business here. */
export const CLUSTER_KINDS: readonly ClusterKind[] = [
  { group: '', kind: 'PersistentVolume', target: ['spec', 'claimRef', 'namespace'] },
  {
    group: 'snapshot.storage.k8s.io',
    kind: 'VolumeSnapshotContent',
    target: ['spec', 'volumeSnapshotRef', 'namespace'],
  },
  { group: 'storage.k8s.io', kind: 'StorageClass', target: [] },
];

/** The row of an object's kind; undefined for what stands in a namespace, and for kinds that nobody judges. */
export function clusterKindOf(object: KubernetesObject): ClusterKind | undefined {
  const group = groupOf(object.apiVersion);
  return CLUSTER_KINDS.find((row) => row.kind === object.kind && row.group === group);
}

/** Whether an object stands in no namespace and concerns each of them. */
export function concernsAll(object: KubernetesObject): boolean {
  return clusterKindOf(object)?.target.length === 0;
}

/** The namespace that a cluster-scoped object points into; the empty string where it names none. */
export function targetNamespace(object: KubernetesObject, { target }: ClusterKind): string {
  let at: unknown = target.length > 0 ? object : undefined;
  for (const field of target) at = isJsonObject(at) && Object.hasOwn(at, field) ? at[field] : undefined;
  return typeof at === 'string' ? at : '';
}

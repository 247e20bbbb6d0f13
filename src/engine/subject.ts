import { type Pod, podOf } from '../k8s/core/pods.ts';
import { type KubernetesObject, refOf } from '../k8s/object.ts';
import { clusterKindOf, targetNamespace } from '../k8s/targets.ts';

export const OPERATIONS = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** authentication/v1 UserInfo of who asks. */
export interface UserInfo {
  readonly username: string;
  readonly groups: readonly string[];
}

/** What is judged: one object, what is done to it, by whom and when. Read-only once made. */
export interface Subject {
  /** The request's uid; empty where there is no request (files, audit). */
  readonly uid: string;
  readonly operation: Operation;
  /** Empty for the object itself, else `ephemeralcontainers`, `resize`, … */
  readonly subresource: string;
  /**
   * The namespace of the request; for files the object's own, or the one given with `-n`; of what stands in none, the
   * one that it points into.
   */
  readonly namespace: string;
  /** The object judged. */
  readonly object: KubernetesObject;
  /** Before an UPDATE. */
  readonly oldObject?: KubernetesObject;
  readonly user?: UserInfo;
  readonly dryRun: boolean;
  /** The clock enters here: rules and exemptions know no other. */
  readonly now: Date;
  /** `Kind namespace/name`. */
  readonly ref: string;
  /** The pod that the object is or makes. */
  readonly pod?: Pod;
}

/** A Subject from its parts; what is left out gets the value that a file has. */
export function makeSubject(parts: Pick<Subject, 'object' | 'now'> & Partial<Omit<Subject, 'ref' | 'pod'>>): Subject {
  const { object, oldObject, user } = parts;
  const clusterKind = clusterKindOf(object);
  const namespace = clusterKind
    ? targetNamespace(object, clusterKind)
    : (parts.namespace ?? object.metadata?.namespace ?? '');
  const pod = podOf(object);
  return {
    uid: parts.uid ?? '',
    operation: parts.operation ?? 'CREATE',
    subresource: parts.subresource ?? '',
    dryRun: parts.dryRun ?? false,
    now: parts.now,
    object,
    ...(oldObject && { oldObject }),
    ...(user && { user }),
    namespace,
    ref: refOf(object, clusterKind ? undefined : namespace),
    ...(pod && { pod }),
  };
}

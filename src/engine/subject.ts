import { type Kind, kindOf, targetNamespace } from '../k8s/kinds.ts';
import { type KubernetesObject, refOf } from '../k8s/object.ts';
import { type Pod, podOf } from '../k8s/pod-template.ts';

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
  /** Its row in the table of kinds; undefined for a kind that nothing is known of. */
  readonly kind?: Kind;
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
export function makeSubject(
  parts: Pick<Subject, 'object' | 'now'> & Partial<Omit<Subject, 'ref' | 'pod' | 'kind'>>,
): Subject {
  const { object, oldObject, user } = parts;
  const kind = kindOf(object);
  const pointsElsewhere = kind?.target !== undefined;
  const namespace = pointsElsewhere
    ? targetNamespace(object, kind)
    : (parts.namespace ?? object.metadata?.namespace ?? '');
  const pod = kind && podOf(object, kind);
  return {
    uid: parts.uid ?? '',
    operation: parts.operation ?? 'CREATE',
    subresource: parts.subresource ?? '',
    dryRun: parts.dryRun ?? false,
    now: parts.now,
    object,
    ...(kind && { kind }),
    ...(oldObject && { oldObject }),
    ...(user && { user }),
    namespace,
    ref: refOf(object, pointsElsewhere ? undefined : namespace),
    ...(pod && { pod }),
  };
}

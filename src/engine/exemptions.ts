import type { KubernetesObject } from '../k8s/object.ts';
import { podOf } from '../k8s/pod-template.ts';
import type { Known } from './fact.ts';
import { deepEqual } from './reads.ts';
import type { Finding } from './rule.ts';
import { makeSubject, type Subject } from './subject.ts';

/**
 * One finding that the cluster's owner accepts for a time. It matches a rule, a namespace and a field exactly: never
 * by pattern, never by what an object says of itself in labels or annotations.
 */
export interface Exemption {
  readonly rule: string;
  readonly namespace: string;
  /** Only for pods of this workload; an owner counts when it was verified, not when the pod names it. */
  readonly owner?: OwnerName | undefined;
  /** The exact field path of the finding, written from the pod also where a workload carries it. */
  readonly path: string;
  /** The exact offending value; undefined matches a field that is not set. */
  readonly value?: unknown;
  readonly reason: string;
  readonly responsible: string;
  /** From this moment on the exemption no longer holds. */
  readonly expires: Date;
}

/** A rule with its options and facts filled in. */
export interface ReadyRule {
  readonly id: string;
  readonly check: (subject: Subject) => readonly Finding[];
}

export interface OwnerName {
  readonly kind: string;
  readonly name: string;
}

/** Whether a finding is exempt: by which exemption, not at all, or that it cannot be told and why. */
export type Exempting =
  | { readonly exempt: Exemption }
  | { readonly exempt: undefined }
  | { readonly exempt: 'unknown'; readonly reason: string };

/** The exemption that covers a finding of a rule now, if one does. */
export function exemptionFor(
  exemptions: readonly Exemption[],
  rule: ReadyRule,
  subject: Subject,
  finding: Finding,
  owners: Known<readonly KubernetesObject[]> | undefined,
): Exempting {
  let missing: string | undefined;
  for (const exemption of exemptions) {
    if (!covers(exemption, rule.id, subject, finding)) continue;
    if (!exemption.owner || isOwner(exemption.owner, subject)) return { exempt: exemption };
    // No controller changes the pods that it made, but anyone may change a pod and what it says of its owner: by an
    // UPDATE this exemption goes on holding, and never begins to.
    if (subject.operation === 'UPDATE' && !hadBefore(rule, subject, finding)) continue;
    if (!owners?.known) missing = owners?.reason ?? 'its owner was not looked up';
    else if (vouches(exemption.owner, owners.value, rule, subject, finding)) return { exempt: exemption };
  }
  return missing === undefined ? { exempt: undefined } : { exempt: 'unknown', reason: missing };
}

function covers(exemption: Exemption, rule: string, subject: Subject, finding: Finding): boolean {
  const { namespace, now } = subject;
  return (
    exemption.rule === rule &&
    exemption.namespace === namespace &&
    exemption.path === pathInPod(subject, finding) &&
    deepEqual(exemption.value, finding.value) &&
    now < exemption.expires
  );
}

function pathInPod({ pod }: Subject, { path }: Finding): string {
  return pod && path.startsWith(pod.base) ? path.slice(pod.base.length) : path;
}

/** Whether an UPDATE leaves a finding as it was. */
function hadBefore({ check }: ReadyRule, { oldObject, namespace, now }: Subject, finding: Finding): boolean {
  return oldObject !== undefined && includes(check(makeSubject({ object: oldObject, namespace, now })), finding);
}

function includes(findings: readonly Finding[], { path, value }: Finding): boolean {
  return findings.some((found) => found.path === path && deepEqual(found.value, value));
}

/** The workload itself, judged by its own template. */
function isOwner(owner: OwnerName, { object }: Subject): boolean {
  return object.kind !== 'Pod' && object.kind === owner.kind && object.metadata?.name === owner.name;
}

/**
 * Whether a verified owner answers for a finding: every workload from the pod up to it has the very same finding in its
 * template. It may run something else: whoever may create workloads in the namespace can make one that claims another's
 * owner and has that finding, and no other.
 */
function vouches(
  owner: OwnerName,
  owners: readonly KubernetesObject[],
  rule: ReadyRule,
  subject: Subject,
  finding: Finding,
): boolean {
  const at = owners.findIndex(({ kind, metadata }) => kind === owner.kind && metadata?.name === owner.name);
  if (at === -1) return false;
  return owners.slice(0, at + 1).every((object) => {
    const pod = podOf(object);
    if (!pod) return false;
    const found = rule.check(makeSubject({ object, namespace: subject.namespace, now: subject.now }));
    return includes(found, { ...finding, path: pod.base + pathInPod(subject, finding) });
  });
}

import { deepEqual } from './reads.ts';
import type { Finding } from './rule.ts';

/**
 * One finding that the cluster's owner accepts for a time. It matches a rule, a namespace and a field exactly: never
 * by pattern, never by what an object says of itself in labels or annotations.
 */
export interface Exemption {
  readonly rule: string;
  readonly namespace: string;
  /** The exact field path of the finding. */
  readonly path: string;
  /** The exact offending value; undefined matches a field that is not set. */
  readonly value?: unknown;
  readonly reason: string;
  readonly responsible: string;
  /** From this moment on the exemption no longer holds. */
  readonly expires: Date;
}

/** The exemption that covers a finding now, if one does. */
export function exemptionFor(
  exemptions: readonly Exemption[],
  rule: string,
  namespace: string,
  finding: Finding,
  now: Date,
): Exemption | undefined {
  return exemptions.find(
    (exemption) =>
      exemption.rule === rule &&
      exemption.namespace === namespace &&
      exemption.path === finding.path &&
      deepEqual(exemption.value, finding.value) &&
      now < exemption.expires,
  );
}

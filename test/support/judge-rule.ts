import type { Subject } from '../../src/engine/subject.ts';
import { describeFinding } from '../../src/engine/wording.ts';
import { judge } from '../../src/judge.ts';
import type { JsonObject } from '../../src/k8s/object.ts';
import { policyWithAllRules } from './policies.ts';
import { holding, portsOf } from './worlds.ts';

const { signal } = new AbortController();

/** What the configuration says besides that there is a namespace `qdrant`. */
interface Configured {
  /** Of its entry. */
  readonly namespace?: object;
  /** Of `storage`. */
  readonly storage?: object;
}

/**
 * What one rule says of a subject in a cluster that holds these objects: the outcome, and then each thing that is wrong
 * and what is required, or why it is tolerated or unknown.
 */
export async function judgeBy(
  rule: string,
  subject: Subject,
  objects: readonly JsonObject[],
  { namespace, storage }: Configured = {},
): Promise<readonly string[]> {
  const world = holding(objects);
  const policy = policyWithAllRules(namespace, [], storage && { storage });
  const { verdicts } = await judge(subject, policy, portsOf({ ...world, live: world }), signal);
  const verdict = verdicts.find((each) => each.rule.id === rule);
  if (!verdict) throw new Error(`the rule ${rule} does not apply to ${subject.ref}`);
  switch (verdict.outcome) {
    case 'fail':
      return ['fail', ...verdict.findings.map(describeFinding)];
    case 'exempt':
      return ['exempt', ...verdict.exempted.map(({ finding }) => finding.tolerated ?? 'by an exemption')];
    case 'unknown':
      return ['unknown', verdict.reason];
    case 'pass':
      return ['pass'];
  }
}

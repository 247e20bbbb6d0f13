import { type Pod, podOf } from '../k8s/pod-template.ts';
import { type Exemption, exemptionFor } from './exemptions.ts';
import type { Known, Learnt, OwnerFacts } from './fact.ts';
import { ROLES, type Role, type RoleMatches, rolesOf } from './pod-roles.ts';
import { type ActiveRule, type EngineSettings, isOverridden, type Policy } from './policy.ts';
import { fieldsChanged } from './reads.ts';
import type { Finding, Mode, RuleContext, RuleMetadata } from './rule.ts';
import type { Subject } from './subject.ts';

interface VerdictBase {
  readonly rule: RuleMetadata;
  readonly mode: Exclude<Mode, 'off'>;
}

/** What one rule says of one subject. Unknown is never pass. */
export type Verdict = VerdictBase &
  (
    | { readonly outcome: 'pass' }
    /** Violations, and after them what could not be told besides. */
    | { readonly outcome: 'fail'; readonly findings: readonly Finding[]; readonly exempted: readonly Exempted[] }
    | { readonly outcome: 'exempt'; readonly exempted: readonly Exempted[] }
    /**
     * `missing`: the facts that were not known, by their names. `findings`: what the rule itself could not tell of parts
     * of its subject, where all facts were known.
     */
    | {
        readonly outcome: 'unknown';
        readonly reason: string;
        readonly missing: readonly string[];
        readonly findings: readonly Finding[];
      }
  );

/** A finding that does not refuse, because an exemption covers it or its rule tolerates it: recorded, never silent. */
export interface Exempted {
  readonly finding: Finding;
  /** Absent where the finding itself says why it is tolerated. */
  readonly exemption?: Exemption;
}

/**
 * The rules that have a say on a subject: its kind, its operation, its roles, and on UPDATE a field they read that
 * changed, or a role that it did not play before.
 */
export function applicableRules<Facts, Settings extends EngineSettings>(
  subject: Subject,
  policy: Policy<Facts, Settings>,
): ActiveRule<Facts, Settings>[] {
  const { operation, kind, object, oldObject, pod } = subject;
  const roles = playedBy(pod, policy.settings.roles);
  const concerned = policy.rules.filter(
    ({ rule }) => judgesKind(rule, subject) && rule.operations.includes(operation) && concerns(rule, roles),
  );
  const rules = concerned.filter((active) => !isOverridden(active, concerned));
  if (operation !== 'UPDATE' || !oldObject || !kind) return rules;
  // Pod rules write their paths from the pod: a template moves with the object that carries it.
  const podBefore = pod && podOf(oldObject, kind);
  if (pod && !podBefore) return rules;
  const rolesBefore = playedBy(podBefore, policy.settings.roles);
  return rules.filter(({ rule, reads }) => {
    const own = kind.name === 'Pod' ? undefined : reads[kind.name];
    return (
      (reads.Pod && podBefore && fieldsChanged(reads.Pod, podBefore, pod)) ||
      (own && fieldsChanged(own, oldObject, object)) ||
      !concerns(rule, rolesBefore)
    );
  });
}

/**
 * Whether a rule has a say on objects like this one: a workload is judged by the rules for the pods that it makes, and
 * by those for its own kind. A kind of another group that bears the same name is another kind.
 */
export function judgesKind({ kinds }: RuleMetadata, { kind, pod }: Pick<Subject, 'kind' | 'pod'>): boolean {
  if (!kind) return false;
  if (pod) return kinds.includes('Pod') || kinds.includes(kind.name);
  return kind.name !== 'Pod' && kinds.includes(kind.name);
}

function playedBy(pod: Pod | undefined, matches: RoleMatches): readonly Role[] {
  return pod ? rolesOf(pod, matches) : ROLES;
}

function concerns({ roles }: RuleMetadata, played: readonly Role[]): boolean {
  return roles === undefined || roles.some((role) => played.includes(role));
}

/** Judges a subject by rules that apply to it. Synchronous and pure; a throw is a bug and is the caller's to answer. */
export function review<Facts extends OwnerFacts, Settings extends EngineSettings>(
  subject: Subject,
  rules: readonly ActiveRule<Facts, Settings>[],
  policy: Policy<Facts, Settings>,
  facts: Learnt<Facts>,
): readonly Verdict[] {
  const advise = isAdvice(subject, policy);
  return rules.map((active) =>
    verdictOf(subject, advise && active.mode === 'enforce' ? { ...active, mode: 'warn' } : active, policy, facts),
  );
}

/**
 * At admission a template is seen before other webhooks change its pods, and its controller must go on scaling down and
 * removing finalizers: what it breaks is said early, and refused at the pod.
 */
function isAdvice({ uid, pod }: Subject, { templates }: { readonly templates: 'warn' | 'deny' }): boolean {
  return uid !== '' && pod !== undefined && pod.base !== '' && templates === 'warn';
}

const NO_FACTS = Object.freeze({});

function verdictOf<Facts extends OwnerFacts, Settings extends EngineSettings>(
  subject: Subject,
  { rule, mode, options }: ActiveRule<Facts, Settings>,
  policy: Policy<Facts, Settings>,
  learnt: Learnt<Facts>,
): Verdict {
  const facts: Partial<Facts> = rule.needs.length === 0 ? NO_FACTS : {};
  for (const name of rule.needs as readonly (keyof Facts & string)[]) {
    const fact = learnt[name];
    if (!fact?.known) {
      const reason = fact?.reason ?? `${name} was not learnt`;
      return { rule, mode, outcome: 'unknown', reason, missing: [name], findings: [] };
    }
    facts[name] = fact.value;
  }
  const { settings } = policy;
  const context = { subject, object: subject.object, pod: subject.pod, facts, options, settings };
  const findings = rule.check(context);
  if (findings.length === 0) return { rule, mode, outcome: 'pass' };
  return withExemptions(findings, { rule, mode }, context, policy, learnt.owners);
}

/** The verdict of a rule that found something. */
function withExemptions<Facts, Settings extends EngineSettings>(
  findings: readonly Finding[],
  { rule, mode }: Pick<ActiveRule<Facts, Settings>, 'rule' | 'mode'>,
  context: RuleContext<Partial<Facts>, Settings>,
  { exemptions }: Policy<Facts, Settings>,
  owners: Known<OwnerFacts['owners']> | undefined,
): Verdict {
  const { subject } = context;
  const check = (judged: Subject) =>
    rule.check({ ...context, subject: judged, object: judged.object, pod: judged.pod });
  const exempted: Exempted[] = [];
  const open: Finding[] = [];
  let unverified: string | undefined;
  for (const finding of findings) {
    if (finding.tolerated !== undefined) {
      exempted.push({ finding });
      continue;
    }
    const found = exemptionFor(exemptions, { id: rule.id, check }, subject, finding, owners);
    if (found.exempt === 'unknown') unverified = found.reason;
    else if (found.exempt) exempted.push({ finding, exemption: found.exempt });
    else open.push(finding);
  }
  const violations = open.filter((finding) => finding.unknown === undefined);
  const untold = open.filter((finding) => finding.unknown !== undefined);
  // A violation that no exemption can cover needs no further look, and what could not be told hides none.
  if (violations.length > 0) return { rule, mode, outcome: 'fail', findings: [...violations, ...untold], exempted };
  if (unverified !== undefined) {
    return { rule, mode, outcome: 'unknown', reason: unverified, missing: ['owners'], findings: untold };
  }
  if (untold.length > 0) {
    const reason = [...new Set(untold.map(({ unknown }) => unknown))].join('; ');
    return { rule, mode, outcome: 'unknown', reason, missing: [], findings: untold };
  }
  return { rule, mode, outcome: 'exempt', exempted };
}

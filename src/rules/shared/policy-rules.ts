import { type PolicyProblem, policyProblems } from '../../network/policy-problems.ts';
import { defineRule, type Rule } from '../define.ts';

/** What tells the rules on openings of NetworkPolicies apart; all else is the same. */
interface OpeningsRule {
  readonly id: PolicyProblem;
  readonly title: string;
  readonly why: string;
  readonly fix: string;
}

/** A rule that says one kind of problem of what a NetworkPolicy opens, so that each is said once. */
export function defineOpeningsRule(rule: OpeningsRule): Rule {
  return defineRule({
    ...rule,
    promise: 'network',
    controls: ['cis:5.3.2'],
    needs: ['apiServer'],
    reads: {
      'NetworkPolicy.networking.k8s.io': ['spec.podSelector', 'spec.policyTypes', 'spec.ingress', 'spec.egress'],
    },
    check: ({ object, subject: { namespace }, facts, settings }) =>
      policyProblems(object, { namespace, settings: settings.network, apiServer: facts.apiServer }).flatMap((each) =>
        each.problem === rule.id ? [each.finding] : [],
      ),
  });
}

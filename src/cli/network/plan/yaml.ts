import { Document, isMap, isSeq, type Node } from 'yaml';
import { printable } from '../../../engine/wording.ts';
import { manifestOf, type PlannedPolicy } from '../../../network/plan.ts';
import type { Format } from '../../shared/formats.ts';
import type { PlanReport } from './report.ts';

/** For people, and for kubectl: one document per policy, which begins with the reason for it. */
export const YAML: Format<PlanReport> = { write };

function* write({ plan, namespace, basis }: PlanReport): Generator<string> {
  yield comment(`NetworkPolicies for the namespace ${namespace}, by ${basis}.`);
  for (const sentence of plan.leftOut) yield comment(`LEFT OUT: ${sentence}.`);
  for (const policy of plan.policies) yield `---\n${comment(`${policy.why}.`)}${documentOf(policy, namespace)}`;
}

function comment(text: string): string {
  return `# ${printable(text)}\n`;
}

function documentOf(policy: PlannedPolicy, namespace: string): string {
  const document = new Document(manifestOf(policy, namespace), { aliasDuplicateObjects: false });
  for (const [direction, field] of [
    ['Ingress', 'ingress'],
    ['Egress', 'egress'],
  ] as const) {
    const rules = policy.rules.filter((rule) => rule.direction === direction);
    const list = document.getIn(['spec', field]);
    if (!isSeq<Node>(list)) continue;
    for (const [index, { what }] of rules.entries()) {
      const item = list.items[index];
      if (item) item.commentBefore = ` ${what}`;
    }
  }
  for (const path of [['spec', 'policyTypes']]) {
    const list = document.getIn(path);
    if (isSeq(list)) list.flow = true;
  }
  const selector = document.getIn(['spec', 'podSelector']);
  if (isMap(selector) && selector.items.length === 0) selector.flow = true;
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

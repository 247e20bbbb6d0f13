import { type NamespaceAudit, NONE, type Tally, type Unread } from '../../audit/audit.ts';
import {
  type AuditTotals,
  groupByOwner,
  isAny,
  nameOf,
  type OwnerGroup,
  plusOne,
  type RuleTotal,
  totalsByRule,
  totalsOf,
} from '../../audit/report.ts';
import { rulePagePath } from '../../docs/rule-page.ts';
import { describeExempted } from '../../engine/answer.ts';
import type { Verdict } from '../../engine/review.ts';
import { count, describeFinding, printable } from '../../engine/wording.ts';
import type { Format } from '../shared/formats.ts';
import type { Paint } from '../shared/terminal.ts';
import type { AuditReport } from './report.ts';

const COLOUR = { accepted: 'green', refused: 'red', unknown: 'yellow' } as const;
const WORD = { accepted: 'remarks', refused: 'refused', unknown: 'unknown' } as const;
/** Of the longest of these words. */
const WIDTH = 7;
const WEIGHT = { enforce: '', warn: ' (a warning)', audit: ' (a note)' } as const;

/** For people: namespace by namespace, then what each rule would do, and all in all. */
export const TEXT: Format<AuditReport> = { write };

function* write(report: AuditReport): Generator<string> {
  const { audits, enforcement, paint } = report;
  for (const audit of audits) yield describeNamespace(audit, paint);
  yield describeUnconfigured(report);
  if (enforcement === 'audit') yield 'enforcement is audit: the API server only records what is refused here\n';
  yield `\n${describePlugins(report)}`;
  yield `${describeAudit(totalsOf(audits), totalsByRule(audits), paint)}`;
}

const STATE_COLOUR = { on: 'green', off: 'red', unknown: 'yellow' } as const;
const STATE = {
  on: 'on as far as it shows',
  off: 'OFF: NetworkPolicies do nothing here',
  unknown: 'unknown whether it enforces NetworkPolicies',
} as const;

/** What shows of the network plugin, and who says that it enforces NetworkPolicies: no API does. */
function describePlugins({ plugins, acknowledgement, paint }: AuditReport): string {
  const { detections, unread } = plugins;
  const lines = detections.map(
    ({ plugin, at, state: own, why }) =>
      `network plugin ${plugin} (${printable(at)}): ${paint(STATE_COLOUR[own], STATE[own])}: ${printable(why)}`,
  );
  if (unread !== undefined) lines.push(`network plugin could not be looked for: ${printable(unread)}`);
  else if (detections.length === 0) lines.push('network plugin: none that is known here');
  if (acknowledgement) {
    const { plugin, responsible } = acknowledgement;
    lines.push(
      `NetworkPolicies are enforced by ${printable(plugin)}, says the configuration (${printable(responsible)})`,
    );
  } else {
    const told =
      'nobody has stated that NetworkPolicies are enforced: see with "network probe", then set network.enforcement';
    lines.push(paint('yellow', told));
  }
  return `${lines.join('\n')}\n`;
}

/** A namespace asked for by name that nobody configured is judged too, and that is said. */
function describeUnconfigured({ audits, isConfigured, profile }: AuditReport): string {
  if (!isConfigured) return '';
  const missed = audits.map(({ name }) => name).filter((name) => !isConfigured(name));
  if (missed.length === 0) return '';
  return `judged by the defaults of ${profile}, for the configuration does not name it: ${missed.join(', ')}\n`;
}

/** One namespace: what was judged, what could not be read, and what would become of whose pods. */
function describeNamespace(audit: NamespaceAudit, paint: Paint): string {
  const { name, policy, exists, over, unread } = audit;
  const head = paint('bold', `namespace ${printable(name)}`);
  if (!exists) return `${head}  does not exist yet\n`;
  const judged = `${describeTally(audit.judged) || 'nothing'} judged`;
  const lines = [
    `${head}  ${policy.profile}, ${judged}${over > 0 ? `, ${over} over and not judged` : ''}`,
    ...describeUnread(unread).map((line) => paint('yellow', line)),
    ...groupByOwner(audit).flatMap((group) => describeGroup(group, paint)),
  ];
  return `${lines.join('\n')}\n`;
}

/** One line a reason: what is refused to somebody is often refused for every kind. */
function describeUnread(unread: readonly Unread[]): string[] {
  const byReason = new Map<string, string[]>();
  for (const { what, reason } of unread) byReason.set(reason, [...(byReason.get(reason) ?? []), what]);
  return [...byReason].map(
    ([reason, things]) => `  could not be read: ${printable(things.join(', '))}: ${printable(reason)}`,
  );
}

function describeGroup(group: OwnerGroup, paint: Paint): string[] {
  const { owner, outcome } = group;
  const parts = (['refused', 'unknown', 'accepted'] as const)
    .filter((kind) => isAny(group[kind]))
    .map((kind) => (kind === outcome ? describeTally(group[kind]) : `${WORD[kind]}: ${describeTally(group[kind])}`));
  const name = paint('bold', printable(nameOf(owner)));
  const lines = [`  ${paint(COLOUR[outcome], WORD[outcome].padEnd(WIDTH))}  ${name}  ${parts.join(', ')}`];
  if (owner.unverified !== undefined) lines.push(paint('dim', `    owner ${printable(owner.unverified)}`));
  let heading = '';
  for (const { rule, mode, text, tally } of linesOf(group)) {
    const next = `    ${paint('bold', rule)}${WEIGHT[mode]}`;
    if (next !== heading) lines.push(next);
    heading = next;
    lines.push(`      ${text}  ${paint('dim', `(${describeTally(tally)})`)}`);
  }
  return lines;
}

interface Line {
  readonly rule: string;
  readonly mode: Verdict['mode'];
  readonly text: string;
  readonly tally: Tally;
}

/** What is said of a group's objects, each sentence once with the number of objects it is said of. */
function linesOf({ objects }: OwnerGroup): readonly Line[] {
  const lines = new Map<string, Line>();
  for (const { verdicts, base, counts } of objects) {
    for (const verdict of verdicts) {
      const { rule, mode } = verdict;
      for (const text of sentencesOf(verdict, base)) {
        const key = JSON.stringify([rule.id, mode, text]);
        const tally = plusOne(lines.get(key)?.tally ?? NONE, { counts });
        lines.set(key, { rule: rule.id, mode, text, tally });
      }
    }
  }
  return [...lines.values()].sort((a, b) => (a.rule === b.rule ? 0 : a.rule < b.rule ? -1 : 1));
}

/** Paths are written from the pod, so that a template and its pods say the same. */
function sentencesOf(verdict: Verdict, base: string): string[] {
  if (verdict.outcome === 'pass') return [];
  if (verdict.outcome === 'unknown' && (verdict.findings.length === 0 || verdict.missing.length > 0)) {
    return [`could not be verified: ${printable(verdict.reason)}`];
  }
  const fromPod = (path: string): string => (path.startsWith(base) ? path.slice(base.length) : path);
  const findings = 'findings' in verdict ? verdict.findings : [];
  const exempted = 'exempted' in verdict ? verdict.exempted : [];
  return [
    ...findings.map((finding) => describeFinding({ ...finding, path: fromPod(finding.path) })),
    ...exempted.map((each) => printable(describeExempted(each))),
  ];
}

/** The last lines: what each rule would do, and all in all. */
function describeAudit(totals: AuditTotals, rules: readonly RuleTotal[], paint: Paint): string {
  const { namespaces, absent, judged, over, refused, unknown, unread } = totals;
  const parts = [
    `${count(namespaces - absent.length, 'namespace')}: ${describeTally(judged) || 'nothing'} judged`,
    isAny(refused) ? paint('red', `${describeTally(refused)} would be refused`) : paint('green', 'nothing refused'),
    ...(isAny(unknown) ? [paint('yellow', `${describeTally(unknown)} could not be verified`)] : []),
    ...(unread > 0 ? [paint('yellow', `${count(unread, 'thing')} could not be read`)] : []),
    ...(over > 0 ? [`${over} over`] : []),
    ...(absent.length > 0 ? [`not there yet: ${absent.join(', ')}`] : []),
  ];
  return [...describeRules(rules, paint), `${parts.join('; ')}\n`].join('\n');
}

function describeRules(rules: readonly RuleTotal[], paint: Paint): string[] {
  if (rules.length === 0) return [];
  const width = Math.max(...rules.map(({ rule }) => rule.id.length));
  const lines = rules.map(({ rule, mode, failed, unknown, exempt }) => {
    const parts = [
      ...(isAny(failed) ? [describeTally(failed)] : []),
      ...(isAny(unknown) ? [`unknown: ${describeTally(unknown)}`] : []),
      ...(isAny(exempt) ? [`exempt: ${describeTally(exempt)}`] : []),
    ];
    return `  ${rule.id.padEnd(width)}  ${mode.padEnd('enforce'.length)}  ${parts.join(', ')}  ${paint('dim', rulePagePath(rule))}`;
  });
  return [paint('bold', 'by rule'), ...lines, ''];
}

function describeTally({ pods, templates, claims, network, sources }: Tally): string {
  const counts = { pod: pods, template: templates, claim: claims, 'network object': network, source: sources };
  const parts = Object.entries(counts).flatMap(([noun, number]) => (number > 0 ? [count(number, noun)] : []));
  return [parts.slice(0, -1).join(', '), ...parts.slice(-1)].filter((part) => part !== '').join(' and ');
}

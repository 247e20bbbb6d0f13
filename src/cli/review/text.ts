import { rulePagePath } from '../../docs/rule-page.ts';
import { describeExempted } from '../../engine/answer.ts';
import type { Profile } from '../../engine/policy.ts';
import type { Finding } from '../../engine/rule.ts';
import { count, describeFinding, printable } from '../../engine/wording.ts';
import type { Format } from '../shared/formats.ts';
import type { Paint } from '../shared/terminal.ts';
import {
  REVIEW_OUTCOMES,
  type Review,
  type ReviewedObject,
  type ReviewedVerdict,
  type ReviewReport,
} from './report.ts';

const COLOUR = { accepted: 'green', refused: 'red', unknown: 'yellow', 'not-judged': 'yellow' } as const;
const WORD = { accepted: 'accepted', refused: 'refused', unknown: 'unknown', 'not-judged': 'not judged' } as const;
/** Of all outcomes but the last, which is rare. */
const WIDTH = 8;

/** For people: object by object, then what was not judged, and all in all. */
export const TEXT: Format<ReviewReport> = { write };

function* write({ review, enforcement, hasConfiguration, profile, quiet, paint }: ReviewReport): Generator<string> {
  for (const object of review.objects) {
    if (!quiet || object.outcome !== 'accepted') yield describeReviewed(object, paint);
  }
  if (quiet) return;
  if (hasConfiguration) yield describeUnconfigured(review, profile);
  if (enforcement === 'audit') yield 'enforcement is audit: the API server only records what is refused here\n';
  yield describeSummary(review, paint);
}

/** One object: what became of it, and for every rule that has something to say where, what, and how to mend it. */
export function describeReviewed(object: ReviewedObject, paint: Paint): string {
  const { manifest, subject, outcome, verdicts, crash } = object;
  const head = paint(COLOUR[outcome], WORD[outcome].padEnd(WIDTH));
  const place = paint('dim', printable(`${manifest.source}:${manifest.line}`));
  return [
    `${head}  ${paint('bold', printable(subject.ref))}  ${place}`,
    ...(crash === undefined ? [] : [`  this program failed on it, which is no acceptance: ${printable(crash)}`]),
    ...verdicts.flatMap((verdict) => describeVerdict(verdict, object, paint)),
    '',
  ].join('\n');
}

/** The last lines: how many objects and what became of them, and what was not judged. */
export function describeSummary({ objects, notJudged, errors }: Review, paint: Paint): string {
  const parts = REVIEW_OUTCOMES.flatMap((wanted) => {
    const number = objects.filter(({ outcome }) => outcome === wanted).length;
    return number === 0 ? [] : [paint(COLOUR[wanted], `${number} ${WORD[wanted]}`)];
  });
  const kinds = notJudged.map(({ kind, count }) => `${count} ${printable(kind)}`);
  const summary = [
    [count(objects.length, 'object'), parts.join(', ')].filter((part) => part !== '').join(': '),
    ...(kinds.length > 0 ? [`not judged: ${kinds.join(', ')}`] : []),
    ...(errors.length > 0 ? [paint('red', count(errors.length, 'error'))] : []),
  ];
  return [...describeRulesNotJudged(objects), summary.join('; '), ''].join('\n');
}

/** Says which objects a configuration was not asked about: a forgotten -n would judge by another policy unnoticed. */
function describeUnconfigured({ objects }: Review, profile: Profile): string {
  const missed = objects.filter(({ configured }) => !configured).map(({ subject }) => subject.namespace);
  const names = [...new Set(missed)].sort().map((name) => (name === '' ? 'none (-n names one)' : printable(name)));
  if (names.length === 0) return '';
  const whose = names.length === 1 ? 'a namespace' : 'namespaces';
  return `judged by the defaults of ${profile}, for ${whose} that the configuration does not name: ${names.join(', ')}\n`;
}

/** Once per reason, not once per object and rule: a chart may hold hundreds. */
function describeRulesNotJudged(objects: readonly ReviewedObject[]): string[] {
  const reasons = new Map<string, { readonly rules: Set<string>; readonly objects: Set<ReviewedObject> }>();
  for (const object of objects) {
    for (const { verdict, standing } of object.verdicts) {
      if (standing !== 'not-judged' || verdict.outcome !== 'unknown') continue;
      const reason = `${verdict.missing.join(', ')}: ${printable(verdict.reason)}`;
      const known = reasons.get(reason) ?? { rules: new Set(), objects: new Set() };
      known.rules.add(verdict.rule.id);
      known.objects.add(object);
      reasons.set(reason, known);
    }
  }
  return [...reasons].map(([reason, { rules, objects: of }]) => {
    const needing = `${[...rules].join(', ')} ${rules.size === 1 ? 'needs' : 'need'}`;
    return `not judged: ${needing} ${reason} (${count(of.size, 'object')})`;
  });
}

function describeVerdict({ verdict, standing }: ReviewedVerdict, object: ReviewedObject, paint: Paint): string[] {
  const { rule, mode } = verdict;
  const exempted = 'exempted' in verdict ? verdict.exempted : [];
  const lines = exempted.map((each) => `    ${placeOf(each.finding, object)}  ${printable(describeExempted(each))}`);
  if (verdict.outcome === 'fail') {
    const findings = verdict.findings.map((finding) => `    ${placeOf(finding, object)}  ${describeFinding(finding)}`);
    const fix = rule.fix.split('\n').map((text) => paint('green', `      ${text}`));
    lines.unshift(...findings, paint('dim', `    how to fix (${rulePagePath(rule)}):`), ...fix);
  } else if (verdict.outcome === 'unknown' && standing === 'unknown') {
    const { findings, missing, reason } = verdict;
    lines.push(...findings.map((finding) => `    ${placeOf(finding, object)}  ${describeFinding(finding)}`));
    if (findings.length === 0 || missing.length > 0) lines.push(`    could not be verified: ${printable(reason)}`);
  }
  if (lines.length === 0) return [];
  const weight = { enforce: '', warn: ' (a warning)', audit: ' (a note)' }[mode];
  return [`  ${paint('bold', rule.id)}${weight}`, ...lines];
}

function placeOf(finding: Finding, { manifest, locate }: ReviewedObject): string {
  return printable(`${manifest.source}:${locate(finding.path).line}`);
}

import type { Enforcement } from './policy.ts';
import type { Exempted, Verdict } from './review.ts';
import type { Subject } from './subject.ts';
import { count, cut, describeFinding, printable } from './wording.ts';

/** What is said to the API server. A fresh one per request: nothing here is shared. */
export interface Answer {
  readonly allowed: boolean;
  /** 403 for a violation, 503 for "could not tell", 400 for a request that makes no sense. */
  readonly code?: 400 | 403 | 503;
  readonly message?: string;
  readonly warnings: readonly string[];
  readonly auditAnnotations: Readonly<Record<string, string>>;
}

const MOST_LINES = 24;
/** So many that, in one annotation, they reach its longest. */
const MOST_DESCRIBED = 40;
const LONGEST_NAME = 300;
const LONGEST_ANNOTATION = 1024;
/** The API server cuts warnings to this many characters once there are many. */
const LONGEST_WARNING = 256;

/** Turns verdicts into an answer: every violation in one message, in the order of the rules' ids. */
export function answer(subject: Subject, verdicts: readonly Verdict[], enforcement: Enforcement): Answer {
  const said = verdicts
    .filter(({ outcome }) => outcome !== 'pass')
    .map((verdict) => ({ verdict, ...linesOf(verdict) }));
  if (said.length === 0) return { allowed: true, warnings: [], auditAnnotations: {} };
  const refusing = enforcement === 'enforce' ? said.filter(({ verdict }) => refuses(verdict)) : [];
  const warnings = said
    .filter(({ verdict: { mode, outcome } }) => mode === 'warn' || (mode === 'enforce' && outcome === 'exempt'))
    .flatMap(warningsOf);
  const auditAnnotations = Object.fromEntries(said.map((each) => [each.verdict.rule.id, annotationOf(each)]));
  if (refusing.length === 0) return { allowed: true, warnings, auditAnnotations };
  return {
    allowed: false,
    code: refusing.some(({ verdict }) => verdict.outcome === 'fail') ? 403 : 503,
    message: denial(subject, refusing),
    warnings,
    auditAnnotations,
  };
}

/** Whether a verdict keeps its subject out where enforcement is on. Fail and unknown do; unknown is never pass. */
export function refuses({ mode, outcome }: Verdict): boolean {
  return mode === 'enforce' && (outcome === 'fail' || outcome === 'unknown');
}

/** The answer to something that cannot be judged at all. */
export function errorAnswer(code: 400 | 503, message: string): Answer {
  return { allowed: false, code, message: printable(message), warnings: [], auditAnnotations: {} };
}

/** A verdict in words. A pod may have thousands of findings: the first are described, all are counted. */
interface Worded {
  readonly verdict: Verdict;
  readonly lines: readonly string[];
  /** How many lines there would be in all. */
  readonly total: number;
}

function denial(subject: Subject, refusing: readonly Worded[]): string {
  const failed = refusing.filter(({ verdict }) => verdict.outcome === 'fail');
  const width = Math.max(...refusing.map(({ verdict }) => verdict.rule.id.length));
  const shown = refusing
    .flatMap(({ verdict, lines }) => lines.map((line) => `  ${verdict.rule.id.padEnd(width)}  ${line}`))
    .slice(0, MOST_LINES);
  const total = refusing.reduce((sum, each) => sum + each.total, 0);
  if (total > shown.length) shown.push(`  … and ${total - shown.length} more`);
  const ref = printable(cut(subject.ref, LONGEST_NAME));
  const head =
    failed.length > 0
      ? `${ref} breaks ${count(failed.length, 'rule')}`
      : `${ref} could not be verified (not a violation: try again)`;
  return [head, ...shown, footer(subject, refusing[0]?.verdict)].join('\n');
}

function footer({ object, uid }: Subject, first: Verdict | undefined): string {
  const owner = object.metadata?.ownerReferences?.find(({ controller }) => controller);
  const parts = [`why: qdrant-admission explain ${first?.rule.id}`];
  if (owner) parts.unshift(`owner ${printable(cut(`${owner.kind}/${owner.name}`, LONGEST_NAME))}`);
  if (uid) parts.push(`request ${printable(cut(uid, LONGEST_NAME))}`);
  return parts.join(' · ');
}

/** What a verdict has to say, one line per finding; nothing for a pass. */
function linesOf(verdict: Verdict): Omit<Worded, 'verdict'> {
  switch (verdict.outcome) {
    case 'pass':
      return { lines: [], total: 0 };
    case 'exempt': {
      // What an exemption accepts was decided by somebody; what is tolerated is news to whoever asks.
      const tolerated = verdict.exempted.filter(({ exemption }) => !exemption);
      return { lines: tolerated.slice(0, MOST_DESCRIBED).map(describeTolerated), total: tolerated.length };
    }
    case 'fail': {
      const { findings } = verdict;
      return { lines: findings.slice(0, MOST_DESCRIBED).map(describeFinding), total: findings.length };
    }
    case 'unknown': {
      const { findings } = verdict;
      if (findings.length > 0 && verdict.missing.length === 0) {
        return { lines: findings.slice(0, MOST_DESCRIBED).map(describeFinding), total: findings.length };
      }
      return { lines: [`could not be verified: ${printable(verdict.reason)}`], total: 1 };
    }
  }
}

function warningsOf({ verdict, lines, total }: Worded): string[] {
  const warnings = lines.map((line) => cut(`${verdict.rule.id}: ${line}`, LONGEST_WARNING));
  if (total > lines.length) warnings.push(`${verdict.rule.id}: … and ${total - lines.length} more`);
  return warnings;
}

function annotationOf({ verdict, lines }: Worded): string {
  const exempted = 'exempted' in verdict ? verdict.exempted.map(describeExempted) : [];
  const text = [
    `${verdict.outcome} (${verdict.mode})`,
    ...(verdict.outcome === 'exempt' ? [] : lines),
    ...exempted,
  ].join('; ');
  return cut(text, LONGEST_ANNOTATION);
}

/** The same as data, for reports. */
export function acceptanceOf({ finding, exemption }: Exempted): {
  reason: string;
  responsible?: string;
  expires?: string;
} {
  if (!exemption) return { reason: finding.tolerated ?? '' };
  const { reason, responsible, expires } = exemption;
  return { reason, responsible, expires: expires.toISOString() };
}

function describeTolerated({ finding }: Exempted): string {
  // The reason comes first: the API server cuts long warnings.
  return `let in, ${finding.tolerated}: ${describeFinding(finding)}`;
}

/** Who accepted a finding, why and until when. */
export function describeExempted({ finding, exemption }: Exempted): string {
  if (!exemption) return `let in ${finding.path}: ${finding.tolerated}`;
  const until = exemption.expires.toISOString();
  return `exempt ${finding.path} until ${until}: ${exemption.reason} (${exemption.responsible})`;
}

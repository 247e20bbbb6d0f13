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
const LONGEST_ANNOTATION = 1024;
/** The API server cuts warnings to this many characters once there are many. */
const LONGEST_WARNING = 256;

/** Turns verdicts into an answer: every violation in one message, in the order of the rules' ids. */
export function answer(subject: Subject, verdicts: readonly Verdict[], enforcement: Enforcement): Answer {
  const refusing = enforcement === 'enforce' ? verdicts.filter(refuses) : [];
  const warnings = verdicts
    .filter(({ mode }) => mode === 'warn')
    .flatMap((verdict) => linesOf(verdict).map((line) => cut(`${verdict.rule.id}: ${line}`, LONGEST_WARNING)));
  const auditAnnotations = annotationsOf(verdicts);
  if (refusing.length === 0) return { allowed: true, warnings, auditAnnotations };
  return {
    allowed: false,
    code: refusing.some(({ outcome }) => outcome === 'fail') ? 403 : 503,
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

function denial(subject: Subject, refusing: readonly Verdict[]): string {
  const failed = refusing.filter(({ outcome }) => outcome === 'fail');
  const width = Math.max(...refusing.map(({ rule }) => rule.id.length));
  const lines = refusing.flatMap((verdict) =>
    linesOf(verdict).map((line) => `  ${verdict.rule.id.padEnd(width)}  ${line}`),
  );
  const shown = lines.slice(0, MOST_LINES);
  if (lines.length > shown.length) shown.push(`  … and ${lines.length - shown.length} more`);
  const head =
    failed.length > 0
      ? `${subject.ref} breaks ${count(failed.length, 'rule')}`
      : `${subject.ref} could not be verified (not a violation: try again)`;
  return [printable(head), ...shown, footer(subject, refusing)].join('\n');
}

function footer(subject: Subject, refusing: readonly Verdict[]): string {
  const owner = subject.object.metadata?.ownerReferences?.find(({ controller }) => controller);
  const parts = [`why: qdrant-admission explain ${refusing[0]?.rule.id}`];
  if (owner) parts.unshift(`owner ${printable(`${owner.kind}/${owner.name}`)}`);
  if (subject.uid) parts.push(`request ${printable(subject.uid)}`);
  return parts.join(' · ');
}

/** What a verdict has to say, one line a finding; nothing for a pass. */
export function linesOf(verdict: Verdict): string[] {
  switch (verdict.outcome) {
    case 'pass':
      return [];
    case 'exempt':
      return [];
    case 'fail':
      return verdict.findings.map(describeFinding);
    case 'unknown':
      return [`could not be verified: ${printable(verdict.reason)}`];
  }
}

function annotationsOf(verdicts: readonly Verdict[]): Record<string, string> {
  const annotations: Record<string, string> = {};
  for (const verdict of verdicts) {
    if (verdict.outcome === 'pass') continue;
    const exempted = 'exempted' in verdict ? verdict.exempted.map(describeExempted) : [];
    const text = [`${verdict.outcome} (${verdict.mode})`, ...linesOf(verdict), ...exempted].join('; ');
    annotations[verdict.rule.id] = cut(text, LONGEST_ANNOTATION);
  }
  return annotations;
}

/** Who accepted a finding, why and until when. */
export function describeExempted({ finding, exemption }: Exempted): string {
  const until = exemption.expires.toISOString();
  return `exempt ${finding.path} until ${until}: ${exemption.reason} (${exemption.responsible})`;
}

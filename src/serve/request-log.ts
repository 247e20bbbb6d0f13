import { refuses } from '../engine/answer.ts';
import type { Verdict } from '../engine/review.ts';
import { cut, printable } from '../engine/wording.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Answered, RequestLog } from './handler.ts';

/** Names are cut to this length: only the API server limits them, and other callers may send very long ones. */
const MOST_CHARACTERS = 256;
/** How many field paths of a verdict are logged. */
const MOST_PATHS = 20;

/** Writes one log line per decision, without any content of the objects, and counts everything in the metrics. */
export function createRequestLog(log: Log, metrics: Metrics): RequestLog {
  return {
    answered(event, seconds) {
      const { answer, subject, verdicts } = event;
      metrics.answered(subject?.operation ?? 'none', answer.allowed, answer.code ?? 200, seconds);
      for (const { rule, outcome, mode } of verdicts) {
        if (outcome !== 'pass') metrics.verdict(rule.id, outcome, mode);
      }
      if (answer.allowed) log.line('info', fieldsOf(event, seconds), 'allowed');
      else log.line('warn', fieldsOf(event, seconds), 'denied');
    },
    rejected(reason) {
      metrics.badRequest(reason);
      log.debug({ reason }, 'bad request');
    },
    threw(error, uid) {
      metrics.threw();
      log.error({ uid: cut(uid, MOST_CHARACTERS), err: error }, 'a review could not be judged');
    },
  };
}

/** Returns the fields of a log line. Undefined ones are not written. */
function fieldsOf({ uid, answer, subject, verdicts, problem }: Answered, seconds: number): object {
  const found = verdicts.filter(({ outcome }) => outcome !== 'pass');
  return {
    uid: safe(uid),
    ref: subject && safe(subject.ref),
    namespace: subject && safe(subject.namespace),
    operation: subject?.operation,
    subresource: subject?.subresource ? safe(subject.subresource) : undefined,
    user: subject && safe(subject.user?.username ?? ''),
    dryRun: subject?.dryRun || undefined,
    allowed: answer.allowed,
    code: answer.code,
    problem: problem === undefined ? undefined : safe(problem),
    verdicts: found.length > 0 ? found.map(describe) : undefined,
    ms: Math.round(seconds * 1e6) / 1000,
  };
}

function describe(verdict: Verdict): object {
  const { rule, mode, outcome } = verdict;
  const findings = [
    ...('findings' in verdict ? verdict.findings : []),
    ...('exempted' in verdict ? verdict.exempted.map(({ finding }) => finding) : []),
  ];
  const paths = findings.slice(0, MOST_PATHS).map(({ path }) => safe(path));
  const more = findings.length - paths.length;
  return {
    rule: rule.id,
    mode,
    outcome,
    paths: paths.length > 0 ? paths : undefined,
    more: more > 0 ? more : undefined,
    reason: verdict.outcome === 'unknown' ? safe(verdict.reason) : undefined,
    refuses: refuses(verdict) || undefined,
  };
}

/** Makes text of a caller safe to log: control characters, which could forge or hide a line, are escaped. */
function safe(text: string): string {
  return printable(cut(text, MOST_CHARACTERS));
}

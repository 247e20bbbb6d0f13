import { refuses } from '../engine/answer.ts';
import type { Verdict } from '../engine/review.ts';
import { cut, printable } from '../engine/wording.ts';
import type { Log } from '../io/log.ts';
import type { Metrics } from '../io/metrics.ts';
import type { Answered, Observer } from './handler.ts';

/** Of names, which callers other than the API server can make as long as they like. */
const LONGEST = 256;
const MOST_PATHS = 20;

/** Logs and counts what happens to requests: one line a decision, never a body or a value. */
export function createObserver(log: Log, metrics: Metrics): Observer {
  return {
    answered(event) {
      const { answer, subject, verdicts, seconds } = event;
      metrics.answered(subject?.operation ?? 'none', answer.allowed, answer.code ?? 200, seconds);
      for (const { rule, outcome, mode } of verdicts) {
        if (outcome !== 'pass') metrics.verdict(rule.id, outcome, mode);
      }
      const fields = fieldsOf(event);
      if (answer.allowed) log.info(fields, 'allowed');
      else log.warn(fields, 'denied');
    },
    rejected(reason) {
      metrics.badRequest(reason);
      log.debug({ reason }, 'bad request');
    },
    threw(error, uid) {
      metrics.threw();
      log.error({ uid: cut(uid, LONGEST), err: error }, 'a review could not be judged');
    },
  };
}

function fieldsOf({ uid, answer, subject, verdicts, seconds, problem }: Answered): object {
  const found = verdicts.filter(({ outcome }) => outcome !== 'pass');
  return {
    uid: safe(uid),
    ...(subject && {
      ref: safe(subject.ref),
      namespace: safe(subject.namespace),
      operation: subject.operation,
      ...(subject.subresource !== '' && { subresource: safe(subject.subresource) }),
      user: safe(subject.user?.username ?? ''),
      ...(subject.dryRun && { dryRun: true }),
    }),
    allowed: answer.allowed,
    ...(answer.code && { code: answer.code }),
    ...(problem !== undefined && { problem: safe(problem) }),
    ...(found.length > 0 && { verdicts: found.map(describe) }),
    ms: Math.round(seconds * 1e6) / 1000,
  };
}

function describe(verdict: Verdict): object {
  const { rule, mode, outcome } = verdict;
  const findings = [
    ...(verdict.outcome === 'fail' ? verdict.findings : []),
    ...('exempted' in verdict ? verdict.exempted.map(({ finding }) => finding) : []),
  ];
  const paths = findings.slice(0, MOST_PATHS).map(({ path }) => safe(path));
  const more = findings.length - paths.length;
  return {
    rule: rule.id,
    mode,
    outcome,
    ...(paths.length > 0 && { paths }),
    ...(more > 0 && { more }),
    ...(verdict.outcome === 'unknown' && { reason: safe(verdict.reason) }),
    ...(refuses(verdict) && { refuses: true }),
  };
}

const PLAIN = /^[\x20-\x7e]*$/;

/** Text of callers, cut, and without what could forge or hide lines. */
function safe(text: string): string {
  const short = cut(text, LONGEST);
  return PLAIN.test(short) ? short : printable(short);
}

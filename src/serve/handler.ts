import type { Config } from '../config/resolve.ts';
import { reviewOf, subjectOf } from '../engine/admission-review.ts';
import { type Answer, answer, errorAnswer } from '../engine/answer.ts';
import type { Enforcement } from '../engine/policy.ts';
import type { Verdict } from '../engine/review.ts';
import type { Subject } from '../engine/subject.ts';
import type { Ports } from '../facts/ports.ts';
import { judge, judgeForAll } from '../judge.ts';
import { concernsAll, KINDS } from '../k8s/kinds.ts';
import { isJsonObject } from '../k8s/object.ts';
import { failure, type Result, success } from '../k8s/result.ts';
import { RULES } from '../rules/index.ts';
import type { MemoryPool } from '../runtime/memory-pool.ts';
import type { BadRequestReason } from '../telemetry/metrics.ts';
import type { Body } from './body.ts';
import { withNotices } from './notices.ts';
import { createTurns, decode, isLarge, parse, weighed } from './parse.ts';
import { REFUSALS, type Refusal } from './refusals.ts';

/** An HTTP response to a review: an AdmissionReview, always with status 200, or plain text. */
export interface Reply {
  readonly status: number;
  readonly body: string;
}

/** Records what happens to requests, in the log and in the metrics. */
export interface RequestLog {
  /** @param seconds from the last byte of the review to its answer */
  answered(event: Answered, seconds: number): void;
  /** A request was refused without being judged. */
  rejected(reason: BadRequestReason): void;
  /** A bug of this program prevented a review from being judged. */
  threw(error: unknown, uid: string): void;
}

/** A review that was answered with an AdmissionReview. */
export interface Answered {
  readonly uid: string;
  readonly answer: Answer;
  readonly verdicts: readonly Verdict[];
  /** Absent if the review is invalid. */
  readonly subject?: Subject;
  /** Why it could not be judged; absent if it was. */
  readonly problem?: string;
}

export interface HandlerOptions {
  /** The current configuration, and a way to reload it at once. */
  readonly config: { readonly current: Config; refresh(): Promise<void> };
  readonly ports: Ports;
  readonly now: () => Date;
  readonly requestLog: RequestLog;
  /** Where bodies lie as texts and objects, until they are answered. */
  readonly memory: MemoryPool;
}

/**
 * Turns the bytes of a review into a response, and gives the memory of the bytes back as soon as it has read them. Never rejects:
 * every failure is turned into a response, too.
 */
export type Handler = (body: Body, timeoutMs: number) => Promise<Reply>;

/**
 * Facts must be known this long before the API server's timeout. What is not known by then is answered in time, with a
 * reason, instead of the bare error that a timeout gives.
 */
const RESERVE_MS = 300;
const DEADLINE_SLOT_MS = 100;

/** The kinds that some rule there is, on or off, has a say on: those for pods judge whatever makes them. */
const JUDGED = new Set(
  KINDS.filter(({ name, template }) => template || RULES.some(({ kinds }) => kinds.includes(name))).map(
    ({ name }) => name,
  ),
);

/** Why a review cannot be judged. */
interface Unjudged {
  readonly code: 400 | 503;
  readonly problem: string;
}

export function createHandler({ config, ports, now, requestLog, memory }: HandlerOptions): Handler {
  const inTurn = createTurns();
  const signalAt = createDeadlines();

  return async (body, timeoutMs) => {
    const started = performance.now();
    const deadline = started + timeoutMs - RESERVE_MS;
    const large = isLarge(body.bytes);
    const weight = large ? await inTurn(() => weighed(body.bytes)) : weighed(body.bytes);
    if (typeof weight !== 'number') return refused(weight);
    if (!memory.holds(weight)) return refused(REFUSALS['too-much']);
    const room = memory.take(weight) ?? (await memory.wait(weight, signalAt(deadline)));
    if (!room) return refused(REFUSALS.busy);
    try {
      const decoded = large ? await inTurn(() => decode(body.bytes)) : decode(body.bytes);
      body.free();
      if ('why' in decoded) return refused(decoded);
      const parsed = large ? await inTurn(() => parse(decoded.text)) : parse(decoded.text);
      if ('why' in parsed) return refused(parsed);
      const answering = () => answerTo(parsed.value, deadline);
      const outcome = await (large ? inTurn(answering) : answering());
      if (!outcome.ok) return { status: 400, body: `${outcome.error}\n` };
      const { uid, answer: said } = outcome.value;
      const text = JSON.stringify(reviewOf(uid, said));
      requestLog.answered(outcome.value, (performance.now() - started) / 1000);
      return { status: 200, body: text };
    } finally {
      room.release();
    }
  };

  function refused({ status, reason, why }: Refusal): Reply {
    requestLog.rejected(reason);
    return { status, body: `${why}\n` };
  }

  /** Answers with an AdmissionReview whenever the review has a uid. */
  async function answerTo(review: unknown, deadline: number): Promise<Result<Answered, string>> {
    try {
      const subject = subjectOf(review, now());
      if (subject.ok) return success(await judged(subject.value, deadline));
      requestLog.rejected('not-a-review');
      const { problem, uid } = subject.error;
      if (uid === undefined) return failure(problem);
      return success(unjudged(uid, { code: 400, problem }, config.current.enforcement));
    } catch (error) {
      const uid = uidOf(review);
      requestLog.threw(error, uid);
      const problem = `this could not be judged: a fault of the webhook, see its log (request ${uid})`;
      return success(unjudged(uid, { code: 503, problem }, config.current.enforcement));
    }
  }

  async function judged(subject: Subject, deadline: number): Promise<Answered> {
    const { uid, object, namespace } = subject;
    if (concernsAll(object)) {
      const { enforcement, namespaces } = config.current;
      const { verdicts } = await judgeForAll(subject, namespaces, ports, signalAt(deadline));
      return { uid, subject, verdicts, answer: answer(subject, verdicts, enforcement) };
    }
    // An upgrade may just have added the namespace. The mounted configuration changes later than the registration.
    if (!config.current.namespaces.has(namespace)) await config.refresh();
    const { enforcement, namespaces } = config.current;
    const policy = isJudged(subject) ? namespaces.get(namespace) : undefined;
    if (!policy) return { ...unjudged(uid, { code: 503, problem: unknownTo(subject) }, enforcement), subject };
    const { verdicts } = await judge(subject, policy, ports, signalAt(deadline));
    const said = withNotices(answer(subject, verdicts, enforcement), subject, policy.settings);
    return { uid, subject, verdicts, answer: said };
  }
}

/**
 * Returns a function that makes a signal for a deadline, a time of `performance.now()`. It aborts then, or up to 100 ms
 * earlier: reviews that come together share one. A timer of its own for each review would stay in memory for as long as
 * the API server would have waited.
 */
function createDeadlines(): (deadline: number) => AbortSignal {
  let last = { slot: Number.NaN, signal: AbortSignal.abort() };
  return (deadline) => {
    const slot = Math.floor(deadline / DEADLINE_SLOT_MS);
    if (slot !== last.slot) {
      const left = slot * DEADLINE_SLOT_MS - performance.now();
      last = { slot, signal: AbortSignal.timeout(Math.max(0, Math.floor(left))) };
    }
    return last.signal;
  };
}

function isJudged({ kind }: Subject): boolean {
  return kind !== undefined && JUDGED.has(kind.name);
}

/** Explains why the webhook cannot judge what it was asked about. */
function unknownTo(subject: Subject): string {
  const { object, namespace } = subject;
  if (!isJudged(subject)) return `this webhook does not judge ${object.apiVersion} ${object.kind}`;
  return `the webhook's configuration does not list the namespace ${JSON.stringify(namespace)}, though the cluster asks it about ${subject.ref}`;
}

/** Returns the answer to a review that cannot be judged: a denial, unless the enforcement is `audit`, which never denies. */
function unjudged(uid: string, { code, problem }: Unjudged, enforcement: Enforcement): Answered {
  const denial = errorAnswer(code, problem);
  const { message = problem } = denial;
  const allowed: Answer = { allowed: true, warnings: [message], auditAnnotations: { unjudged: message } };
  return { uid, problem: message, verdicts: [], answer: enforcement === 'audit' ? allowed : denial };
}

/** Returns the uid of a review that could not be judged, or an empty string if it has none. */
function uidOf(review: unknown): string {
  const request = isJsonObject(review) ? review['request'] : undefined;
  const uid = isJsonObject(request) ? request['uid'] : undefined;
  return typeof uid === 'string' ? uid : '';
}

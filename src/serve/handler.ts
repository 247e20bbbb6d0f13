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
import { RULES } from '../rules/index.ts';
import type { BadRequestReason } from '../telemetry/metrics.ts';
import { createDeadlines } from './deadlines.ts';
import { createTurns, decode, isLarge, type Malformed, overload, parse } from './parse.ts';

/** An HTTP response to a review: an AdmissionReview (always 200), or plain text. */
export interface Reply {
  readonly status: number;
  readonly body: string;
}

/** What happens to requests, for those who log and count. */
export interface Observer {
  /** @param seconds from the last byte of the review to its answer */
  answered(event: Answered, seconds: number): void;
  rejected(reason: BadRequestReason): void;
  threw(error: unknown, uid: string): void;
}

/** A review that was answered in the protocol. */
export interface Answered {
  readonly uid: string;
  readonly answer: Answer;
  readonly verdicts: readonly Verdict[];
  /** Absent where the request makes no sense. */
  readonly subject?: Subject;
  /** Why it could not be judged, where it could not. */
  readonly problem?: string;
}

export interface HandlerOptions {
  /** The configuration in force, and a way to ask whether there is a newer one. */
  readonly config: { readonly current: Config; refresh(): Promise<void> };
  readonly ports: Ports;
  readonly now: () => Date;
  readonly observer: Observer;
}

/** From the bytes of a review to the response. Never rejects: what goes wrong is an answer, too. */
export type Handler = (body: Buffer, timeoutMs: number) => Promise<Reply>;

/** Kept back from the API server's timeout, so that an answer in words arrives before it. */
const RESERVE_MS = 300;

/** The kinds that some rule there is, on or off, has a say on: those for pods judge whatever makes them. */
const JUDGED = new Set(
  KINDS.filter(({ name, template }) => template || RULES.some(({ kinds }) => kinds.includes(name))).map(
    ({ name }) => name,
  ),
);

/** Something was asked that cannot be judged. */
interface Unjudged {
  readonly code: 400 | 503;
  readonly problem: string;
}

export function createHandler({ config, ports, now, observer }: HandlerOptions): Handler {
  const turn = createTurns();
  const signalAt = createDeadlines();

  return async (body, timeoutMs) => {
    const started = performance.now();
    const large = isLarge(body);
    if (large) await turn();
    const decoded = decode(body);
    if ('why' in decoded) return refused(decoded);
    if (large) await turn();
    const overloaded = overload(decoded.text, body);
    if (overloaded) return refused(overloaded);
    if (large) await turn();
    const parsed = parse(decoded.text);
    if ('why' in parsed) return refused(parsed);
    if (large) await turn();
    const outcome = await answerTo(parsed.value, started + timeoutMs - RESERVE_MS);
    if ('bad' in outcome) return { status: 400, body: `${outcome.bad}\n` };
    const text = JSON.stringify(reviewOf(outcome.uid, outcome.answer));
    observer.answered(outcome, (performance.now() - started) / 1000);
    return { status: 200, body: text };
  };

  function refused({ status, reason, why }: Malformed): Reply {
    observer.rejected(reason);
    return { status, body: `${why}\n` };
  }

  /** Answers in the protocol wherever there is a uid to answer to. */
  async function answerTo(review: unknown, deadline: number): Promise<Answered | { readonly bad: string }> {
    try {
      const subject = subjectOf(review, now());
      if (!('bad' in subject)) return await judged(subject, deadline);
      observer.rejected('not-a-review');
      if (subject.uid === undefined) return subject;
      return unjudged(subject.uid, { code: 400, problem: subject.bad }, config.current.enforcement);
    } catch (error) {
      const uid = uidOf(review);
      observer.threw(error, uid);
      const problem = `this could not be judged: a fault of the webhook, see its log (request ${uid})`;
      return unjudged(uid, { code: 503, problem }, config.current.enforcement);
    }
  }

  async function judged(subject: Subject, deadline: number): Promise<Answered> {
    const { uid, object, namespace } = subject;
    if (concernsAll(object)) {
      const { enforcement, namespaces } = config.current;
      const { verdicts } = await judgeForAll(subject, namespaces, ports, signalAt(deadline));
      return { uid, subject, verdicts, answer: answer(subject, verdicts, enforcement) };
    }
    // It may lag behind an upgrade that has just added the namespace.
    if (!config.current.namespaces.has(namespace)) await config.refresh();
    const { enforcement, namespaces } = config.current;
    const policy = isJudged(subject) ? namespaces.get(namespace) : undefined;
    if (!policy) return { ...unjudged(uid, { code: 503, problem: unknownTo(subject) }, enforcement), subject };
    const { verdicts } = await judge(subject, policy, ports, signalAt(deadline));
    return { uid, subject, verdicts, answer: answer(subject, verdicts, enforcement) };
  }
}

function isJudged({ kind }: Subject): boolean {
  return kind !== undefined && JUDGED.has(kind.name);
}

/** What the webhook is asked about and does not know, it refuses. */
function unknownTo(subject: Subject): string {
  const { object, namespace } = subject;
  if (!isJudged(subject)) return `this webhook does not judge ${object.apiVersion} ${object.kind}`;
  return `the webhook's configuration does not list the namespace ${JSON.stringify(namespace)}, though the cluster asks it about ${subject.ref}`;
}

/** The answer to what cannot be judged; under enforcement `audit` nothing is ever denied. */
function unjudged(uid: string, { code, problem }: Unjudged, enforcement: Enforcement): Answered {
  const denial = errorAnswer(code, problem);
  const { message = problem } = denial;
  const allowed: Answer = { allowed: true, warnings: [message], auditAnnotations: { unjudged: message } };
  return { uid, problem: message, verdicts: [], answer: enforcement === 'audit' ? allowed : denial };
}

/** For an answer to a review that could not even be read; empty where it has none. */
function uidOf(review: unknown): string {
  const request = isJsonObject(review) ? review['request'] : undefined;
  const uid = isJsonObject(request) ? request['uid'] : undefined;
  return typeof uid === 'string' ? uid : '';
}

import { isUtf8 } from 'node:buffer';
import { setImmediate } from 'node:timers/promises';
import type { BadRequestReason } from '../telemetry/metrics.ts';
import { escapesLetters } from './escapes.ts';
import { jsonProblem } from './json-cost.ts';

/** A body that is not worth judging: the HTTP status, a reason to count, a reason to read. */
export interface Malformed {
  readonly status: 400 | 413;
  readonly reason: BadRequestReason;
  readonly why: string;
}

/** Bodies of this many bytes and more are worked on in turns. */
const LARGE = 64 * 1024;

export function isLarge(body: Buffer): boolean {
  return body.length >= LARGE;
}

/**
 * Long work in turns: each call of the returned function resolves in a pass of the event loop of its own, so that
 * many large bodies delay the small ones by one piece of work and not by their sum.
 */
export function createTurns(): () => Promise<void> {
  let last = Promise.resolve();
  return () => {
    last = last.then(() => setImmediate());
    return last;
  };
}

/** The text of a body. */
export function decode(body: Buffer): { readonly text: string } | Malformed {
  if (!isUtf8(body)) return PROBLEMS['not-utf8'];
  const text = body.toString('utf8');
  return escapesLetters(text) ? PROBLEMS['escaped-letters'] : { text };
}

/** Why the text of a body must not be parsed: it would take too long. */
export function overload(text: string, body: Buffer): Malformed | undefined {
  const problem = jsonProblem(text, body);
  return problem && PROBLEMS[problem];
}

/** The value of a JSON text. */
export function parse(text: string): { readonly value: unknown } | Malformed {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    // What the engine says of it quotes the text.
    return NOT_JSON;
  }
}

const PROBLEMS = {
  'not-utf8': { status: 400, reason: 'not-utf8', why: 'the body is not UTF-8' },
  'escaped-letters': {
    status: 400,
    reason: 'escaped-letters',
    why: 'the body writes letters or digits as \\u escapes, as no API server does',
  },
  'too-deep': { status: 400, reason: 'too-deep', why: 'the body nests deeper than any Kubernetes object' },
  'too-costly': { status: 413, reason: 'too-costly', why: 'the body holds more values than any Kubernetes object' },
} as const satisfies Record<string, Malformed>;

const NOT_JSON: Malformed = { status: 400, reason: 'not-json', why: 'the body is not JSON' };

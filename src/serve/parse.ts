import { isUtf8 } from 'node:buffer';
import { setImmediate } from 'node:timers/promises';
import type { BadRequestReason } from '../telemetry/metrics.ts';
import { escapesLetters } from './escapes.ts';
import { jsonProblem } from './json-cost.ts';

/** Why a body is refused: the HTTP status, the reason for the metrics, and the reason in words. */
export interface Malformed {
  readonly status: 400 | 413;
  readonly reason: BadRequestReason;
  readonly why: string;
}

/** Bodies from this size on are processed one step at a time, in turns. */
const LARGE = 64 * 1024;

export function isLarge(body: Buffer): boolean {
  return body.length >= LARGE;
}

/**
 * Returns a function that waits for a turn. Only one caller has its turn in each iteration of the event loop. Many
 * large bodies that arrive at once therefore delay a small review by a single step of work, not by all of theirs.
 */
export function createTurns(): () => Promise<void> {
  let last = Promise.resolve();
  return () => {
    last = last.then(() => setImmediate());
    return last;
  };
}

/** Decodes a body as UTF-8. */
export function decode(body: Buffer): { readonly text: string } | Malformed {
  if (!isUtf8(body)) return PROBLEMS['not-utf8'];
  const text = body.toString('utf8');
  return escapesLetters(text) ? PROBLEMS['escaped-letters'] : { text };
}

/** Explains why a body must not be parsed, because it would take too long. Returns undefined if it may be. */
export function overload(text: string, body: Buffer): Malformed | undefined {
  const problem = jsonProblem(text, body);
  return problem && PROBLEMS[problem];
}

/** Parses a JSON text. */
export function parse(text: string): { readonly value: unknown } | Malformed {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    // The error of JSON.parse is not passed on, because it quotes the text.
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

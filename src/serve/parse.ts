import { isUtf8 } from 'node:buffer';
import { setImmediate } from 'node:timers/promises';
import type { BadRequestReason } from '../io/metrics.ts';
import { jsonProblem } from './json-cost.ts';

/** A body that is not worth judging: the HTTP status, a reason to count, a reason to read. */
export interface Malformed {
  readonly status: 400 | 413;
  readonly reason: BadRequestReason;
  readonly text: string;
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

/** What is wrong with a body before it is parsed. */
export function malformed(body: Buffer): Malformed | undefined {
  const problem = isUtf8(body) ? jsonProblem(body) : 'not-utf8';
  return problem && PROBLEMS[problem];
}

/** The value of a JSON text that is not malformed. */
export function parse(body: Buffer): { readonly value: unknown } | Malformed {
  try {
    return { value: JSON.parse(body.toString('utf8')) as unknown };
  } catch {
    // What the engine says of it quotes the text.
    return NOT_JSON;
  }
}

const PROBLEMS = {
  'not-utf8': { status: 400, reason: 'not-utf8', text: 'the body is not UTF-8' },
  'too-deep': { status: 400, reason: 'too-deep', text: 'the body nests deeper than any Kubernetes object' },
  'too-costly': { status: 413, reason: 'too-costly', text: 'the body holds more values than any Kubernetes object' },
} as const satisfies Record<string, Malformed>;

const NOT_JSON: Malformed = { status: 400, reason: 'not-json', text: 'the body is not JSON' };

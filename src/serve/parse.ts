import { isAscii, isUtf8 } from 'node:buffer';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { SMALL_BODY_BYTES } from './body.ts';
import { escapesLetters } from './escapes.ts';
import { nestsTooDeep, weigh } from './json-cost.ts';
import { REFUSALS, type Refusal } from './refusals.ts';

/** How many times its size a body takes in memory, parsed and as a text, at most: `{},` is three bytes. */
export const MOST_TIMES = 28;

/** Whether a body is processed one step at a time, in turns. */
export function isLarge(body: Buffer): boolean {
  return body.length > SMALL_BODY_BYTES;
}

/** A step that took longer than this, in milliseconds, is followed by a rest. */
const LONG_STEP_MS = 5;
/** How long nobody has a turn then, as a part of that time: others make connections meanwhile, which takes several round trips. */
const REST_PART = 0.5;
const LONGEST_REST_MS = 50;

/** Does one step of work when it is its turn, and returns what it returns. */
export type Turns = <T>(step: () => T) => Promise<T>;

/**
 * Only one step has its turn in each iteration of the event loop, and after a long one there is a rest. Many large bodies that arrive
 * at once therefore delay a small review by a single step, not by one of each, nor by one for each of its round trips.
 */
export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  let restMs = 0;

  return async (step) => {
    const turn = last.then(() => (restMs > 0 ? sleep(restMs) : setImmediate()));
    // What a step returns may be a promise, which the next one does not wait for.
    const done = turn.then(() => {
      const began = performance.now();
      const result = step();
      const tookMs = performance.now() - began;
      restMs = tookMs > LONG_STEP_MS ? Math.min(LONGEST_REST_MS, tookMs * REST_PART) : 0;
      return { result };
    });
    last = done.catch(() => undefined);
    return (await done).result;
  };
}

/**
 * Returns how many bytes of memory a body takes at most until it is answered, besides its own, or why it must not be parsed.
 * What is small is not looked at: it takes little, whatever it holds.
 */
export function weighed(body: Buffer): number | Refusal {
  if (!isUtf8(body)) return REFUSALS['not-utf8'];
  if (!isLarge(body)) return body.length * MOST_TIMES;
  const weight = weigh(body);
  if (typeof weight !== 'number') return REFUSALS[weight];
  // One character beyond Latin-1 makes the text take two bytes for each, and perhaps the strings in it.
  return weight + body.length * (isAscii(body) ? 1 : 3);
}

/** Decodes a body that was weighed. */
export function decode(body: Buffer): { readonly text: string } | Refusal {
  const text = body.toString('utf8');
  if (escapesLetters(text)) return REFUSALS['escaped-letters'];
  return !isLarge(body) && nestsTooDeep(text, body) ? REFUSALS['too-deep'] : { text };
}

/** Parses a JSON text. */
export function parse(text: string): { readonly value: unknown } | Refusal {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    // The error of JSON.parse is not passed on, because it quotes the text.
    return REFUSALS['not-json'];
  }
}

import { setTimeout as sleepFor } from 'node:timers/promises';

/** Time and randomness for everything that waits and retries, so that tests can control both. */
export interface Clock {
  /** A monotonic time in milliseconds, with an arbitrary origin. */
  now(): number;
  /** Resolves after this time, or when the signal fires, whichever comes first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** A number from 0 up to, but not including, 1. */
  random(): number;
}

export const REAL_CLOCK: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => sleepFor(ms, undefined, { signal, ref: false }).catch(() => undefined),
  random: () => Math.random(),
};

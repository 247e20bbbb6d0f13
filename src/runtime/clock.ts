import { setTimeout as sleepFor } from 'node:timers/promises';

/** Time and chance as an adapter uses them; tests bring their own. */
export interface Clock {
  /** Milliseconds that only ever grow, from an arbitrary start. */
  now(): number;
  /** Resolves when the time is over or the signal fires, whichever comes first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** At least 0, less than 1. */
  random(): number;
}

export const REAL_CLOCK: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => sleepFor(ms, undefined, { signal, ref: false }).catch(() => undefined),
  random: () => Math.random(),
};

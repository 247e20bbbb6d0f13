const UNITS_MS = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const DURATION = /^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/;
const PART = /([\d.]+)([^\d.]+)/g;

const DEFAULT_MS = 10_000;
/** The longest timeout that the API server allows a webhook to have. */
const LONGEST_MS = 30_000;

/**
 * Returns how long the API server waits for an answer, in milliseconds. It says so in the URL as `?timeout=`, a Go
 * duration such as `10s`. If there is none, or one that no API server sends (negative, zero, an hour), returns the
 * default timeout of a webhook.
 */
export function timeoutOf(url: string): number {
  const text = /[?&]timeout=([^&]*)/.exec(url)?.[1];
  if (text === undefined || text.length > 32 || !DURATION.test(text)) return DEFAULT_MS;
  let sum = 0;
  for (const [, number, unit] of text.matchAll(PART)) sum += Number(number) * UNITS_MS[unit as keyof typeof UNITS_MS];
  return sum > 0 && sum <= LONGEST_MS ? sum : DEFAULT_MS;
}

/**
 * How often something is repeated: in full by `npm run test:long`, a tenth of it else. What repeats shows what happens
 * once in a hundred times; a tenth of it still shows what is broken.
 */
export function repeats(full: number, otherwise = Math.ceil(full / 10)): number {
  return process.env['QDRANT_ADMISSION_TEST_LONG'] === '1' ? full : otherwise;
}

/** On how many random cases pure functions are compared with a naive model. */
export const RANDOM_CASES = repeats(100_000, 1_000);

/**
 * How often something is repeated: in full by `npm run test:long`, a tenth of it else. What repeats shows what happens
 * once in a hundred times; a tenth of it still shows what is broken.
 */
export function repeats(full: number): number {
  return process.env['QDRANT_ADMISSION_TEST_LONG'] === '1' ? full : Math.ceil(full / 10);
}

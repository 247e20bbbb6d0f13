import { expect, it } from 'vitest';
import { timeoutOf } from '../../src/serve/duration.ts';

it.each([
  ['10s', 10_000],
  ['5s', 5000],
  ['30s', 30_000],
  ['1.5s', 1500],
  ['300ms', 300],
  ['0m2s', 2000],
  ['1s500ms', 1500],
  ['250000us', 250],
])('reads the Go duration %s', (text, milliseconds) => {
  expect(timeoutOf(`/validate?timeout=${text}`)).toBeCloseTo(milliseconds, 6);
});

it.each(['', '0', '0s', '-5s', '1h', '31s', '10', 's', 'NaN', '1e3s', '10 s', '10%73', '9'.repeat(400)])(
  'uses the default instead of "%s"',
  (text) => {
    expect(timeoutOf(`/validate?timeout=${text}`)).toBe(10_000);
  },
);

it('uses the default if there is no timeout', () => {
  expect(timeoutOf('/validate')).toBe(10_000);
  expect(timeoutOf('/validate?a=b')).toBe(10_000);
});

it('finds the timeout among other parameters', () => {
  expect(timeoutOf('/validate?a=b&timeout=2s&c=d')).toBe(2000);
});

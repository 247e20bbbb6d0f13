import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuantity } from '../../../src/k8s/core/quantity.ts';

describe('a quantity', () => {
  it.each([
    ['0', 0n],
    ['1', 1000n],
    ['+1', 1000n],
    ['-1', -1000n],
    ['0.5', 500n],
    ['.5', 500n],
    ['5.', 5000n],
    ['500m', 500n],
    ['007', 7000n],
    ['1e3', 1_000_000n],
    ['1E3', 1_000_000n],
    ['1.5e1', 15_000n],
    ['1e-3', 1n],
    ['1k', 1_000_000n],
    ['1M', 10n ** 9n],
    ['1G', 10n ** 12n],
    ['1T', 10n ** 15n],
    ['1P', 10n ** 18n],
    ['1E', 10n ** 21n],
    ['1Ki', 1_024_000n],
    ['1Mi', 2n ** 20n * 1000n],
    ['1Gi', 2n ** 30n * 1000n],
    ['1Ti', 2n ** 40n * 1000n],
    ['1Pi', 2n ** 50n * 1000n],
    ['1Ei', 2n ** 60n * 1000n],
    ['1.5Gi', (2n ** 30n * 3000n) / 2n],
    [' 1 ', 1000n],
    [2, 2000n],
    [0.5, 500n],
    [1e21, 10n ** 24n],
  ])('%j is %d thousandths', (value, expected) => {
    expect(parseQuantity(value)).toBe(expected);
  });

  it.each([['1u'], ['1n'], ['0.0001'], ['1e-4'], ['1e-99']])('is rounded up to thousandths: %s', (value) => {
    expect(parseQuantity(value)).toBe(1n);
  });

  it.each([
    '',
    ' ',
    '.',
    '+',
    'm',
    'Gi',
    '1K',
    '1ki',
    '1gi',
    '1GB',
    '1MB',
    '1GiB',
    '1 Gi',
    '1,5',
    '1.2.3',
    '--1',
    '1e',
    '1e+',
    '1e1000',
    '1e3k',
    '0x10',
    '١',
    'Infinity',
    'unlimited',
    '1'.repeat(100_000),
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ])('is none: %j', (value) => {
    expect(parseQuantity(value)).toBeUndefined();
  });

  it('is the same in every way of writing it', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 12n }), (n) => {
        expect(parseQuantity(`${n}`)).toBe(n * 1000n);
        expect(parseQuantity(`${n}000m`)).toBe(n * 1000n);
        expect(parseQuantity(`${n}k`)).toBe(parseQuantity(`${n}e3`));
        expect(parseQuantity(`${n}Ki`)).toBe(parseQuantity(`${n * 1024n}`));
        expect(parseQuantity(`${n}.25`)).toBe(n * 1000n + 250n);
      }),
    );
  });
});

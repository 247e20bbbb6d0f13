/** A quantity of cpu or memory in thousandths, the smallest part of either that the API server keeps. */
export type Milli = bigint;

/** What a suffix multiplies and divides by. */
interface Scale {
  readonly above: bigint;
  readonly below: bigint;
}

const UNITS: readonly (readonly [suffix: string, base: bigint, power: number])[] = [
  ['n', 10n, -9],
  ['u', 10n, -6],
  ['m', 10n, -3],
  ['', 10n, 0],
  ['k', 10n, 3],
  ['M', 10n, 6],
  ['G', 10n, 9],
  ['T', 10n, 12],
  ['P', 10n, 15],
  ['E', 10n, 18],
  ['Ki', 2n, 10],
  ['Mi', 2n, 20],
  ['Gi', 2n, 30],
  ['Ti', 2n, 40],
  ['Pi', 2n, 50],
  ['Ei', 2n, 60],
];

const SCALES: ReadonlyMap<string, Scale> = new Map(UNITS.map(([suffix, base, power]) => [suffix, scale(base, power)]));

function scale(base: bigint, power: number): Scale {
  return power < 0 ? { above: 1n, below: base ** BigInt(-power) } : { above: base ** BigInt(power), below: 1n };
}

/** A number without a sign of its own, then a suffix or a decimal exponent. Two digits are more than any quantity needs. */
const QUANTITY = /^([+-]?)(\d*)(?:\.(\d*))?(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,2}))?$/;
/** Numbers of this many characters are not written by people, and would cost time. */
const LONGEST = 64;

/** What nearly all quantities are: a whole number and a suffix. */
const WHOLE = /^(\d{1,15})(|[mkMGTPE]|[KMGTPE]i)$/;

/** Thousandths in one of a suffix, where they are a whole number. */
const WHOLE_MILLI: ReadonlyMap<string, bigint> = new Map(
  [...SCALES].flatMap(([suffix, { above, below }]) =>
    (1000n * above) % below === 0n ? [[suffix, (1000n * above) / below]] : [],
  ),
);

/**
 * Reads a quantity as the API server does, rounded up to thousandths; undefined for what is none. `0.5` is `500m`,
 * `1Gi` is `1073741824`, `1e3` is `1k`. A file may also hold a plain number.
 */
export function parseQuantity(value: string | number): Milli | undefined {
  const [, count = '', unit = ''] = (typeof value === 'string' && WHOLE.exec(value)) || [];
  const milli = count === '' ? undefined : WHOLE_MILLI.get(unit);
  // Fifteen digits are exact as a number, and numbers are read faster than integers of any length.
  if (milli !== undefined) return BigInt(Number(count)) * milli;
  const text = String(value).trim();
  const match = text.length <= LONGEST ? QUANTITY.exec(text) : null;
  if (!match) return undefined;
  const [, sign, whole = '', fraction = '', suffix = '', exponent] = match;
  if (whole + fraction === '') return undefined;
  const { above, below } =
    exponent === undefined ? (SCALES.get(suffix) ?? scale(10n, 0)) : scale(10n, Number(exponent));
  const product = BigInt(whole + fraction) * 1000n * above;
  const divisor = fraction === '' ? below : below * 10n ** BigInt(fraction.length);
  const rounded = divisor === 1n ? product : (product + divisor - 1n) / divisor;
  return sign === '-' ? -rounded : rounded;
}

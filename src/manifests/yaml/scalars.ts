/** The value of a scalar in YAML 1.1, without NaN and the infinities: JSON, and therefore the API, has none. */
export type ScalarValue = string | number | boolean | null;

/** Why kubectl would refuse a scalar. */
export interface BadScalar {
  readonly bad: string;
}

const TAG = 'tag:yaml.org,2002:';

const WORDS: ReadonlyMap<string, boolean | null> = new Map([
  ...cases(true, 'y', 'yes', 'true', 'on'),
  ...cases(false, 'n', 'no', 'false', 'off'),
  ...cases(null, '', '~', 'null'),
]);
const NOT_FINITE = /^(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$/;
const INTEGER = /^[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const TIMESTAMP = /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ][0-9:.]+(?:Z|[-+][0-9:]+)?)?$/;
const SMALLEST_INTEGER = -(2n ** 63n);
const LARGEST_INTEGER = 2n ** 64n - 1n;

/**
 * Returns the value that the API server gets for a scalar. kubectl, Helm and the API server itself parse YAML 1.1 with
 * Go's yaml.v2, where an unquoted `yes` or `on` is a boolean and `010` is eight. A YAML 1.2 parser would read harmless
 * text in `privileged: yes`.
 * @param text the content, with quotes and escapes resolved
 * @param plain whether it was written without quotes
 * @param tag its explicit tag in long form; with `!` or an unknown tag, the scalar is text
 */
export function resolveScalar(text: string, plain: boolean, tag: string | undefined): ScalarValue | BadScalar {
  if (tag === undefined) return plain ? resolvePlain(text) : text;
  if (!tag.startsWith(TAG)) return text;
  const name = tag.slice(TAG.length);
  if (name === 'binary') return resolveBinary(text);
  if (!['bool', 'int', 'float', 'null', 'timestamp'].includes(name)) return text;
  if (name === 'timestamp') return TIMESTAMP.test(text) ? text : { bad: 'is not a timestamp, as its tag says' };
  const value = resolvePlain(text);
  return isBad(value) || isA(name, value, text) ? value : { bad: `is not of the type that its tag !!${name} says` };
}

/** Returns the field name for a key that is a scalar. Field names are always text, and Go turns `yes:` into "true". */
export function resolveKey(text: string, plain: boolean, tag: string | undefined): string | BadScalar {
  const value = resolveScalar(text, plain, tag);
  if (typeof value === 'string' || isBad(value)) return value;
  if (typeof value === 'boolean') return String(value);
  // Go formats a fraction in single precision here, which is never what the author meant.
  if (Number.isSafeInteger(value) && INTEGER.test(text.replaceAll('_', ''))) return String(value);
  return { bad: 'is no field name: expected text, in quotes if it looks like a number, a date or null' };
}

/** Whether kubectl would refuse the scalar. */
export function isBad(value: unknown): value is BadScalar {
  return typeof value === 'object' && value !== null && 'bad' in value;
}

function resolvePlain(text: string): ScalarValue | BadScalar {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  if (NOT_FINITE.test(text)) return { bad: 'is not a number that JSON can carry' };
  // Go ignores underscores in a number, wherever they are, except at its beginning.
  if (!/^[-+.0-9]/.test(text)) return text;
  const digits = text.replaceAll('_', '');
  if (INTEGER.test(digits)) {
    const value = parseInteger(digits);
    if (value >= SMALLEST_INTEGER && value <= LARGEST_INTEGER) return Number(value);
  }
  if (FLOAT.test(digits)) {
    const value = Number(digits);
    if (Number.isFinite(value)) return value;
  }
  return text;
}

function parseInteger(digits: string): bigint {
  const negative = digits.startsWith('-');
  const unsigned = digits.replace(/^[-+]/, '');
  const value = BigInt(/^0[0-7]/.test(unsigned) ? `0o${unsigned.slice(1)}` : unsigned);
  return negative ? -value : value;
}

function isA(name: string, value: ScalarValue, text: string): boolean {
  if (name === 'bool') return typeof value === 'boolean';
  if (name === 'null') return value === null;
  if (typeof value !== 'number') return false;
  return name === 'float' || INTEGER.test(text.replaceAll('_', ''));
}

function resolveBinary(text: string): string | BadScalar {
  const base64 = text.replaceAll(/[\r\n]/g, '');
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64))
    return { bad: 'is not base64, as its tag says' };
  return Buffer.from(base64, 'base64').toString('utf8');
}

/** Returns the three spellings that YAML 1.1 allows for each word: `yes`, `Yes` and `YES`. */
function cases<T>(value: T, ...words: readonly string[]): (readonly [string, T])[] {
  return words.flatMap((word) =>
    [word, word.slice(0, 1).toUpperCase() + word.slice(1), word.toUpperCase()].map((text) => [text, value] as const),
  );
}

/** A scalar as YAML 1.1 reads it. NaN and the infinities are left out: JSON, and so the API, has none. */
export type ScalarValue = string | number | boolean | null;

/** A scalar that kubectl would refuse. */
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
 * What the API server gets for a scalar. kubectl, Helm and the server itself read YAML 1.1 with Go's yaml.v2: an
 * unquoted `yes` or `on` is a boolean and `010` is eight. A reader of YAML 1.2 would see harmless text in
 * `privileged: yes`.
 * @param text the content, quotes and escapes resolved
 * @param plain whether it stood there without quotes
 * @param tag its explicit tag in long form; `!` and tags that nobody knows say "text"
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

/** The name of a field whose key is a scalar: the API has only text there, and Go writes `yes:` as "true". */
export function resolveKey(text: string, plain: boolean, tag: string | undefined): string | BadScalar {
  const value = resolveScalar(text, plain, tag);
  if (typeof value === 'string' || isBad(value)) return value;
  if (typeof value === 'boolean') return String(value);
  // Go prints fractions in single precision: nobody means that.
  if (Number.isSafeInteger(value) && INTEGER.test(text.replaceAll('_', ''))) return String(value);
  return { bad: 'is no name of a field: expected text, in quotes where it looks like something else' };
}

/** Whether a scalar could not be read. */
export function isBad(value: unknown): value is BadScalar {
  return typeof value === 'object' && value !== null && 'bad' in value;
}

function resolvePlain(text: string): ScalarValue | BadScalar {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  if (NOT_FINITE.test(text)) return { bad: 'is not a number that JSON can carry' };
  // An underscore may stand anywhere but in front: Go drops them all.
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

/** The three spellings that YAML 1.1 knows of each word: `yes`, `Yes`, `YES`. */
function cases<T>(value: T, ...words: readonly string[]): (readonly [string, T])[] {
  return words.flatMap((word) =>
    [word, word.slice(0, 1).toUpperCase() + word.slice(1), word.toUpperCase()].map((text) => [text, value] as const),
  );
}

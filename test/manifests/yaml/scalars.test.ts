import { describe, expect, it } from 'vitest';
import { isBad, resolveKey, resolveScalar } from '../../../src/manifests/yaml/scalars.ts';

const tag = (name: string) => `tag:yaml.org,2002:${name}`;

/** The values that unquoted scalars have for Go's yaml.v2, the parser of kubectl, Helm and the API server. */
const PLAIN: readonly (readonly [string, string | number | boolean | null])[] = [
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((text) => [text, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((text) => [text, false] as const),
  ...['', '~', 'null', 'Null', 'NULL'].map((text) => [text, null] as const),
  ...['tRue', 'yEs', 'nULL', 'yess', 'none', '-', '_1', '1 2', '12:30:45', '2001-01-01'].map(
    (text) => [text, text] as const,
  ),
  ['0', 0],
  ['-0', 0],
  ['+1', 1],
  ['010', 8],
  ['-010', -8],
  ['0o10', 8],
  ['08', 8],
  ['0_7', 7],
  ['1_000', 1000],
  ['1__0', 10],
  ['1_', 1],
  ['0x1F', 31],
  ['0x', '0x'],
  ['0x1G', '0x1G'],
  ['0b11', 3],
  ['0b102', '0b102'],
  ['18446744073709551615', 2 ** 64],
  ['0777777777777777777777777777', 7.777777777777778e26],
  ['.5', 0.5],
  ['-.5', -0.5],
  ['1.', 1],
  ['1_0.5', 10.5],
  ['1e3', 1000],
  ['1e', '1e'],
  ['1e400', '1e400'],
  ['.', '.'],
];

describe('an unquoted scalar', () => {
  it.each(PLAIN)('%j is %j', (text, value) => {
    // The API does not tell zero from negative zero.
    const read = resolveScalar(text, true, undefined);
    expect(read === 0 ? 0 : read).toBe(value);
  });

  it.each(['.inf', '-.Inf', '+.INF', '.nan', '.NaN'])('%j has no equivalent in JSON', (text) => {
    expect(isBad(resolveScalar(text, true, undefined))).toBe(true);
  });
});

describe('a quoted scalar', () => {
  it.each(PLAIN)('%j is text', (text) => {
    expect(resolveScalar(text, false, undefined)).toBe(text);
  });
});

describe('a tagged scalar', () => {
  it.each([
    ['yes', 'str', 'yes'],
    ['5', 'int', 5],
    ['0_0', 'int', 0],
    ['1', 'float', 1],
    ['1.5', 'float', 1.5],
    ['yes', 'bool', true],
    ['', 'null', null],
    ['aGk=', 'binary', 'hi'],
    ['2001-01-01', 'timestamp', '2001-01-01'],
  ])('%j as !!%s is %j', (text, name, value) => {
    expect(resolveScalar(text, false, tag(name))).toBe(value);
  });

  it.each([
    ['x', 'int'],
    ['1.5', 'int'],
    ['yes', 'int'],
    ['x', 'bool'],
    ['x', 'null'],
    ['x', 'float'],
    ['%%', 'binary'],
    ['x', 'timestamp'],
  ])('%j is no !!%s', (text, name) => {
    expect(isBad(resolveScalar(text, true, tag(name)))).toBe(true);
  });
});

describe('a key', () => {
  it.each([
    ['yes', 'true'],
    ['off', 'false'],
    ['010', '8'],
    ['1_0', '10'],
    ['a', 'a'],
    ['2001-01-01', '2001-01-01'],
  ])('%j is the field name %j', (text, name) => {
    expect(resolveKey(text, true, undefined)).toBe(name);
  });

  it.each(['', '~', '1.5', '1.0', '99999999999999999999'])('%j is no field name', (text) => {
    expect(isBad(resolveKey(text, true, undefined))).toBe(true);
    expect(resolveKey(text, false, undefined)).toBe(text);
  });
});

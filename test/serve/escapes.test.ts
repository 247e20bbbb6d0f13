import { expect, it } from 'vitest';
import { escapesLetters } from '../../src/serve/escapes.ts';
import { decode } from '../../src/serve/parse.ts';

it.each([
  String.raw`{"\u0068ostNetwork":true}`,
  String.raw`{"a":"\u0041"}`,
  String.raw`{"a":"\\\u0039"}`,
  String.raw`{"a":"\u003c","b":"\u007a"}`,
])('finds a letter or digit that is written as an escape: %s', (text) => {
  expect(escapesLetters(text)).toBe(true);
});

it.each([
  String.raw`{"a":"\u003c\u003e\u0026\u2028\u0000"}`,
  String.raw`{"a":"\\u0041 is an A, and \\\\u0042 a B"}`,
  String.raw`{"f:k{\"name\":\"A\u0026B\"}":{}}`,
  String.raw`{"a":"\u00"}`,
  '{"a":"u0041"}',
  '',
])('accepts the escapes that an API server writes: %s', (text) => {
  expect(escapesLetters(text)).toBe(false);
});

it('are refused before the body is parsed, so that they cannot affect the keys of another body', () => {
  const body = Buffer.from(String.raw`{"z":1,"\u0068ostNetwork":true}`);
  expect(decode(body)).toMatchObject({ status: 400, reason: 'escaped-letters' });
});

it.each(['\\', '\\\\', '\\u003c', '\\\\u0041', '\\\\\\u003c'])('finds one in a text that is full of %s', (part) => {
  const text = part.repeat(8_000_000 / part.length);
  expect(escapesLetters(`["${text}","\\u003c"]`)).toBe(false);
  expect(escapesLetters(`["\\u003c","\\u004f${text}"]`)).toBe(true);
});

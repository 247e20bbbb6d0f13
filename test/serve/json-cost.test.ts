import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nestsTooDeep, weigh } from '../../src/serve/json-cost.ts';

const MIB = 1024 * 1024;
/** Small texts are looked at for their depth only; both ways to do that have to agree. */
function problemOf(text: string) {
  const bytes = Buffer.from(text);
  const weight = weigh(bytes);
  expect(nestsTooDeep(text, bytes)).toBe(weight === 'too-deep');
  return typeof weight === 'number' ? undefined : weight;
}
const list = (count: number, item: (i: number) => string) => `[${Array.from({ length: count }, (_, i) => item(i))}]`;

describe('depth', () => {
  it.each([
    ['lists', '[', ']'],
    ['objects', '{"a":', '}'],
  ])('%s may be nested 256 deep, but not deeper', (_, open, close) => {
    const nested = (depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`;
    expect(problemOf(nested(256))).toBeUndefined();
    expect(problemOf(nested(257))).toBe('too-deep');
  });

  it('ignores brackets in strings', () => {
    expect(problemOf(`["${'['.repeat(1000)}","\\"${'{'.repeat(1000)}"]`)).toBeUndefined();
  });

  it('handles a text that ends within a string', () => {
    expect(problemOf('"[[[[')).toBeUndefined();
    expect(problemOf('"[[[[\\')).toBeUndefined();
  });

  it('is right for any JSON value', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (json) => {
        expect(problemOf(json)).toBeUndefined();
        expect(problemOf(`${'['.repeat(256)}${json}${']'.repeat(256)}`)).toBe(
          /^[[{]/.test(json.trim()) ? 'too-deep' : undefined,
        );
      }),
    );
  });
});

describe('cost', () => {
  it('accepts an update of two pods of 1.5 MB that are full of environment variables', () => {
    const env = (i: number) => `{"name":"VARIABLE_${i}","value":"value-${i}"}`;
    const pod = `{"spec":{"containers":[{"env":${list(30_000, env)}}]}}`;
    expect(pod.length).toBeGreaterThan(1.2 * MIB);
    expect(problemOf(`{"object":${pod},"oldObject":${pod}}`)).toBeUndefined();
  });

  it('accepts one with managedFields for each of them', () => {
    const env = (i: number) => `{"name":"VARIABLE_${i}","value":"${i}"}`;
    const managed = (i: number) => `"k:{\\"name\\":\\"VARIABLE_${i}\\"}":{".":{},"f:name":{},"f:value":{}}`;
    const fields = `{"f:env":{${Array.from({ length: 10_000 }, (_, i) => managed(i))}}}`;
    const pod = `{"metadata":{"managedFields":[{"fieldsV1":${fields}}]},"spec":{"env":${list(10_000, env)}}}`;
    expect(pod.length).toBeGreaterThan(MIB);
    expect(problemOf(`{"object":${pod},"oldObject":${pod}}`)).toBeUndefined();
  });

  it('accepts long strings', () => {
    expect(problemOf(`["${'a'.repeat(8 * MIB - 10)}"]`)).toBeUndefined();
    expect(problemOf(`[${' '.repeat(8 * MIB - 10)}]`)).toBeUndefined();
  });

  const word = (i: number) => (Math.imul(i + 1, 2_654_435_761) >>> 0).toString(36);
  it.each([
    ['lists', list(2_000_000, () => '[]')],
    ['objects', list(2_000_000, () => '{}')],
    ['short strings', list(600_000, (i) => `"${word(i)}"`)],
    ['short strings with an escape', list(500_000, (i) => `"\\u00e9${word(i)}"`)],
    ['keys in one object', `{${Array.from({ length: 100_000 }, (_, i) => `"${word(i)}":0`)}}`],
    ['differently keyed objects', list(10_000, (i) => `{"${word(i)}":0}`)],
    ['orders of the same keys', list(10_000, (i) => `{${[...word(i)].map((key) => `"${key}":0`)}}`)],
    ['__proto__ keys', list(120_000, () => '{"__proto__":{}}')],
    ['keys that are numbers', list(300_000, () => '{"4294967290":0}')],
  ])('refuses too many %s', (_, text) => {
    expect(text.length).toBeLessThan(8 * MIB);
    expect(problemOf(text)).toBe('too-costly');
  });
});

describe('weight', () => {
  it('follows the number of values, not only the size', () => {
    const tiny = weigh(Buffer.from(list(100_000, () => '{}')));
    const long = weigh(Buffer.from(`["${'a'.repeat(300_000)}"]`));
    expect(tiny).toBeGreaterThan(56 * 100_000);
    expect(long).toBeGreaterThan(300_000);
    expect(long).toBeLessThan(310_000);
  });

  it('of an update of two pods of 1.5 MB is one that small webhooks have memory for', () => {
    const env = (i: number) => `{"name":"VARIABLE_${i}","value":"value-${i}"}`;
    const pod = `{"spec":{"containers":[{"env":${list(33_000, env)}}]}}`;
    expect(pod.length).toBeGreaterThan(1.5e6);
    const text = Buffer.from(`{"object":${pod},"oldObject":${pod}}`);
    expect(Number(weigh(text)) + text.length).toBeLessThan(27 * MIB);
  });

  it('is at least what V8 takes', () => {
    const kinds = [() => '{}', () => '[]', () => '1.5', () => '{"a":1.5}', (i: number) => `"${i}-abcdefghijkl"`];
    const took = kinds.map((kind) => {
      const text = list(100_000, kind);
      const script = `const text = ${JSON.stringify(text)}; gc(); const before = process.memoryUsage().heapUsed;
        const value = JSON.parse(text); gc(); console.log(process.memoryUsage().heapUsed - before, value.length)`;
      const said = execFileSync(process.execPath, ['--expose-gc', '-'], { input: script, encoding: 'utf8' });
      return { bytes: Number(said.split(' ')[0]), weight: Number(weigh(Buffer.from(text))) };
    });
    for (const { bytes, weight } of took) expect(weight).toBeGreaterThan(bytes);
  });
});

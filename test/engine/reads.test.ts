import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepEqual, fieldsChanged, inContainers, parseFieldPath, type Step } from '../../src/engine/reads.ts';
import { isJsonObject } from '../../src/k8s/object.ts';
import { RULES } from '../../src/rules/index.ts';
import { changedPod, randomPod } from '../support/random-pods.ts';

const changed = (path: string, before: unknown, after: unknown) => fieldsChanged([parseFieldPath(path)], before, after);

describe('a field path', () => {
  it('is names, items of lists and keys of maps', () => {
    expect(parseFieldPath('spec.containers[*].ports[*].hostPort')).toEqual([
      { kind: 'field', name: 'spec' },
      { kind: 'field', name: 'containers' },
      { kind: 'items' },
      { kind: 'field', name: 'ports' },
      { kind: 'items' },
      { kind: 'field', name: 'hostPort' },
    ]);
    expect(parseFieldPath('metadata.annotations{example.com/}')).toEqual([
      { kind: 'field', name: 'metadata' },
      { kind: 'field', name: 'annotations' },
      { kind: 'keys', text: 'example.com/', within: false },
    ]);
    expect(parseFieldPath('labels{*a.b}')).toEqual([
      { kind: 'field', name: 'labels' },
      { kind: 'keys', text: 'a.b', within: true },
    ]);
  });

  it.each([
    'spec.',
    'spec[0]',
    'spec.*',
    'spec..os',
    'metadata.labels{}',
    'metadata.labels{*}',
    'a{b*}',
    'a{**b}',
    'a{b}c',
    'a{b}.c',
    'spec.a-b',
    ' spec',
  ])('that is written otherwise is a mistake: %j', (path) => {
    expect(() => parseFieldPath(path)).toThrow('is not a field path');
  });

  it('stands for all three lists of containers', () => {
    expect(inContainers('image')).toEqual([
      'spec.initContainers[*].image',
      'spec.containers[*].image',
      'spec.ephemeralContainers[*].image',
    ]);
  });
});

describe('fields that changed', () => {
  it.each<[string, string, unknown, unknown, boolean]>([
    ['a value', 'a.b', { a: { b: 1 } }, { a: { b: 2 } }, true],
    ['its neighbour', 'a.b', { a: { b: 1, c: 1 } }, { a: { b: 1, c: 2 } }, false],
    ['a type', 'a', { a: 1 }, { a: '1' }, true],
    ['null and absent', 'a.b', { a: { b: null } }, { a: {} }, false],
    ['an absent parent', 'a.b', {}, { a: { b: null } }, false],
    ['false and absent', 'a', { a: false }, {}, true],
    ['one item more', 'a[*].b', { a: [{ b: 1 }] }, { a: [{ b: 1 }, {}] }, true],
    ['one item less', 'a[*].b', { a: [{}, {}] }, { a: [{}] }, true],
    ['items that change places', 'a[*].b', { a: [{ b: 1 }, { b: 2 }] }, { a: [{ b: 2 }, { b: 1 }] }, true],
    ['an empty list and none', 'a[*].b', { a: [] }, {}, false],
    ['the order of keys', 'a', { a: { b: 1, c: 2 } }, { a: { c: 2, b: 1 } }, false],
    ['a key with the prefix', 'a{x/}', { a: { 'x/1': 1 } }, { a: { 'x/1': 2 } }, true],
    ['a new key with the prefix', 'a{x/}', { a: {} }, { a: { 'x/1': 1 } }, true],
    ['a key with another prefix', 'a{x/}', { a: { 'y/1': 1 } }, { a: { 'y/1': 2 } }, false],
    ['a key that contains it', 'a{*x/}', { a: { 'wx/1': 1 } }, { a: { 'wx/1': 2 } }, true],
    ['a key that does not', 'a{*x/}', { a: { 'x1/': 1 } }, { a: { 'x1/': 2 } }, false],
    ['an inherited name', 'a.constructor', { a: {} }, { a: {} }, false],
    ['a name like an inherited one', 'a.constructor', { a: {} }, { a: { constructor: 1 } }, true],
    ['null for an inherited name', 'a.constructor', { a: {} }, { a: { constructor: null } }, false],
    ['a whole object', 'a', { a: { b: { c: [1, { d: null }] } } }, { a: { b: { c: [1, {}] } } }, false],
  ])('%s', (_, path, before, after, expected) => {
    expect(changed(path, before, after)).toBe(expected);
    expect(changed(path, after, before)).toBe(expected);
  });

  it('are those whose projections differ', () => {
    const paths = [...new Set(RULES.flatMap(({ reads }) => Object.values(reads).flat()))];
    const seen = { true: 0, false: 0 };
    fc.assert(
      fc.property(changedPod, fc.constantFrom(...paths), ([before, after], path) => {
        const steps = parseFieldPath(path);
        const differ = canonical(projected(steps, before)) !== canonical(projected(steps, after));
        expect(fieldsChanged([steps], before, after)).toBe(differ);
        seen[`${differ}`]++;
      }),
      { numRuns: 6000 },
    );
    expect(Math.min(seen.true, seen.false)).toBeGreaterThan(20);
  });

  it('are none between an object and its copy, and any of many paths is enough', () => {
    const all = RULES.flatMap(({ reads }) => Object.values(reads).flat().map(parseFieldPath));
    fc.assert(
      fc.property(randomPod, (pod) => {
        expect(fieldsChanged(all, pod, structuredClone(pod))).toBe(false);
      }),
    );
    fc.assert(
      fc.property(changedPod, ([before, after]) => {
        expect(fieldsChanged(all, before, after)).toBe(all.some((steps) => fieldsChanged([steps], before, after)));
      }),
    );
  });
});

describe('structural equality', () => {
  it('is that of JSON, but for null that equals absent', () => {
    const pairs = fc.oneof(
      fc.tuple(fc.jsonValue(), fc.jsonValue()),
      fc.jsonValue().map((value) => [value, JSON.parse(JSON.stringify(value))] as const),
      fc.tuple(
        fc.array(fc.jsonValue({ maxDepth: 1 }), { maxLength: 3 }),
        fc.array(fc.jsonValue({ maxDepth: 1 }), { maxLength: 3 }),
      ),
    );
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        expect(deepEqual(a, b)).toBe(canonical(a) === canonical(b));
      }),
      { numRuns: 3000 },
    );
  });

  it('sees own keys only', () => {
    expect(deepEqual(JSON.parse('{"__proto__": {"a": 1}}'), {})).toBe(false);
    expect(deepEqual(JSON.parse('{"__proto__": {"a": 1}}'), JSON.parse('{"__proto__": {"a": 1}}'))).toBe(true);
    expect(deepEqual({ toString: 1 }, {})).toBe(false);
  });
});

/** What a path sees of an object, by another way than the one under test. */
function projected(steps: readonly Step[], value: unknown): unknown {
  const [step, ...rest] = steps;
  if (!step) return value;
  if (step.kind === 'items') return (Array.isArray(value) ? value : []).map((item) => projected(rest, item));
  if (!isJsonObject(value)) return step.kind === 'keys' ? {} : projected(rest, undefined);
  if (step.kind === 'field') return projected(rest, new Map(Object.entries(value)).get(step.name));
  return Object.fromEntries(
    Object.entries(value).filter(([key]) =>
      step.within ? key.split(step.text).length > 1 : key.startsWith(step.text),
    ),
  );
}

/** One text for all JSON values that are equal; what is null is left out, but for the items of lists. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (!isJsonObject(value)) return value === undefined ? 'null' : JSON.stringify(value);
  const fields = Object.entries(value).filter(([, part]) => part !== null && part !== undefined);
  return `{${fields.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`)}}`;
}

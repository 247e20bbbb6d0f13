import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LabelRequirement, LabelSelector } from '../../src/k8s/selectors.ts';
import { canBothSelect, describeSelector, implies, isSatisfiable, pinnedValues } from '../../src/network/selectors.ts';
import { RANDOM_CASES } from '../support/repeats.ts';

const numRuns = RANDOM_CASES;

const NAME = 'kubernetes.io/metadata.name';

function where(...matchExpressions: readonly (readonly [operator: string, ...values: string[]])[]): LabelSelector {
  return { matchExpressions: matchExpressions.map(([operator, ...values]) => ({ key: 'k', operator, values })) };
}

describe('a selector', () => {
  it.each<[string, LabelSelector, boolean]>([
    ['empty', {}, true],
    ['of nulls', { matchLabels: null, matchExpressions: null }, true],
    ['one value', { matchLabels: { k: 'a' } }, true],
    ['the empty value', { matchLabels: { k: '' } }, true],
    ['no value', where(['In']), false],
    ['two values at once', { matchLabels: { k: 'a' }, ...where(['In', 'b']) }, false],
    ['one of both lists', where(['In', 'a', 'b'], ['In', 'b', 'c']), true],
    ['lists without a common value', where(['In', 'a', 'b'], ['In', 'b', 'c'], ['In', 'c', 'a']), false],
    ['the same value twice in one list', where(['In', 'a', 'a'], ['In', 'b']), false],
    ['every value but its own', where(['In', 'a'], ['NotIn', 'a']), false],
    ['there and not there', where(['Exists'], ['DoesNotExist']), false],
    ['a value, and not there', where(['In', 'a'], ['DoesNotExist']), false],
    ['no value of a list, and not there', where(['NotIn', 'a'], ['DoesNotExist']), true],
    ['there, with no value that is named', where(['Exists'], ['NotIn', 'a', 'b']), true],
    ['an unknown operator', where(['Gt', '1']), true],
    ['an unknown operator beside nothing', where(['Gt', '1'], ['In']), false],
    ['inherited names', { matchLabels: { constructor: 'a', toString: 'b' } }, true],
  ])('can select something: %s', (_, selector, expected) => {
    expect(isSatisfiable(selector)).toBe(expected);
  });

  it.each<[string, LabelSelector, LabelSelector, boolean]>([
    ['everything, everything', {}, {}, true],
    ['one label, everything', { matchLabels: { k: 'a' } }, {}, true],
    ['everything, one label', {}, { matchLabels: { k: 'a' } }, false],
    ['more labels, fewer', { matchLabels: { k: 'a', l: 'b' } }, { matchLabels: { k: 'a' } }, true],
    ['another label', { matchLabels: { l: 'a' } }, { matchLabels: { k: 'a' } }, false],
    ['In, a wider In', where(['In', 'a']), where(['In', 'a', 'b']), true],
    ['In, a narrower In', where(['In', 'a', 'b']), where(['In', 'a']), false],
    ['In, Exists', where(['In', 'a']), where(['Exists']), true],
    ['Exists, In', where(['Exists']), where(['In', 'a']), false],
    ['In, NotIn of others', where(['In', 'a']), where(['NotIn', 'b']), true],
    ['DoesNotExist, NotIn', where(['DoesNotExist']), where(['NotIn', 'b']), true],
    ['NotIn, Exists', where(['NotIn', 'a']), where(['Exists']), false],
    ['NotIn, DoesNotExist', where(['NotIn', 'a']), where(['DoesNotExist']), false],
    ['NotIn of more, NotIn', where(['NotIn', 'a', 'b']), where(['NotIn', 'a']), true],
    ['NotIn, NotIn of more', where(['NotIn', 'a']), where(['NotIn', 'a', 'b']), false],
    ['NotIn of nothing, everything', where(['NotIn']), {}, true],
    ['everything, NotIn of nothing', {}, where(['NotIn']), true],
    ['Exists and NotIn, NotIn', where(['Exists'], ['NotIn', 'a']), where(['NotIn', 'a']), true],
    ['In but one, the others', where(['In', 'a', 'b'], ['NotIn', 'b']), { matchLabels: { k: 'a' } }, true],
    ['nothing, anything', where(['In']), { matchLabels: { l: 'x' } }, true],
    ['anything, nothing', { matchLabels: { l: 'x' } }, where(['In']), false],
    ['unknown, everything', where(['Gt', '1']), {}, true],
    ['unknown, the same', where(['Gt', '1']), where(['Gt', '1']), false],
    ['everything, unknown', {}, where(['Gt', '1']), false],
    ['nothing, unknown', where(['In']), where(['Gt', '1']), false],
    ['unknown and a label, the label', where(['Gt', '1'], ['In', 'a']), where(['In', 'a']), true],
  ])('selects whatever another does: %s', (_, a, b, expected) => {
    expect(implies(a, b)).toBe(expected);
  });

  it.each<[string, LabelSelector, readonly string[] | undefined]>([
    ['everything', {}, undefined],
    ['matchLabels', { matchLabels: { [NAME]: 'kube-system' } }, ['kube-system']],
    ['In', { matchExpressions: [{ key: NAME, operator: 'In', values: ['b', 'a', 'b'] }] }, ['a', 'b']],
    ['NotIn', { matchExpressions: [{ key: NAME, operator: 'NotIn', values: ['a'] }] }, undefined],
    ['Exists', { matchExpressions: [{ key: NAME, operator: 'Exists' }] }, undefined],
    ['DoesNotExist', { matchExpressions: [{ key: NAME, operator: 'DoesNotExist' }] }, undefined],
    ['another label', { matchLabels: { name: 'kube-system' } }, undefined],
    ['an unknown operator', { matchExpressions: [{ key: NAME, operator: 'in', values: ['a'] }] }, undefined],
    ['nothing', { matchExpressions: [{ key: NAME, operator: 'In', values: [] }] }, []],
    ['nothing, for the sake of another label', { matchLabels: { [NAME]: 'a' }, ...where(['In']) }, []],
    [
      'In, but for one',
      {
        matchExpressions: [
          { key: NAME, operator: 'In', values: ['a', 'b'] },
          { key: NAME, operator: 'NotIn', values: ['b'] },
        ],
      },
      ['a'],
    ],
  ])('pins the name of a namespace: %s', (_, selector, expected) => {
    expect(pinnedValues(selector, NAME)).toEqual(expected);
  });

  it('is described as kubectl writes it', () => {
    expect(describeSelector({})).toBe('everything');
    expect(
      describeSelector({
        matchLabels: { app: 'qdrant' },
        matchExpressions: [
          { key: 'tier', operator: 'In', values: ['a', 'b'] },
          { key: 'env', operator: 'NotIn', values: ['dev'] },
          { key: 'team', operator: 'Exists' },
          { key: 'canary', operator: 'DoesNotExist' },
          { key: 'age', operator: 'Gt', values: ['1'] },
        ],
      }),
    ).toBe('app=qdrant,tier in (a,b),env notin (dev),team,!canary,age Gt (1)');
    expect(describeSelector({ matchLabels: { app: '\u202e\u001b[31m' } })).toBe('app=\\u{202e}\\u{1b}[31m');
    expect(describeSelector({ matchLabels: { app: 'x'.repeat(10_000) } })).toHaveLength(200);
  });

  it('with thousands of requirements on one label is one like any other', () => {
    const values = Array.from({ length: 10_000 }, (_, index) => `v${index}`);
    const others = {
      matchExpressions: values.slice(1).map((value) => ({ key: 'k', operator: 'NotIn', values: [value] })),
    };
    const some = where(['In', ...values]);
    expect(
      pinnedValues({ matchExpressions: [...(some.matchExpressions ?? []), ...others.matchExpressions] }, 'k'),
    ).toEqual(['v0']);
    expect(implies(others, where(['NotIn', ...values.slice(1)]))).toBe(true);
    expect(canBothSelect(others, where(['In', ...values.slice(1)]))).toBe(false);
  });
});

/** Every labelling there is to tell apart: each label missing, one of the values that are named, or one that is not. */
const KEYS = ['app', 'constructor', '__proto__'];
const VALUES = ['', 'a', 'b'];
const UNNAMED = 'z';
type Labelling = ReadonlyMap<string, string>;
const LABELLINGS: readonly Labelling[] = KEYS.reduce<Labelling[]>(
  (labellings, key) =>
    labellings.flatMap((labelling) => [
      labelling,
      ...[...VALUES, UNNAMED].map((value) => new Map([...labelling, [key, value]])),
    ]),
  [new Map()],
);

const key = fc.constantFrom(...KEYS);
const requirement: fc.Arbitrary<LabelRequirement> = fc.record({
  key,
  operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist'),
  values: fc.array(fc.constantFrom(...VALUES), { maxLength: 3 }),
});
const selector: fc.Arbitrary<LabelSelector> = fc.record({
  matchLabels: fc
    .array(fc.tuple(key, fc.constantFrom(...VALUES)), { maxLength: 1 })
    .map((entries): Record<string, string> => Object.fromEntries(entries)),
  matchExpressions: fc.array(requirement, { maxLength: 3 }),
});

/** Straight from the words of the API. */
function selectsInModel({ matchLabels, matchExpressions }: LabelSelector, labels: Labelling): boolean {
  for (const [name, value] of Object.entries(matchLabels ?? {})) if (labels.get(name) !== value) return false;
  for (const { key: name = '', operator, values } of matchExpressions ?? []) {
    const is = labels.has(name ?? '');
    const isListed = is && !!values?.includes(labels.get(name ?? '') ?? '');
    if (!{ In: isListed, NotIn: !isListed, Exists: is, DoesNotExist: !is }[operator ?? '']) return false;
  }
  return true;
}

describe('selectors, compared with every labelling there is to tell apart', () => {
  it('can select something, and together, exactly where they do', () => {
    fc.assert(
      fc.property(selector, selector, (a, b) => {
        const selected = LABELLINGS.filter((labels) => selectsInModel(a, labels));
        expect(isSatisfiable(a)).toBe(selected.length > 0);
        expect(canBothSelect(a, b)).toBe(selected.some((labels) => selectsInModel(b, labels)));
      }),
      { numRuns },
    );
  });

  it('imply one another exactly where they do', () => {
    const pair = fc.tuple(selector, selector);
    // Two selectors at random hardly ever imply one another.
    const related = pair.map(([a, b]): [LabelSelector, LabelSelector] => [
      { ...a, matchExpressions: [...(a.matchExpressions ?? []), ...(b.matchExpressions ?? [])] },
      { ...b, matchLabels: {} },
    ]);
    const narrowed = fc
      .tuple(related, requirement)
      .map(([[a, b], more]): [LabelSelector, LabelSelector] => [
        a,
        { matchExpressions: [...(b.matchExpressions ?? []), more] },
      ]);
    fc.assert(
      fc.property(fc.oneof(pair, related, narrowed), ([a, b]) => {
        const expected = LABELLINGS.every((labels) => !selectsInModel(a, labels) || selectsInModel(b, labels));
        expect(implies(a, b)).toBe(expected);
      }),
      { numRuns },
    );
  });

  it('pin exactly the values that can be met', () => {
    fc.assert(
      fc.property(selector, key, (a, name) => {
        const selected = LABELLINGS.filter((labels) => selectsInModel(a, labels)).map((labels) => labels.get(name));
        const countless = selected.includes(undefined) || selected.includes(UNNAMED);
        expect(pinnedValues(a, name)).toEqual(countless ? undefined : [...new Set(selected)].sort());
      }),
      { numRuns },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LabelRequirement, type LabelSelector, selects } from '../../src/k8s/selectors.ts';

const key = fc.constantFrom('app', 'team', 'constructor', '__proto__');
const value = fc.constantFrom('qdrant', 'loader', '');
const labels = fc.array(fc.tuple(key, value)).map((entries) => Object.fromEntries(entries) as Record<string, string>);
const values = fc.array(value, { minLength: 1, maxLength: 2 });
const requirement: fc.Arbitrary<LabelRequirement> = fc.record({
  key,
  operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist'),
  values,
});
const selector: fc.Arbitrary<LabelSelector> = fc.record(
  { matchLabels: labels, matchExpressions: fc.array(requirement, { maxLength: 3 }) },
  { requiredKeys: [] },
);

const meets = (labelled: Record<string, string>, one: LabelRequirement) =>
  selects({ matchExpressions: [one] }, labelled);

describe('a label selector', () => {
  it('that is empty selects everything', () => {
    fc.assert(
      fc.property(labels, (labelled) => {
        for (const empty of [{}, { matchLabels: {} }, { matchExpressions: [] }])
          expect(selects(empty, labelled)).toBe(true);
      }),
    );
  });

  it('has operators that are each other’s opposite', () => {
    fc.assert(
      fc.property(labels, key, values, (labelled, name, some) => {
        const is = (operator: LabelRequirement['operator']) => meets(labelled, { key: name, operator, values: some });
        expect(is('NotIn')).toBe(!is('In'));
        expect(is('DoesNotExist')).toBe(!is('Exists'));
        if (is('In')) expect(is('Exists')).toBe(true);
        if (is('DoesNotExist')) expect(is('NotIn')).toBe(true);
      }),
    );
  });

  it('takes In for any of its values, and matchLabels for In with one', () => {
    fc.assert(
      fc.property(labels, key, values, (labelled, name, some) => {
        const one = (only: string) => meets(labelled, { key: name, operator: 'In', values: [only ?? ''] });
        expect(meets(labelled, { key: name, operator: 'In', values: some })).toBe(some.some(one));
        for (const only of some) {
          const matchLabels = Object.fromEntries([[name, only]]);
          expect(selects({ matchLabels }, labelled)).toBe(one(only));
        }
      }),
    );
  });

  it('selects what meets all of its parts', () => {
    fc.assert(
      fc.property(labels, selector, (labelled, whole) => {
        const parts = Object.entries(whole.matchLabels ?? {}).map(([name, only]) =>
          meets(labelled, { key: name, operator: 'In', values: [only ?? ''] }),
        );
        parts.push(...(whole.matchExpressions ?? []).map((one) => meets(labelled, one)));
        expect(selects(whole, labelled)).toBe(parts.every(Boolean));
      }),
      { numRuns: 1000 },
    );
  });

  it.each<[string, LabelSelector, Record<string, string> | undefined, boolean]>([
    ['a label', { matchLabels: { app: 'qdrant' } }, { app: 'qdrant', team: 'x' }, true],
    ['its beginning', { matchLabels: { app: 'qdrant' } }, { app: 'qdrant-evil' }, false],
    ['another case', { matchLabels: { app: 'qdrant' } }, { app: 'Qdrant' }, false],
    ['no labels', { matchLabels: { app: 'qdrant' } }, undefined, false],
    ['no labels, wanted absent', { matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] }, undefined, true],
    ['In of no values', { matchExpressions: [{ key: 'app', operator: 'In' }] }, { app: 'qdrant' }, false],
    ['an inherited name', { matchExpressions: [{ key: 'constructor', operator: 'Exists' }] }, {}, false],
    ['null, which is empty', { matchLabels: { app: '' } }, { app: null as unknown as string }, true],
    ['null, on the other side', { matchLabels: { app: null } }, { app: '' }, true],
    ['null instead of lists', { matchLabels: null, matchExpressions: null }, { app: 'qdrant' }, true],
    ['In of null', { matchExpressions: [{ key: 'app', operator: 'In', values: null }] }, { app: 'qdrant' }, false],
    ['NotIn of null', { matchExpressions: [{ key: 'app', operator: 'NotIn', values: null }] }, { app: 'qdrant' }, true],
    ['an unknown operator', { matchExpressions: [{ key: 'app', operator: 'Gt', values: ['1'] }] }, { app: '2' }, false],
    ['no operator', { matchExpressions: [{ key: 'app' }] }, { app: '2' }, false],
  ])('by example: %s', (_, chosen, labelled, expected) => {
    expect(selects(chosen, labelled)).toBe(expected);
  });
});

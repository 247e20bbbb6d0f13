import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selects } from '../../src/k8s/selectors.ts';
import { parseCalicoSelector } from '../../src/network/calico-selectors.ts';
import { describeSelector } from '../../src/network/selectors.ts';
import { RANDOM_CASES } from '../support/repeats.ts';

describe('an expression of Calico', () => {
  it.each([
    ['', 'everything'],
    ['  \t', 'everything'],
    ['all()', 'everything'],
    ["app == 'qdrant'", 'app=qdrant'],
    ['app=="qdrant"', 'app=qdrant'],
    ["app != 'qdrant'", 'app notin (qdrant)'],
    ['has(app)', 'app'],
    ['!has( a.b/c-d_e )', '!a.b/c-d_e'],
    ['app in {\'a\', "b"}', 'app in (a,b)'],
    ["app in{'a',}", 'app=a'],
    ["app not in { 'a' }", 'app notin (a)'],
    ['app in {}', 'app in ()'],
    ["has(a) && b == 'c' && all()", 'a,b=c'],
    ["((has(a)) && (b == 'c'))", 'a,b=c'],
    ["in == 'in' && not == 'not' && has == 'has'", 'in=in,not=not,has=has'],
    ["app == 'a && has(b)'", 'app=a && has(b)'],
  ])('%j selects %s', (expression, described) => {
    const selector = parseCalicoSelector(expression);
    expect(selector && describeSelector(selector)).toBe(described);
  });

  it.each([
    "a == 'b' || all()",
    "a == 'b') || (all()",
    "a == 'b' &&",
    "&& a == 'b'",
    "a == 'b' & has(c)",
    "a = 'b'",
    'a == b',
    "a == 'b",
    "'a' == 'b'",
    "a contains 'b'",
    "a starts with 'b'",
    "a ends with 'b'",
    "!a == 'b'",
    '!!has(a)',
    '!all()',
    '!(has(a))',
    'global()',
    'has()',
    'has(a',
    'all(',
    'all(a)',
    "a in {'b' 'c'}",
    "a in ['b']",
    "a not 'b'",
    'has(a) has(b)',
    "a == 'b'\n|| all()",
    'ä == "b"',
    `${'('.repeat(5000)}all()${')'.repeat(5000)}`,
  ])('%j cannot be read', (expression) => {
    expect(parseCalicoSelector(expression)).toBeUndefined();
  });
});

type Labels = Readonly<Record<string, string>>;

/** A term as text, and whether labels meet it, said without the selectors of Kubernetes. */
interface Term {
  readonly text: string;
  readonly holds: (labels: Labels) => boolean;
}

const key = fc.constantFrom('a', 'b', 'app.kubernetes.io/name');
const value = fc.constantFrom('', 'x', 'y', '(a) && all()');

const quoted = (text: string, double: boolean) => (double ? `"${text}"` : `'${text}'`);

const leaf: fc.Arbitrary<Term> = fc.oneof(
  fc.constant<Term>({ text: 'all()', holds: () => true }),
  key.map((k) => ({ text: `has(${k})`, holds: (labels: Labels) => k in labels })),
  key.map((k) => ({ text: `! has( ${k} )`, holds: (labels: Labels) => !(k in labels) })),
  fc.tuple(key, value, fc.boolean()).map(([k, v, double]) => ({
    text: `${k}==${quoted(v, double)}`,
    holds: (labels: Labels) => labels[k] === v,
  })),
  fc.tuple(key, value, fc.boolean()).map(([k, v, double]) => ({
    text: `${k} != ${quoted(v, double)}`,
    holds: (labels: Labels) => labels[k] !== v,
  })),
  fc.tuple(key, fc.array(value, { maxLength: 3 }), fc.boolean(), fc.boolean()).map(([k, values, double, not]) => ({
    text: `${k} ${not ? 'not in' : 'in'} { ${values.map((v) => quoted(v, double)).join(', ')} }`,
    holds: (labels: Labels) => not !== values.some((v) => labels[k] === v),
  })),
);

const { conjunction } = fc.letrec<{ conjunction: Term; term: Term }>((tie) => ({
  term: fc.oneof(
    { depthSize: 'small' },
    leaf,
    tie('conjunction').map((inner) => ({ ...inner, text: `(${inner.text})` })),
  ),
  conjunction: fc.array(tie('term'), { minLength: 1, maxLength: 4 }).map((terms) => ({
    text: terms.map(({ text }) => text).join(' && '),
    holds: (labels: Labels) => terms.every(({ holds }) => holds(labels)),
  })),
}));

it('that joins terms by && selects what meets all of them', () => {
  const labels = fc.dictionary(key, value, { noNullPrototype: true });
  fc.assert(
    fc.property(conjunction, labels, ({ text, holds }, own) => {
      const selector = parseCalicoSelector(text);
      expect(selector, text).toBeDefined();
      expect(selects(selector ?? {}, own), text).toBe(holds(own));
    }),
    { numRuns: RANDOM_CASES },
  );
});

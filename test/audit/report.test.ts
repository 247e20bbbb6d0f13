import { describe, expect, it } from 'vitest';
import { type AuditedObject, type NamespaceAudit, NONE } from '../../src/audit/audit.ts';
import { groupByOwner, isAny, outcomeOf, plusOne, totalsByRule, totalsOf } from '../../src/audit/report.ts';
import type { Verdict } from '../../src/engine/review.ts';
import { policyWith } from '../support/policies.ts';

const POLICY = policyWith();
const [RULE, OTHER] = POLICY.rules.map(({ rule }) => rule);
if (!RULE || !OTHER) throw new Error('the policy has no two rules');

type Outcome = Verdict['outcome'];

function verdict(outcome: Outcome, mode: Verdict['mode'] = 'enforce', rule = RULE): Verdict {
  const says = { findings: [], exempted: [], reason: 'the API server is away', missing: [] };
  return { rule, mode, outcome, ...says } as Verdict;
}

function audited(name: string, verdicts: readonly Verdict[], changes: Partial<AuditedObject> = {}): AuditedObject {
  const owner = { uid: '', kind: 'Pod', name };
  return { kind: 'Pod', name, counts: 'pods', base: '', owner: owner as AuditedObject['owner'], verdicts, ...changes };
}

function ownedBy(kind: string, name: string, uid = ''): Partial<AuditedObject> {
  return { owner: { uid, kind, name } as AuditedObject['owner'] };
}

function audit(objects: readonly AuditedObject[], changes: Partial<NamespaceAudit> = {}): NamespaceAudit {
  const rest = { name: 'qdrant', policy: POLICY, exists: true, judged: NONE, over: 0, unread: [] };
  return { ...rest, objects, ...changes };
}

const FAIL = verdict('fail');

describe('the outcome of an object', () => {
  it.each<[verdicts: readonly Verdict[], expected: string]>([
    [[], 'accepted'],
    [[verdict('exempt')], 'accepted'],
    [[verdict('fail', 'warn'), verdict('unknown', 'audit')], 'accepted'],
    [[verdict('unknown')], 'unknown'],
    [[verdict('unknown'), FAIL], 'refused'],
    [[FAIL, verdict('fail', 'warn')], 'refused'],
  ])('is the worst of what is enforced (%#)', (verdicts, expected) => {
    expect(outcomeOf({ verdicts })).toBe(expected);
  });
});

describe('groups by owner', () => {
  const namesOf = (objects: readonly AuditedObject[]) =>
    groupByOwner(audit(objects)).map(({ owner, outcome }) => `${owner.name} ${outcome}`);

  it('hold what has one uid, or without any one kind and name', () => {
    const groups = groupByOwner(
      audit([
        audited('a', [FAIL], ownedBy('Deployment', 'loader', 'u-1')),
        audited('b', [FAIL], ownedBy('Deployment', 'loader', 'u-2')),
        audited('c', [FAIL], ownedBy('Deployment', 'loader', 'u-1')),
        audited('d', [FAIL], ownedBy('Job', 'once')),
        audited('e', [FAIL], ownedBy('Job', 'once')),
        audited('f', [FAIL], ownedBy('CronJob', 'once')),
      ]),
    );
    expect(groups.map(({ objects }) => objects.map(({ name }) => name)).sort()).toEqual([
      ['a', 'c'],
      ['b'],
      ['d', 'e'],
      ['f'],
    ]);
  });

  it('are refused before unknown before accepted, whatever their names and numbers', () => {
    const many = ['1', '2', '3'].map((name) => audited(name, [verdict('unknown')], ownedBy('Deployment', 'a')));
    const objects = [audited('b', [verdict('exempt')]), ...many, audited('z', [FAIL])];
    expect(namesOf(objects)).toEqual(['z refused', 'a unknown', 'b accepted']);
    expect(namesOf(objects.toReversed())).toEqual(['z refused', 'a unknown', 'b accepted']);
  });

  it('with most refused pods come first, and then go by kind and name', () => {
    const objects = [
      audited('1', [FAIL], ownedBy('Job', 'b')),
      audited('2', [FAIL], ownedBy('Job', 'a')),
      audited('3', [FAIL], ownedBy('Deployment', 'z')),
      audited('4', [FAIL], ownedBy('Job', 'big')),
      audited('5', [FAIL], ownedBy('Job', 'big')),
      audited('6', [FAIL], { ...ownedBy('Job', 'claims'), counts: 'claims' }),
      audited('7', [FAIL], { ...ownedBy('Job', 'claims'), counts: 'claims' }),
      audited('8', [verdict('exempt')], ownedBy('Job', 'b')),
      audited('9', [verdict('exempt')], ownedBy('Job', 'b')),
    ];
    const expected = ['big', 'z', 'a', 'b', 'claims'].map((name) => `${name} refused`);
    expect(namesOf(objects)).toEqual(expected);
    expect(namesOf(objects.toReversed())).toEqual(expected);
  });

  it('count what of them is refused, unknown and accepted, by what it is', () => {
    const [group] = groupByOwner(
      audit([
        audited('1', [FAIL], ownedBy('Deployment', 'a')),
        audited('2', [FAIL], ownedBy('Deployment', 'a')),
        audited('3', [FAIL], { ...ownedBy('Deployment', 'a'), counts: 'templates' }),
        audited('4', [verdict('unknown')], { ...ownedBy('Deployment', 'a'), counts: 'claims' }),
        audited('5', [verdict('exempt')], ownedBy('Deployment', 'a')),
      ]),
    );
    expect(group).toMatchObject({
      outcome: 'refused',
      refused: { pods: 2, templates: 1, claims: 0, network: 0, sources: 0 },
      unknown: { pods: 0, templates: 0, claims: 1, network: 0, sources: 0 },
      accepted: { pods: 1, templates: 0, claims: 0, network: 0, sources: 0 },
    });
  });
});

describe('totals by rule', () => {
  it('count objects by rule and mode, sorted, without what nothing breaks', () => {
    const totals = totalsByRule([
      audit([
        audited('1', [verdict('fail', 'enforce', OTHER), verdict('fail')]),
        audited('2', [verdict('unknown'), verdict('fail', 'warn')], { counts: 'templates' }),
      ]),
      audit([audited('3', [verdict('exempt')], { counts: 'claims' }), audited('4', [FAIL])]),
    ]);
    const none = NONE;
    expect(totals.map(({ rule, ...rest }) => ({ id: rule.id, ...rest }))).toEqual(
      [
        {
          id: RULE.id,
          mode: 'enforce',
          failed: { ...none, pods: 2 },
          unknown: { ...none, templates: 1 },
          exempt: { ...none, claims: 1, network: 0 },
        },
        { id: RULE.id, mode: 'warn', failed: { ...none, templates: 1 }, unknown: none, exempt: none },
        { id: OTHER.id, mode: 'enforce', failed: { ...none, pods: 1 }, unknown: none, exempt: none },
      ].sort((a, b) => (`${a.id} ${a.mode}` < `${b.id} ${b.mode}` ? -1 : 1)),
    );
  });
});

describe('totals', () => {
  it('are those of all namespaces together', () => {
    const unread = [{ what: 'pods', reason: 'forbidden' }];
    const totals = totalsOf([
      audit([audited('1', [FAIL]), audited('2', [verdict('unknown')], { counts: 'claims' })], {
        judged: { pods: 3, templates: 2, claims: 1, network: 0, sources: 0 },
        over: 2,
        unread,
      }),
      audit([], { name: 'gone', exists: false }),
      audit([audited('3', [FAIL], { counts: 'templates' }), audited('4', [verdict('exempt')])], {
        name: 'other',
        judged: { pods: 10, templates: 20, claims: 40, network: 0, sources: 0 },
        over: 5,
        unread: [...unread, ...unread],
      }),
    ]);
    expect(totals).toEqual({
      namespaces: 3,
      absent: ['gone'],
      judged: { pods: 13, templates: 22, claims: 41, network: 0, sources: 0 },
      over: 7,
      refused: { pods: 1, templates: 1, claims: 0, network: 0, sources: 0 },
      unknown: { pods: 0, templates: 0, claims: 1, network: 0, sources: 0 },
      unread: 3,
    });
  });
});

describe('a tally', () => {
  it('holds any where there is one of something', () => {
    expect(isAny(NONE)).toBe(false);
    for (const counts of ['pods', 'templates', 'claims'] as const) {
      const one = plusOne(NONE, { counts });
      expect(one).toEqual({ ...NONE, [counts]: 1 });
      expect(isAny(one)).toBe(true);
      expect(plusOne(one, { counts })[counts]).toBe(2);
    }
    expect(isAny({ pods: 1, templates: 1, claims: 0, network: 0, sources: 0 })).toBe(true);
    expect(isAny({ pods: 0, templates: 1, claims: 1, network: 0, sources: 0 })).toBe(true);
  });
});

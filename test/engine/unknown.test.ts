import { describe, expect, it } from 'vitest';
import { answer } from '../../src/engine/answer.ts';
import { known, unknown } from '../../src/engine/fact.ts';
import { containerFinding, podFinding } from '../../src/engine/findings.ts';
import { parseReads } from '../../src/engine/reads.ts';
import { review } from '../../src/engine/review.ts';
import { makeSubject } from '../../src/engine/subject.ts';
import type { Ports } from '../../src/facts/ports.ts';
import { judge } from '../../src/judge.ts';
import type { ObjectOf } from '../../src/k8s/kinds.ts';
import { type ActiveRule, definePodRule, type Policy } from '../../src/rules/define.ts';
import { pod } from '../support/pods.ts';
import { policyWith } from '../support/policies.ts';
import { holding, listing, portsOf, SILENT_WORLD } from '../support/worlds.ts';

const NOW = new Date('2026-11-01T00:00:00Z');

/** A rule that needs a fact, and how often it was asked to judge without knowing better. */
function ruleThatNeedsTheNamespace() {
  const seen: ObjectOf<'Namespace'>[] = [];
  const rule = definePodRule({
    id: 'needs-namespace',
    title: 'The namespace is labelled',
    promise: 'containers',
    why: 'It is only a rule for this test.',
    fix: 'metadata: {}',
    controls: [],
    reads: ['spec.nodeName'],
    needs: ['namespace'],
    check({ pod: judged, facts: { namespace } }) {
      seen.push(namespace);
      return namespace.metadata?.labels?.['team']
        ? []
        : [podFinding(judged, 'metadata.namespace', 'qdrant', 'label the namespace')];
    },
  });
  return { rule, seen };
}

type Needing = ReturnType<typeof ruleThatNeedsTheNamespace>['rule'];

function active(rule: Needing, mode: ActiveRule['mode'] = 'enforce'): ActiveRule {
  return { rule, mode, options: {}, reads: parseReads(rule.reads) };
}

function policyOf(...rules: readonly ActiveRule[]): Policy {
  return { ...policyWith(), rules };
}

const subject = makeSubject({ object: pod(), uid: '3f2c', now: NOW });
const { signal: NO_DEADLINE } = new AbortController();

/** A deadline that comes once everybody has been asked; for the others none comes. */
function deadline(late = false): AbortSignal {
  const controller = new AbortController();
  if (late) setImmediate(() => controller.abort());
  return controller.signal;
}

/** Every way in which the world can fail to answer. */
const WORLDS: Readonly<Record<string, { readonly ports: Ports; readonly reason: RegExp; readonly late?: true }>> = {
  'says that it does not know': {
    ports: portsOf(listing(async () => unknown('the watch has not synced'))),
    reason: /the watch has not synced/,
  },
  rejects: {
    ports: portsOf(listing(() => Promise.reject(new Error('connection refused')))),
    reason: /namespace: connection refused/,
  },
  'throws at once': {
    ports: portsOf(
      listing(() => {
        throw new TypeError('no such method');
      }),
    ),
    reason: /namespace: no such method/,
  },
  'throws what is no error': {
    ports: portsOf(listing(() => Promise.reject('gone'))),
    reason: /namespace: gone/,
  },
  'never answers': {
    ports: portsOf(listing(() => new Promise(() => undefined))),
    reason: /there was no time left to learn it/,
    late: true,
  },
  'fails after the deadline': {
    ports: portsOf(
      listing(
        (_kind, _namespace, signal) =>
          new Promise((_, reject) =>
            signal.addEventListener('abort', () => setImmediate(reject, new Error('too late'))),
          ),
      ),
    ),
    reason: /there was no time left to learn it/,
    late: true,
  },
  'knows nothing of this namespace': {
    ports: portsOf(listing(async () => known([{ metadata: { name: 'other', labels: { team: 'search' } } }]))),
    reason: /Namespace qdrant is not there/,
  },
  'answers with objects that have no name': {
    ports: portsOf(listing(async () => known([{}, { metadata: null }, { metadata: { name: 7 } }]))),
    reason: /Namespace qdrant is not there/,
  },
};

const QDRANT = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'qdrant' } };
const LABELLED = portsOf(holding([{ ...QDRANT, metadata: { name: 'qdrant', labels: { team: 'search' } } }]));
const UNLABELLED = portsOf(holding([QDRANT]));

describe.each(Object.entries(WORLDS))('a world that %s', (_, { ports, reason, late }) => {
  it('leaves the verdict unknown, and the rule is not asked', async () => {
    const { rule, seen } = ruleThatNeedsTheNamespace();
    const { verdicts } = await judge(subject, policyOf(active(rule)), ports, deadline(late));
    expect(verdicts).toEqual([
      {
        rule,
        mode: 'enforce',
        outcome: 'unknown',
        reason: expect.stringMatching(reason),
        missing: ['namespace'],
        findings: [],
      },
    ]);
    expect(seen).toEqual([]);
  });

  it('refuses where the rule is enforced, and says that it is no violation', async () => {
    const { rule } = ruleThatNeedsTheNamespace();
    const { verdicts } = await judge(subject, policyOf(active(rule)), ports, deadline(late));
    const said = answer(subject, verdicts, 'enforce');
    expect(said).toMatchObject({ allowed: false, code: 503, warnings: [] });
    expect(said.message).toMatch(/^Pod qdrant\/qdrant-0 could not be verified \(not a violation: try again\)\n/);
    expect(said.message).toMatch(reason);
    expect(said.auditAnnotations['needs-namespace']).toMatch(/^unknown \(enforce\); could not be verified: /);
  });

  it('warns where the rule warns, and is recorded in every mode', async () => {
    const { rule } = ruleThatNeedsTheNamespace();
    for (const mode of ['warn', 'audit'] as const) {
      const { verdicts } = await judge(subject, policyOf(active(rule, mode)), ports, deadline(late));
      const said = answer(subject, verdicts, 'enforce');
      expect(said.allowed).toBe(true);
      expect(said.warnings.length).toBe(mode === 'warn' ? 1 : 0);
      expect(said.auditAnnotations['needs-namespace']).toMatch(/^unknown/);
    }
  });
});

describe('a fact', () => {
  it('that is known is judged', async () => {
    const { rule } = ruleThatNeedsTheNamespace();
    const outcome = async (ports: Ports) =>
      (await judge(subject, policyOf(active(rule)), ports, NO_DEADLINE)).verdicts.map((verdict) => verdict.outcome);
    expect(await outcome(LABELLED)).toEqual(['pass']);
    expect(await outcome(UNLABELLED)).toEqual(['fail']);
  });

  it('is unknown to whoever comes after the deadline', async () => {
    const { rule } = ruleThatNeedsTheNamespace();
    const { verdicts } = await judge(subject, policyOf(active(rule)), LABELLED, AbortSignal.abort());
    expect(verdicts.map(({ outcome }) => outcome)).toEqual(['unknown']);
  });

  it('that nobody has learnt is unknown', () => {
    const { rule } = ruleThatNeedsTheNamespace();
    const policy = policyOf(active(rule));
    expect(review(subject, policy.rules, policy, {})).toMatchObject([{ outcome: 'unknown', missing: ['namespace'] }]);
  });

  it('is learnt once, however many rules need it', async () => {
    let asked = 0;
    const ports = portsOf(
      listing(async (...request) => {
        asked++;
        return LABELLED.cluster.list(...request);
      }),
    );
    const rules = [ruleThatNeedsTheNamespace(), ruleThatNeedsTheNamespace()].map(({ rule }) => active(rule));
    const { verdicts } = await judge(subject, policyOf(...rules), ports, NO_DEADLINE);
    expect(verdicts.map(({ outcome }) => outcome)).toEqual(['pass', 'pass']);
    expect(asked).toBe(1);
  });

  it('is not asked for by a rule that does not apply', async () => {
    const { rule } = ruleThatNeedsTheNamespace();
    const ports = portsOf(SILENT_WORLD);
    const unchanged = makeSubject({ object: pod(), oldObject: pod(), operation: 'UPDATE', now: NOW });
    expect((await judge(unchanged, policyOf(active(rule)), ports, NO_DEADLINE)).verdicts).toEqual([]);
    const deleted = makeSubject({ object: pod(), operation: 'DELETE', now: NOW });
    expect((await judge(deleted, policyOf(active(rule)), ports, NO_DEADLINE)).verdicts).toEqual([]);
  });

  it('that is unknown hides no violation of another rule, and no violation hides it', async () => {
    const { rule } = ruleThatNeedsTheNamespace();
    const { rules } = policyWith();
    const broken = makeSubject({ object: pod({ hostNetwork: true }), now: NOW });
    const ports = portsOf(listing(async () => unknown('the watch has not synced')));
    const { verdicts } = await judge(broken, policyOf(...rules, active(rule)), ports, NO_DEADLINE);
    const said = answer(broken, verdicts, 'enforce');
    expect(said.code).toBe(403);
    expect(said.message).toMatch(/^Pod qdrant\/qdrant-0 breaks 1 rule\n/);
    expect(said.message).toMatch(/host-namespaces +spec\.hostNetwork is true/);
    expect(said.message).toMatch(/needs-namespace +could not be verified: the watch has not synced/);
  });
});

describe('what a rule could not tell of a part of its subject', () => {
  /** Violated by images that are `bad`; of those that are `far` nobody can tell. */
  const rule = definePodRule({
    id: 'part-unknown',
    title: 'Every image is good',
    promise: 'containers',
    why: 'It is only a rule for this test.',
    fix: 'spec: {}',
    controls: [],
    reads: ['spec.containers[*].image'],
    check: ({ pod: judged }) =>
      judged.containers.flatMap((at) => {
        const image = at.container.image ?? '';
        if (image === 'bad') return [containerFinding(judged, at, 'image', image, 'take another')];
        if (image !== 'far') return [];
        return [{ ...containerFinding(judged, at, 'image', image, 'try again'), unknown: 'timed out\u001b[2J' }];
      }),
  });

  function judged(images: readonly string[], exemptions: readonly object[] = []) {
    const containers = images.map((image, i) => ({ name: `c${i}`, image }));
    const about = makeSubject({ object: pod({ containers }), uid: '3f2c', now: NOW });
    const policy = { ...policyWith({}, exemptions), rules: [active(rule)] };
    const verdicts = review(about, policy.rules, policy, {});
    return { verdicts, said: answer(about, verdicts, 'enforce') };
  }

  it('is no violation and no pass: 503, with the reason, made safe to print', () => {
    const { verdicts, said } = judged(['good', 'far']);
    expect(verdicts).toMatchObject([
      { outcome: 'unknown', missing: [], findings: [{ path: 'spec.containers[1].image' }] },
    ]);
    expect(said).toMatchObject({ allowed: false, code: 503 });
    expect(said.message).toContain(
      'part-unknown  spec.containers[1] "c1" .image is far: could not be verified (timed out\\u{1b}[2J), which is no violation: try again',
    );
  });

  it('hides no violation of another part, which makes it 403, and is said beside it', () => {
    const { verdicts, said } = judged(['far', 'bad']);
    expect(verdicts).toMatchObject([{ outcome: 'fail', findings: [{ value: 'bad' }, { value: 'far' }] }]);
    expect(said.code).toBe(403);
    expect(said.message).toContain('.image is bad: take another');
    expect(said.message).toContain('.image is far: could not be verified');
  });

  it('can be exempt as a violation can', () => {
    const exemption = {
      rule: 'image-digest',
      namespace: 'qdrant',
      path: 'spec.containers[0].image',
      value: 'far',
      reason: 'r',
      responsible: 'ada',
      expires: '2026-12-01T00:00:00Z',
    };
    const { verdicts } = judged(['far'], [exemption]);
    expect(verdicts).toMatchObject([{ outcome: 'unknown' }]);
    const about = makeSubject({
      object: pod({ containers: [{ name: 'c0', image: 'far' }] }),
      namespace: 'qdrant',
      now: NOW,
    });
    const named = active({ ...rule, id: 'image-digest' });
    const policy = { ...policyWith({}, [exemption]), rules: [named] };
    expect(review(about, policy.rules, policy, {})).toMatchObject([{ outcome: 'exempt' }]);
  });
});

it('at the deadline a fact of several parts still says what it knows of them', async () => {
  const { rule } = ruleThatNeedsTheNamespace();
  const controller = new AbortController();
  const ports = portsOf({
    list: SILENT_WORLD.list,
    read: (_kind, _namespace, _name, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(unknown('it knows why')), { once: true });
      }),
  });
  setImmediate(() => controller.abort());
  const { verdicts } = await judge(subject, policyOf(active(rule)), ports, controller.signal);
  expect(verdicts).toMatchObject([{ outcome: 'unknown', reason: 'it knows why' }]);
});

import { describe, expect, it } from 'vitest';
import { answer } from '../../src/engine/answer.ts';
import { definePodRule } from '../../src/engine/define.ts';
import { known, unknown } from '../../src/engine/facts.ts';
import { podFinding } from '../../src/engine/findings.ts';
import type { ActiveRule, Policy } from '../../src/engine/policy.ts';
import { parseReads } from '../../src/engine/reads.ts';
import { review } from '../../src/engine/review.ts';
import { makeSubject } from '../../src/engine/subject.ts';
import type { World } from '../../src/facts/world.ts';
import { judge } from '../../src/judge.ts';
import type { JsonObject } from '../../src/k8s/object.ts';
import { pod } from '../support/pods.ts';
import { policyWith } from '../support/policies.ts';

const NOW = new Date('2026-11-01T00:00:00Z');

/** A rule that needs a fact, and how often it was asked to judge without knowing better. */
function ruleThatNeedsTheNamespace() {
  const seen: JsonObject[] = [];
  const rule = definePodRule({
    id: 'needs-namespace',
    title: 'The namespace is labelled',
    promise: 'containers',
    why: 'It is only a rule for this test.',
    fix: 'metadata: {}',
    controls: [],
    reads: ['spec.nodeName'],
    needs: ['namespace'],
    check(subject, _options, { namespace }) {
      seen.push(namespace);
      const labels = (namespace['metadata'] as JsonObject)['labels'] as JsonObject | undefined;
      return labels?.['team'] ? [] : [podFinding(subject, 'metadata.namespace', 'qdrant', 'label the namespace')];
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
const deadline = () => AbortSignal.timeout(40);

/** Every way in which the world can fail to answer. */
const WORLDS: Readonly<Record<string, { readonly world: World; readonly reason: RegExp; readonly late?: true }>> = {
  'says that it does not know': {
    world: { list: async () => unknown('the watch has not synced') },
    reason: /the watch has not synced/,
  },
  rejects: {
    world: { list: () => Promise.reject(new Error('connection refused')) },
    reason: /namespace: connection refused/,
  },
  'throws at once': {
    world: {
      list() {
        throw new TypeError('no such method');
      },
    },
    reason: /namespace: no such method/,
  },
  'throws what is no error': {
    world: { list: () => Promise.reject('gone') },
    reason: /namespace: gone/,
  },
  'never answers': {
    world: { list: () => new Promise(() => undefined) },
    reason: /there was no time left to learn it/,
  },
  'fails after the deadline': {
    world: {
      list: (_kind, _namespace, signal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => setImmediate(reject, new Error('too late')))),
    },
    reason: /there was no time left to learn it/,
  },
  'knows nothing of this namespace': {
    world: { list: async () => known([{ metadata: { name: 'other', labels: { team: 'search' } } }]) },
    reason: /Namespace qdrant is not there/,
  },
  'answers with objects that have no name': {
    world: { list: async () => known([{}, { metadata: null }, { metadata: { name: 7 } }]) },
    reason: /Namespace qdrant is not there/,
  },
};

const LABELLED: World = { list: async () => known([{ metadata: { name: 'qdrant', labels: { team: 'search' } } }]) };
const UNLABELLED: World = { list: async () => known([{ metadata: { name: 'qdrant' } }]) };

describe.each(Object.entries(WORLDS))('a world that %s', (_, { world, reason }) => {
  it('leaves the verdict unknown, and the rule is not asked', async () => {
    const { rule, seen } = ruleThatNeedsTheNamespace();
    const { verdicts } = await judge(subject, policyOf(active(rule)), world, deadline());
    expect(verdicts).toEqual([
      { rule, mode: 'enforce', outcome: 'unknown', reason: expect.stringMatching(reason), missing: ['namespace'] },
    ]);
    expect(seen).toEqual([]);
  });

  it('refuses where the rule is enforced, and says that it is no violation', async () => {
    const { rule } = ruleThatNeedsTheNamespace();
    const { verdicts } = await judge(subject, policyOf(active(rule)), world, deadline());
    const said = answer(subject, verdicts, 'enforce');
    expect(said).toMatchObject({ allowed: false, code: 503, warnings: [] });
    expect(said.message).toMatch(/^Pod qdrant\/qdrant-0 could not be verified \(not a violation: try again\)\n/);
    expect(said.message).toMatch(reason);
    expect(said.auditAnnotations['needs-namespace']).toMatch(/^unknown \(enforce\); could not be verified: /);
  });

  it('warns where the rule warns, and is recorded in every mode', async () => {
    const { rule } = ruleThatNeedsTheNamespace();
    for (const mode of ['warn', 'audit'] as const) {
      const { verdicts } = await judge(subject, policyOf(active(rule, mode)), world, deadline());
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
    const outcome = async (world: World) =>
      (await judge(subject, policyOf(active(rule)), world, deadline())).verdicts.map((verdict) => verdict.outcome);
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
    const world: World = {
      async list(...request) {
        asked++;
        return LABELLED.list(...request);
      },
    };
    const rules = [ruleThatNeedsTheNamespace(), ruleThatNeedsTheNamespace()].map(({ rule }) => active(rule));
    const { verdicts } = await judge(subject, policyOf(...rules), world, deadline());
    expect(verdicts.map(({ outcome }) => outcome)).toEqual(['pass', 'pass']);
    expect(asked).toBe(1);
  });

  it('is not asked for by a rule that does not apply', async () => {
    const { rule } = ruleThatNeedsTheNamespace();
    const world: World = { list: () => Promise.reject(new Error('nobody may ask')) };
    const unchanged = makeSubject({ object: pod(), oldObject: pod(), operation: 'UPDATE', now: NOW });
    expect((await judge(unchanged, policyOf(active(rule)), world, deadline())).verdicts).toEqual([]);
    const deleted = makeSubject({ object: pod(), operation: 'DELETE', now: NOW });
    expect((await judge(deleted, policyOf(active(rule)), world, deadline())).verdicts).toEqual([]);
  });

  it('that is unknown hides no violation of another rule, and no violation hides it', async () => {
    const { rule } = ruleThatNeedsTheNamespace();
    const { rules } = policyWith();
    const broken = makeSubject({ object: pod({ hostNetwork: true }), now: NOW });
    const world: World = { list: async () => unknown('the watch has not synced') };
    const { verdicts } = await judge(broken, policyOf(...rules, active(rule)), world, deadline());
    const said = answer(broken, verdicts, 'enforce');
    expect(said.code).toBe(403);
    expect(said.message).toMatch(/^Pod qdrant\/qdrant-0 breaks 1 rule\n/);
    expect(said.message).toMatch(/host-namespaces +spec\.hostNetwork is true/);
    expect(said.message).toMatch(/needs-namespace +could not be verified: the watch has not synced/);
  });
});

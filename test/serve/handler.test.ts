import { describe, expect, it } from 'vitest';
import { defaultPolicy } from '../../src/config/resolve.ts';
import { known } from '../../src/engine/fact.ts';
import type { Enforcement } from '../../src/engine/policy.ts';
import type { Policy, Rule } from '../../src/rules/define.ts';
import { createMemoryPool } from '../../src/runtime/memory-pool.ts';
import type { Body } from '../../src/serve/body.ts';
import { type Answered, createHandler } from '../../src/serve/handler.ts';
import { memoryBudget, openAccounts } from '../../src/serve/memory-budget.ts';
import type { BadRequestReason } from '../../src/telemetry/metrics.ts';
import { MEMORY } from '../support/command-line.ts';
import { policyWithAllRules } from '../support/policies.ts';
import { GOOD_POD, reviewOf } from '../support/serving.ts';
import { listing, NO_WORLD, portsOf } from '../support/worlds.ts';

const ROOMY = openAccounts(memoryBudget(MEMORY)).objects;

function handlerWith(
  policy: Policy,
  { enforcement = 'enforce' as Enforcement, ports = NO_WORLD, memory = ROOMY } = {},
) {
  const seen = { answered: [] as Answered[], rejected: [] as BadRequestReason[], threw: [] as unknown[] };
  const namespaces = new Map([['qdrant', policy]]);
  const handler = createHandler({
    config: {
      current: { enforcement, namespaces, attestations: [], acceptedVulnerabilities: [] },
      refresh: async () => {},
    },
    ports,
    now: () => new Date(),
    memory,
    requestLog: {
      answered: (event) => seen.answered.push(event),
      rejected: (reason) => seen.rejected.push(reason),
      threw: (error) => seen.threw.push(error),
    },
  });
  return { handler, seen };
}

/** Returns the rules of the default policy that need no facts, the first of them changed. */
function policyWith(change: Partial<Rule>): Policy {
  const policy = defaultPolicy('private');
  const [first, ...others] = policy.rules.filter(({ rule }) => rule.needs.length === 0);
  if (!first) throw new Error('there are no rules');
  return { ...policy, rules: [{ ...first, rule: { ...first.rule, ...change } }, ...others] };
}

const bodyOf = (bytes: Buffer): Body => ({ bytes, free: () => {} });
const body = bodyOf(Buffer.from(JSON.stringify(reviewOf(GOOD_POD, { uid: 'the-uid' }))));

describe('a rule that throws', () => {
  const broken = policyWith({
    check: () => {
      throw new Error('SECRET of the stack');
    },
  });

  it('denies with the uid of the request, and does not reveal the error', async () => {
    const { handler, seen } = handlerWith(broken);
    const { status, body: text } = await handler(body, 10_000);
    const { response } = JSON.parse(text);
    expect(status).toBe(200);
    expect(response).toMatchObject({ uid: 'the-uid', allowed: false, status: { code: 503 } });
    expect(response.status.message).toContain('request the-uid');
    expect(text).not.toContain('SECRET');
    expect(seen.threw).toMatchObject([{ message: 'SECRET of the stack' }]);
  });

  it('allows under enforcement audit, and still counts the error', async () => {
    const { handler, seen } = handlerWith(broken, { enforcement: 'audit' });
    const { body: text } = await handler(body, 10_000);
    expect(JSON.parse(text).response).toMatchObject({ uid: 'the-uid', allowed: true });
    expect(seen.threw).toHaveLength(1);
  });
});

describe('a fact that cannot be learnt in time', () => {
  const needy = policyWith({ needs: ['namespace'] });

  it('is unknown when the time of the request is up, and denies as such', async () => {
    const never = portsOf(listing(() => new Promise(() => {})));
    const { handler } = handlerWith(needy, { ports: never });
    const { response } = JSON.parse((await handler(body, 400)).body);
    expect(response).toMatchObject({ allowed: false, status: { code: 503 } });
    expect(response.status.message).toContain('not a violation: try again');
  });

  it('has the time of its own review, whatever others had', async () => {
    const signals: AbortSignal[] = [];
    const cluster = listing((kind, _namespace, signal) => {
      if (kind === 'Namespace') signals.push(signal);
      return new Promise(() => {});
    });
    const { handler } = handlerWith(needy, { ports: portsOf(cluster) });
    void handler(body, 30_000);
    await handler(body, 400);
    void handler(body, 30_000);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true, false]);
  });

  it('is unknown at once if there is no time left', async () => {
    const { handler } = handlerWith(needy);
    const { response } = JSON.parse((await handler(body, 0)).body);
    expect(response).toMatchObject({ uid: 'the-uid', allowed: false, status: { code: 503 } });
  });
});

describe('large bodies', () => {
  it('do not delay a small one by all of their work', async () => {
    const { handler, seen } = handlerWith(defaultPolicy('private'));
    const large = bodyOf(Buffer.from(`{"apiVersion":"v1","padding":"${'a'.repeat(1024 * 1024)}"}`));
    const order: string[] = [];
    const finish = (name: string) => () => order.push(name);
    await Promise.all([
      ...Array.from({ length: 5 }, () => handler(large, 10_000).then(finish('large'))),
      handler(body, 10_000).then(finish('small')),
    ]);
    expect(order[0]).toBe('small');
    expect(seen.rejected).toEqual(Array.from({ length: 5 }, () => 'not-a-review'));
  });
});

describe('a cluster-scoped object', () => {
  const storageClass = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'plain' },
    provisioner: 'ebs.csi.aws.com',
  };
  const waiting = { metadata: { name: 'data', namespace: 'qdrant' }, spec: { storageClassName: 'plain' } };
  const claims = portsOf(
    listing(async (_kind, namespace) =>
      known(namespace === 'qdrant' ? [{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', ...waiting }] : []),
    ),
  );
  const asked = (object: object) =>
    bodyOf(Buffer.from(JSON.stringify(reviewOf(object, { uid: 'the-uid', namespace: '' }))));

  it('is judged for every protected namespace, and refused if one of them refuses it', async () => {
    const policy = policyWithAllRules({ rules: { 'class-changes': { mode: 'enforce' } } });
    const { handler } = handlerWith(policy, { ports: claims });
    const { response } = JSON.parse((await handler(asked(storageClass), 10_000)).body);
    expect(response).toMatchObject({ allowed: false, status: { code: 403 } });
    expect(response.status.message).toContain('class-changes');
    const relaxed = handlerWith(policyWithAllRules(), { ports: claims });
    expect(JSON.parse((await relaxed.handler(asked(storageClass), 10_000)).body).response.allowed).toBe(true);
  });

  it('cannot be judged if it refers to a namespace that is not in the configuration', async () => {
    const volume = {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: 'pv' },
      spec: { claimRef: { namespace: 'new' } },
    };
    const { handler } = handlerWith(policyWithAllRules(), { ports: claims });
    const { response } = JSON.parse((await handler(asked(volume), 10_000)).body);
    expect(response).toMatchObject({ allowed: false, status: { code: 503 } });
    expect(response.status.message).toContain('does not list the namespace "new"');
  });
});

describe('a review for which there is no memory', () => {
  const tight = { small: 1, keptForSmall: 0, mostWaiting: 1, slowMs: 3_600_000 };

  it('is refused as busy when its time is up, and judged when there is some before', async () => {
    const memory = createMemoryPool({ ...tight, bytes: 1_000_000 });
    const { handler, seen } = handlerWith(policyWith({}), { memory });
    const all = memory.take(1_000_000);
    expect(await handler(body, 350)).toMatchObject({ status: 503, body: expect.stringContaining('try again') });
    const waiting = handler(body, 10_000);
    all?.release();
    expect(JSON.parse((await waiting).body).response).toMatchObject({ allowed: true });
    expect(seen.rejected).toEqual(['busy']);
    expect(memory.take(1_000_000)).toBeDefined();
  });

  it('is refused at once if there never can be enough', async () => {
    const { handler, seen } = handlerWith(policyWith({}), {
      memory: createMemoryPool({ ...tight, bytes: 9 }),
    });
    expect(await handler(body, 10_000)).toMatchObject({ status: 413, body: expect.stringContaining('memory limit') });
    expect(seen.rejected).toEqual(['too-much']);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BAD_POD,
  CONFIG,
  GOOD_POD,
  keepAlive,
  metric,
  probe,
  review,
  reviewOf,
  type Serving,
  startServing,
} from '../support/serving.ts';

const CUSTOM = { apiVersion: 'example.com/v1', kind: 'Gadget', metadata: { name: 'a', namespace: 'qdrant' } };

describe('the webhook', () => {
  let serving: Serving;
  beforeAll(async () => {
    serving = await startServing();
  });
  afterAll(() => serving.stop());

  it('accepts a pod that keeps every rule', async () => {
    const answer = await review(serving, reviewOf(GOOD_POD));
    expect(answer).toEqual({ uid: 'c8f1d2aa-0000-4000-8000-000000000001', allowed: true, auditAnnotations: {} });
  });

  it('refuses a pod that breaks a rule, and says what to change', async () => {
    const { allowed, status } = await review(serving, reviewOf(BAD_POD));
    expect(allowed).toBe(false);
    expect(status).toMatchObject({ code: 403, reason: 'Forbidden' });
    expect(status?.message).toContain('host-namespaces  spec.hostNetwork is true');
  });

  it('warns about the pod template of a workload', async () => {
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'a' },
      spec: { template: { spec: BAD_POD.spec } },
    };
    const { allowed, warnings } = await review(serving, reviewOf(deployment));
    expect(allowed).toBe(true);
    expect(warnings?.join()).toContain('host-namespaces: spec.template.spec.hostNetwork is true');
  });

  it('accepts an update that changes no field that is judged', async () => {
    const labelled = { ...BAD_POD, metadata: { ...BAD_POD.metadata, labels: { a: 'b' } } };
    const answer = await review(serving, reviewOf(labelled, { operation: 'UPDATE', oldObject: BAD_POD }));
    expect(answer.allowed).toBe(true);
  });

  it('accepts a deletion', async () => {
    const answer = await review(serving, reviewOf(GOOD_POD, { operation: 'DELETE', object: null, oldObject: BAD_POD }));
    expect(answer.allowed).toBe(true);
  });

  it('accepts a ReplicationController that makes no pods', async () => {
    const controller = { apiVersion: 'v1', kind: 'ReplicationController', metadata: { name: 'a' }, spec: {} };
    expect(await review(serving, reviewOf(controller))).toMatchObject({ allowed: true });
  });

  it.each([
    ['of another group', CUSTOM, 'example.com/v1 Gadget'],
    ['of another group with the name of a judged kind', { ...CUSTOM, kind: 'Pod' }, 'example.com/v1 Pod'],
    [
      'that has nothing to do with any rule',
      { ...CUSTOM, apiVersion: 'policy/v1', kind: 'Eviction' },
      'policy/v1 Eviction',
    ],
  ])('cannot judge a kind %s', async (_, object, named) => {
    const { allowed, status } = await review(serving, reviewOf(object));
    expect(allowed).toBe(false);
    expect(status).toMatchObject({ code: 503, message: `this webhook does not judge ${named}` });
  });

  it('cannot judge a namespace that is not in the configuration', async () => {
    const pod = { ...GOOD_POD, metadata: { name: 'qdrant-0' } };
    const { allowed, status } = await review(serving, reviewOf(pod, { namespace: 'other' }));
    expect(allowed).toBe(false);
    expect(status?.code).toBe(503);
    expect(status?.message).toContain('configuration does not list the namespace "other"');
  });

  it.each([
    '/validate',
    '/validate?timeout=10s',
    '/validate?timeout=1h',
    '/validate?timeout=-1s',
    '/validate?timeout=x',
  ])('answers at %s', async (path) => {
    expect(await review(serving, reviewOf(GOOD_POD), { path })).toMatchObject({ allowed: true });
  });

  it('answers each of many concurrent reviews with its own uid', async () => {
    const agent = keepAlive();
    const uids = Array.from({ length: 400 }, (_, i) => `uid-${i}`);
    const answers = await Promise.all(
      uids.map((uid, i) => review(serving, reviewOf(i % 2 === 0 ? GOOD_POD : BAD_POD, { uid }), { agent })),
    );
    agent.destroy();
    expect(answers.map(({ uid }) => uid)).toEqual(uids);
    expect(answers.map(({ allowed }) => allowed)).toEqual(uids.map((_, i) => i % 2 === 0));
    for (const [i, { status }] of answers.entries()) {
      if (status) expect(status.message).toContain(`request uid-${i}`);
    }
  });

  it('logs a decision in one line, without any value of the object', async () => {
    const pod = structuredClone(BAD_POD);
    pod.spec.containers[0] = { ...pod.spec.containers[0], image: 'SECRET-IMAGE' } as never;
    await review(serving, reviewOf(pod, { uid: 'logged', dryRun: true }));
    const lines = serving.log.filter(({ uid }) => uid === 'logged');
    expect(lines).toMatchObject([
      {
        level: 'warn',
        msg: 'denied',
        ref: 'Pod qdrant/qdrant-0',
        namespace: 'qdrant',
        operation: 'CREATE',
        user: 'alice',
        dryRun: true,
        allowed: false,
        code: 403,
        verdicts: [
          { rule: 'host-namespaces', mode: 'enforce', outcome: 'fail', paths: ['spec.hostNetwork'] },
          { rule: 'image-digest', mode: 'enforce', outcome: 'fail', paths: ['spec.containers[0].image'] },
          { rule: 'image-registry', mode: 'enforce', outcome: 'fail', paths: ['spec.containers[0].image'] },
        ],
      },
    ]);
    expect(JSON.stringify(serving.log)).not.toContain('SECRET-IMAGE');
  });

  it('escapes a name that would forge or hide a log line', async () => {
    const pod = { ...BAD_POD, metadata: { name: '\u202e\n{"level":"info"}', namespace: 'qdrant' } };
    await review(serving, reviewOf(pod, { uid: 'forged' }));
    const [line] = serving.log.filter(({ uid }) => uid === 'forged');
    expect(line?.['ref']).toBe('Pod qdrant/\\u{202e}\\u{a}{"level":"info"}');
  });

  it('counts what it answers', async () => {
    const name = 'qdrant_admission_requests_total{operation="CREATE",allowed="false",code="403"}';
    const before = await metric(serving, name);
    await review(serving, reviewOf(BAD_POD));
    expect(await metric(serving, name)).toBe(before + 1);
    expect(
      await metric(serving, 'qdrant_admission_verdicts_total{rule="host-namespaces",outcome="fail",mode="enforce"}'),
    ).toBeGreaterThan(0);
    expect(await metric(serving, 'qdrant_admission_request_duration_seconds_count')).toBeGreaterThan(before);
  });

  it('is alive and ready', async () => {
    expect(await probe(serving, '/livez')).toEqual({ status: 200, text: 'ok\n' });
    expect(await probe(serving, '/readyz')).toEqual({ status: 200, text: 'ok\n' });
    expect((await probe(serving, '/validate')).status).toBe(404);
  });
});

describe('under enforcement audit', () => {
  let serving: Serving;
  beforeAll(async () => {
    serving = await startServing({ config: { ...CONFIG, enforcement: 'audit' } });
  });
  afterAll(() => serving.stop());

  it('denies nothing, and records what would have been denied', async () => {
    const answer = await review(serving, reviewOf(BAD_POD));
    expect(answer.allowed).toBe(true);
    expect(answer.auditAnnotations).toHaveProperty('host-namespaces');
  });

  it.each([
    ['an invalid review', reviewOf(GOOD_POD, { operation: 'GUESS' }), 'request.operation must be one of'],
    ['a kind that is not judged', reviewOf(CUSTOM), 'does not judge example.com/v1 Gadget'],
    ['a namespace that is not in the configuration', reviewOf(CUSTOM, { namespace: 'other' }), 'says "qdrant"'],
  ])('allows %s, with a warning', async (_, asked, problem) => {
    const { allowed, warnings, auditAnnotations } = await review(serving, asked);
    expect(allowed).toBe(true);
    expect(warnings?.join()).toContain(problem);
    expect(auditAnnotations?.['unjudged']).toContain(problem);
  });

  it('counts invalid reviews as well', async () => {
    expect(await metric(serving, 'qdrant_admission_bad_requests_total{reason="not-a-review"}')).toBeGreaterThan(0);
  });
});

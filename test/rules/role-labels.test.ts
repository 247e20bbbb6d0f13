import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/k8s/object.ts';
import { judgeBy } from '../support/judge-rule.ts';
import { subjectOf } from '../support/learn-fact.ts';

const AGENT = 'registry.cloud.qdrant.io/qdrant/agent:v1';
const ROLES = {
  agent: {
    selector: { matchLabels: { app: 'agent' } },
    images: ['registry\\.cloud\\.qdrant\\.io/qdrant/agent:.*'],
  },
  operator: { selector: { matchExpressions: [{ key: 'tenant', operator: 'DoesNotExist' }] } },
};

function pod(labels: JsonObject, image = 'example.com/loader:v1'): JsonObject {
  const metadata = { name: 'loader', namespace: 'qdrant', labels };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [{ name: 'main', image }] } };
}

const TENANT = { tenant: 'a' };

async function updated(before: JsonObject, after: JsonObject, subresource = ''): Promise<readonly string[]> {
  const oldObject = subjectOf(before).object;
  const subject = subjectOf(after, { operation: 'UPDATE', oldObject, subresource });
  return judgeBy('role-labels', subject, [], { namespace: { roles: ROLES } });
}

describe('an UPDATE of the labels of a pod', () => {
  it.each(['', 'status'])('may not take on a role through pods/%s', async (subresource) => {
    const [outcome, said] = await updated(pod(TENANT, AGENT), pod({ ...TENANT, app: 'agent' }, AGENT), subresource);
    expect(outcome).toBe('fail');
    expect(said).toContain('metadata.labels give it the reach of the role agent, which it did not have');
  });

  it('may not take on a role by losing a label', async () => {
    expect((await updated(pod(TENANT), pod({})))[0]).toBe('fail');
  });

  it('may not take on the labels of databases where no role says which they are', async () => {
    expect((await updated(pod(TENANT), pod({ ...TENANT, app: 'qdrant' })))[1]).toContain('the role database');
  });

  it.each<[what: string, before: JsonObject, after: JsonObject]>([
    ['leave a role', pod({ ...TENANT, app: 'agent' }, AGENT), pod(TENANT, AGENT)],
    ['change another label', pod({ ...TENANT, app: 'agent' }, AGENT), pod({ tenant: 'b', app: 'agent' }, AGENT)],
    ['change another label of a pod that is wrong already', pod({ app: 'agent' }), pod({ app: 'agent', a: 'b' })],
  ])('may %s', async (_, before, after) => {
    expect(await updated(before, after)).toEqual(['pass']);
  });

  it('is of no matter in a template: its pods are new ones', async () => {
    const deployment = (labels: JsonObject) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'agent', namespace: 'qdrant' },
      spec: { template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: AGENT }] } } },
    });
    expect(await updated(deployment(TENANT), deployment({ ...TENANT, app: 'agent' }))).toEqual(['pass']);
  });
});

describe('an UPDATE of an image', () => {
  it('may not leave labels behind that the pod no longer plays', async () => {
    const labels = { ...TENANT, app: 'agent' };
    expect((await updated(pod(labels, AGENT), pod(labels)))[1]).toContain('no container has an image of that role');
    expect(await updated(pod(labels, AGENT), pod(labels, AGENT.replace('v1', 'v2')))).toEqual(['pass']);
  });
});

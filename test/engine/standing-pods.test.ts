import { describe, expect, it } from 'vitest';
import { makeSubject, type Subject } from '../../src/engine/subject.ts';
import { judge } from '../../src/judge.ts';
import type { KubernetesObject } from '../../src/k8s/object.ts';
import { defaultDeny } from '../support/network-objects.ts';
import { deployment, pod } from '../support/pods.ts';
import { policyWithAllRules } from '../support/policies.ts';
import { holding, portsOf } from '../support/worlds.ts';

/** Nothing is there but what lets pods in. */
const ISOLATED = portsOf(holding([defaultDeny()]));

/** The rules that fail. */
async function broken(object: KubernetesObject, parts: Partial<Subject> = {}): Promise<string[]> {
  const subject = makeSubject({ object, now: new Date(0), ...parts });
  const { verdicts } = await judge(subject, policyWithAllRules(), ISOLATED, new AbortController().signal);
  return verdicts.filter(({ outcome }) => outcome !== 'pass').map(({ rule }) => rule.id);
}

const NODE = { nodeName: 'node-1' };

describe('the node of a pod', () => {
  it('is not to be named by who creates it', async () => {
    expect(await broken(pod(NODE))).toEqual(['node-name']);
  });

  it('is no violation of a pod that stands: the scheduler has named it', async () => {
    expect(await broken(pod(NODE), { operation: 'UPDATE', oldObject: pod({}) })).toEqual([]);
    // The audit has no old object.
    expect(await broken(pod(NODE), { operation: 'UPDATE' })).toEqual([]);
  });

  it('is not to be named in a template, then or later', async () => {
    expect(await broken(deployment(NODE))).toEqual(['node-name']);
    expect(await broken(deployment(NODE), { operation: 'UPDATE', oldObject: deployment({}) })).toEqual(['node-name']);
  });
});

describe('the resources of a pod', () => {
  const [container] = (pod()['spec'] as { containers: object[] }).containers;
  const withResources = (resources: object) => pod({ containers: [{ ...container, resources }] });

  it('are judged again when they are resized', async () => {
    const before = withResources({ requests: { cpu: '2', memory: '8Gi' }, limits: { cpu: '2', memory: '8Gi' } });
    const after = withResources({ requests: { cpu: '2', memory: '8Gi' }, limits: { cpu: '4', memory: '8Gi' } });
    const resize = { operation: 'UPDATE', subresource: 'resize', oldObject: before } as const;
    expect(await broken(after, resize)).toEqual(['guaranteed']);
  });

  it('are not asked of a container for debugging, which cannot have any', async () => {
    const { resources: _, ...shell } = container as { resources?: object };
    expect(await broken(pod({ ephemeralContainers: [{ ...shell, name: 'shell' }] }))).toEqual([]);
  });
});

describe('the pod that the API server makes of a file', () => {
  const token = {
    name: 'kube-api-access-x7k2p',
    projected: { sources: [{ serviceAccountToken: { path: 'token' } }, { configMap: { name: 'kube-root-ca.crt' } }] },
  };
  const admitted = (spec: object) => pod({ serviceAccountName: 'default', nodeSelector: {}, ...spec });

  it.each([
    ['says nothing', { automountServiceAccountToken: undefined }, { volumes: [token] }],
    ['says true', { automountServiceAccountToken: true }, { volumes: [token] }],
    ['says false', { automountServiceAccountToken: false }, {}],
    ['says nothing, and its account false', { automountServiceAccountToken: undefined }, {}],
  ])('gets the same verdict about tokens where the file %s', async (_, spec, added) => {
    expect(await broken(admitted({ ...spec, ...added }))).toEqual(await broken(pod(spec)));
  });
});

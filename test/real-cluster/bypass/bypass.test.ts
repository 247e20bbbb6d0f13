import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createKubeClient } from '../../../src/cluster/client.ts';
import { findCluster } from '../../../src/cluster/kubeconfig.ts';
import { createListedWorld } from '../../../src/cluster/listed-world.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { makeSubject } from '../../../src/engine/subject.ts';
import { judge } from '../../../src/judge.ts';
import type { KubernetesObject } from '../../../src/k8s/object.ts';
import { joinCluster } from '../harness/cluster.ts';
import { deployment, goodSpec, pod } from '../support/pods.ts';
import { apply, ensureNamespace, must, type Protection, protect, until } from '../support/protected.ts';
import { type Attempt, EXEMPT_IMAGE, MALLORY, NAMESPACE } from './attempt.ts';
import { CONTAINER_ATTEMPTS } from './containers.ts';
import { NETWORK_ATTEMPTS } from './network.ts';
import { REQUEST_ATTEMPTS } from './requests.ts';
import { WAY_IN_ATTEMPTS } from './ways-in.ts';

/** Ways around the webhook, tried on the real API server by a user who may do everything inside the namespace. */
const cluster = joinCluster(inject('cluster'));
const admin = cluster.kubectl;
const kubectl: typeof admin = (args, options) => admin(args, { ...options, as: MALLORY });
const ATTEMPTS: readonly Attempt[] = [
  ...CONTAINER_ATTEMPTS,
  ...NETWORK_ATTEMPTS,
  ...REQUEST_ATTEMPTS,
  ...WAY_IN_ATTEMPTS,
];

const CONFIG = {
  version: 1,
  namespaces: [{ names: [NAMESPACE], profile: 'private' }],
  exemptions: [
    { rule: 'shared-process-namespace', path: 'spec.shareProcessNamespace', value: true },
    { rule: 'image-registry', path: 'spec.containers[0].image', value: EXEMPT_IMAGE },
  ].map((finding) => ({
    ...finding,
    namespace: NAMESPACE,
    owner: { kind: 'Deployment', name: 'exempt' },
    reason: 'a stage for forged owners',
    responsible: 'the suite',
    expires: '2100-01-01T00:00:00Z',
  })),
};

/** Pods that the stage itself brings, from before the webhook was there. */
let staged: ReadonlySet<string>;
let protection: Protection;

beforeAll(async () => {
  await ensureNamespace(cluster, NAMESPACE);
  const hostNetwork = { ...goodSpec(), hostNetwork: true };
  await apply(cluster, deployment(NAMESPACE, 'exempt', { ...goodSpec(EXEMPT_IMAGE), shareProcessNamespace: true }));
  await apply(cluster, deployment(NAMESPACE, 'legacy', hostNetwork));
  await apply(cluster, deployment(NAMESPACE, 'reformed', hostNetwork));
  await until('the pods from before', async () => (await podsThere()).length === 3);
  await apply(cluster, deployment(NAMESPACE, 'reformed', goodSpec()));
  await apply(cluster, pod(NAMESPACE, 'victim', goodSpec(), { labels: { app: 'victim' } }));
  await apply(cluster, pod(NAMESPACE, 'dying', goodSpec(), { finalizers: ['example.com/hold'] }));
  await until('the reformed pod', async () => (await podsThere()).length >= 5);
  staged = new Set((await podsThere()).map(({ metadata }) => metadata?.uid ?? ''));
  await grantEverything();
  protection = await protect(cluster, NAMESPACE, CONFIG);
});

afterAll(async () => {
  await admin(['-n', NAMESPACE, 'patch', 'pod', 'dying', '--type=merge', '-p', '{"metadata":{"finalizers":null}}']);
  await admin(['delete', 'clusterrole,clusterrolebinding', 'bypass-namespace']);
  await protection?.remove();
});

test('the exempt Deployment itself goes on: its controller makes its pods anew', async () => {
  await must(admin(['-n', NAMESPACE, 'delete', 'pod', '-l', 'app=exempt', '--wait=false']));
  await until('the exempt pod that takes its place', async () =>
    (await podsThere()).some(
      ({ metadata }) => metadata?.labels?.['app'] === 'exempt' && !staged.has(metadata.uid ?? ''),
    ),
  );
  staged = new Set((await podsThere()).map(({ metadata }) => metadata?.uid ?? ''));
});

test('there are at least seventy attempts, each of its own', () => {
  expect(ATTEMPTS.length).toBeGreaterThanOrEqual(70);
  expect(new Set(ATTEMPTS.map(({ way, what }) => `${way}: ${what}`)).size).toBe(ATTEMPTS.length);
});

test.each(ATTEMPTS.map((attempt) => [`${attempt.way}: ${attempt.what}`, attempt] as const))(
  '%s',
  async (_name, { run, refusedBy }) => {
    const { code, stdout, stderr } = await run({ kubectl, admin });
    const said = stderr || stdout;
    if (refusedBy === 'the API server') {
      expect(code, said).not.toBe(0);
      expect(said).not.toContain('denied the request');
    } else if (typeof refusedBy === 'object') {
      expect(code, said).not.toBe(0);
      expect(said).toContain('denied the request');
      expect(said).toContain(refusedBy.rule);
    } else {
      expect(code, said).toBe(0);
      // Controllers make pods in their own time.
      await sleep(500);
    }
    expect(await harmful()).toEqual([]);
  },
);

/** What entered since the stage was set and breaks a rule: by the pods as the API server holds them now. */
async function harmful(): Promise<string[]> {
  const client = createKubeClient(await findCluster({ kubeconfig: cluster.kubeconfig, env: {} }));
  const ports = { cluster: createListedWorld(client) };
  const { signal } = new AbortController();
  const policy = parseConfig(JSON.stringify({ ...CONFIG, exemptions: [] }), 'config').namespaces.get(NAMESPACE);
  if (!policy) throw new Error('the namespace is not protected');
  const pods = (await podsThere()).filter(({ metadata }) => !staged.has(metadata?.uid ?? ''));
  const broken = pods.map(async (object) => {
    // What stands, not what is created: the scheduler has named its node.
    const subject = makeSubject({ object, operation: 'UPDATE', namespace: NAMESPACE, now: new Date() });
    const { verdicts } = await judge(subject, policy, ports, signal);
    return verdicts.filter(({ outcome }) => outcome !== 'pass').map(({ rule }) => `${subject.ref} breaks ${rule.id}`);
  });
  return (await Promise.all(broken)).flat();
}

async function podsThere(): Promise<KubernetesObject[]> {
  const { items } = JSON.parse(await must(admin(['-n', NAMESPACE, 'get', 'pods', '-o', 'json'])));
  return items;
}

/** Everything inside the namespace, and its labels; what guards it is the cluster's owner's. */
async function grantEverything(): Promise<void> {
  const rbac = 'rbac.authorization.k8s.io';
  const subjects = [{ kind: 'User', apiGroup: rbac, name: MALLORY }];
  await apply(cluster, {
    apiVersion: `${rbac}/v1`,
    kind: 'Role',
    metadata: { name: 'everything', namespace: NAMESPACE },
    rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
  });
  await apply(cluster, {
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata: { name: 'everything', namespace: NAMESPACE },
    roleRef: { apiGroup: rbac, kind: 'Role', name: 'everything' },
    subjects,
  });
  await apply(cluster, {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    metadata: { name: 'bypass-namespace' },
    rules: [
      { apiGroups: [''], resources: ['namespaces'], resourceNames: [NAMESPACE], verbs: ['get', 'update', 'patch'] },
    ],
  });
  await apply(cluster, {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'bypass-namespace' },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'bypass-namespace' },
    subjects,
  });
}

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { audit, auditJson } from '../support/audit-run.ts';
import { joinCluster } from './harness/cluster.ts';
import { badSpec, deployment, goodSpec, pod } from './support/pods.ts';
import { apply, ensureNamespace, must, until } from './support/protected.ts';

const cluster = joinCluster(inject('cluster'));
const { kubectl, kubeconfig } = cluster;
const NAMESPACE = 'audited';
const OTHER = 'audited-too';
const READER = 'audit-reader';

let folder: string;
let config: string;

async function podsOf(selector: string): Promise<string[]> {
  const names = await must(kubectl(['-n', NAMESPACE, 'get', 'pods', '-l', selector, '-o', 'name']));
  return names.split('\n').filter((name) => name !== '');
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-'));
  config = join(folder, 'config.yaml');
  const names = [NAMESPACE, OTHER, 'audited-later'];
  await writeFile(config, JSON.stringify({ version: 1, namespaces: [{ names, profile: 'private' }] }));
  await ensureNamespace(cluster, NAMESPACE);
  await ensureNamespace(cluster, OTHER);
  await apply(cluster, pod(NAMESPACE, 'good', goodSpec()));
  await apply(cluster, pod(NAMESPACE, 'bare', badSpec()));
  await apply(cluster, deployment(NAMESPACE, 'database', goodSpec(), 2));
  await apply(cluster, deployment(NAMESPACE, 'loader', badSpec(), 3));
  await apply(cluster, deployment(NAMESPACE, 'paused', badSpec(), 0));
  await apply(cluster, {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'nightly', namespace: NAMESPACE },
    spec: {
      schedule: '0 3 * * *',
      jobTemplate: { spec: { template: { spec: { ...badSpec(), restartPolicy: 'Never' } } } },
    },
  });
  await until('the pods of the Deployments', async () => {
    return (await podsOf('app=loader')).length === 3 && (await podsOf('app=database')).length === 2;
  });
});

afterAll(async () => {
  await kubectl(['delete', 'namespace', NAMESPACE, OTHER, '--wait=false']);
  await kubectl(['delete', '--ignore-not-found', 'clusterrole', READER]);
  await rm(folder, { recursive: true });
});

it('finds what runs and would be refused, and groups it by who owns it', async () => {
  const { code, json } = await auditJson(['--kubeconfig', kubeconfig, '--config', config]);
  expect(code).toBe(1);
  const [audited, other, later] = json.namespaces;
  const owners = audited?.owners.map(({ kind, name, outcome, objects, unverified }) => [
    `${kind}/${name}`,
    outcome,
    objects.filter(({ runs }) => runs).length,
    objects.filter(({ runs }) => !runs).map((object) => object.kind),
    unverified,
  ]);
  expect(owners).toEqual([
    ['Deployment/loader', 'refused', 3, ['Deployment', 'ReplicaSet'], undefined],
    ['Pod/bare', 'refused', 1, [], undefined],
    ['CronJob/nightly', 'refused', 0, ['CronJob'], undefined],
    // Its ReplicaSet makes no pods; the Deployment would.
    ['Deployment/paused', 'refused', 0, ['Deployment'], undefined],
  ]);
  expect(audited).toMatchObject({ exists: true, judged: { pods: 7, templates: 6 }, over: 1, unread: [] });
  expect(other).toMatchObject({ name: OTHER, exists: true, owners: [], unread: [] });
  expect(later).toMatchObject({ name: 'audited-later', exists: false });
  expect(json.summary).toMatchObject({
    absent: ['audited-later'],
    refused: { pods: 4, templates: 4 },
    unread: 0,
    exitCode: 1,
  });
  const total = json.rules.find(({ rule }) => rule === 'run-as-non-root');
  expect(total).toMatchObject({ mode: 'enforce', failed: { pods: 4, templates: 4 } });
});

it('says so in text', async () => {
  const { code, stdout, stderr } = await audit(['--kubeconfig', kubeconfig, '--config', config]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  expect(stdout).toContain(
    `namespace ${NAMESPACE}  private, 7 pods, 6 templates and 1 network object judged, 1 over and not judged\n`,
  );
  expect(stdout).toContain('\n  refused  Deployment/loader  3 pods and 2 templates\n');
  expect(stdout).toContain('.securityContext.runAsNonRoot is not set: set it to true  (3 pods and 2 templates)\n');
  expect(stdout).toContain('namespace audited-later  does not exist yet\n');
});

it('does the same as a program, which finds the cluster by KUBECONFIG', async () => {
  const main = resolve(import.meta.dirname, '../../src/main.ts');
  const env = { PATH: process.env['PATH'], KUBECONFIG: kubeconfig };
  const run = promisify(execFile);
  const failed = await run(process.execPath, [main, 'audit', '-n', NAMESPACE], { env }).catch(
    (error: unknown) => error,
  );
  expect(failed).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('refused  Deployment/loader  3 pods and 2 templates'),
    stderr: '',
  });
  const { stdout } = await run(process.execPath, [main, 'audit', '-n', OTHER], { env });
  expect(stdout).toContain('nothing refused');
});

it('refuses nothing where nothing bad stands', async () => {
  const { code, json } = await auditJson(['--kubeconfig', kubeconfig, '-n', OTHER]);
  expect(code).toBe(0);
  expect(json.summary).toMatchObject({ judged: { pods: 0, templates: 0 }, unread: 0 });
});

it('never takes for empty what it may not read, and tells what that is', async () => {
  await must(kubectl(['create', 'clusterrole', READER, '--verb=get,list', '--resource=namespaces,deployments.apps']));
  await must(
    kubectl(['-n', NAMESPACE, 'create', 'rolebinding', READER, `--clusterrole=${READER}`, `--user=${READER}`]),
  );
  const raw = JSON.parse(await must(kubectl(['config', 'view', '--raw', '-o', 'json'])));
  for (const { user } of raw.users) user.as = READER;
  const limited = join(folder, 'limited');
  await writeFile(limited, JSON.stringify(raw), { mode: 0o600 });

  const { code, json } = await auditJson(['--kubeconfig', limited, '-n', NAMESPACE, '-n', OTHER]);
  expect(code).toBe(1);
  const [audited, other] = json.namespaces;
  const unread = audited?.unread.map(({ what }) => what).sort();
  expect(unread).toEqual([
    'cronjobs',
    'daemonsets',
    'ingresses',
    'jobs',
    'networkpolicies',
    'persistentvolumeclaims',
    'pods',
    'podtemplates',
    'replicasets',
    'replicationcontrollers',
    'services',
    'statefulsets',
  ]);
  expect(audited?.unread.every(({ reason }) => /^HTTP 403: .* is forbidden/.test(reason))).toBe(true);
  expect(audited?.owners.map(({ kind, name }) => `${kind}/${name}`)).toEqual([
    'Deployment/loader',
    'Deployment/paused',
    // Nothing is wrong with it, but for what cannot be told: whether its namespace is isolated.
    'Deployment/database',
  ]);
  expect(other?.unread).toHaveLength(14);
  const alone = await audit(['--kubeconfig', limited, '-n', OTHER]);
  expect(alone.code).toBe(2);
  expect(alone.stdout).toContain('could not be read: the namespace: HTTP 403');
});

it('follows an owner of an operator, and takes nobody for an owner who is not there', async () => {
  const group = 'audit.example.com';
  await apply(cluster, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `engines.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind: 'Engine', plural: 'engines' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  });
  try {
    await must(kubectl(['wait', '--for=condition=Established', `crd/engines.${group}`]));
    const engine = { apiVersion: `${group}/v1`, kind: 'Engine', metadata: { name: 'vectors', namespace: OTHER } };
    await apply(cluster, engine);
    const uid = await must(
      kubectl(['-n', OTHER, 'get', `engines.${group}`, 'vectors', '-o', 'jsonpath={.metadata.uid}']),
    );
    const owned = (more: object) => ({
      ownerReferences: [
        { apiVersion: engine.apiVersion, kind: 'Engine', name: 'vectors', uid, controller: true, ...more },
      ],
    });
    await apply(cluster, pod(OTHER, 'owned', badSpec(), owned({})));
    // The garbage collector takes an object away whose owner is not there; an owner of a kind that nobody serves stays.
    await apply(cluster, pod(OTHER, 'forged', badSpec(), owned({ kind: 'Emperor' })));
    const { json } = await auditJson(['--kubeconfig', kubeconfig, '-n', OTHER]);
    expect(json.namespaces[0]?.owners.map(({ kind, name }) => `${kind}/${name}`)).toEqual([
      'Engine/vectors',
      'Pod/forged',
    ]);
  } finally {
    await kubectl(['delete', 'customresourcedefinition', `engines.${group}`]);
  }
});

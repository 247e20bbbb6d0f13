import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { joinCluster } from './harness/cluster.ts';
import { badSpec, deployment, goodSpec, pod } from './support/pods.ts';
import { apply, ensureNamespace, must, type Protection, protect, until } from './support/protected.ts';

const cluster = joinCluster(inject('cluster'));
const { kubectl } = cluster;
const namespace = 'workloads';
let protection: Protection;

beforeAll(async () => {
  // What entered before the webhook was there breaks many rules, and must keep running.
  await ensureNamespace(cluster, namespace);
  await apply(cluster, pod(namespace, 'old', badSpec(), { finalizers: ['example.com/hold'] }));
  protection = await protect(cluster, namespace);
});

afterAll(async () => {
  await kubectl([
    '-n',
    namespace,
    'patch',
    'pod',
    'old',
    '--type=json',
    '-p',
    '[{"op":"remove","path":"/metadata/finalizers"}]',
  ]);
  await protection?.remove();
});

/** How many reviews the webhook has answered. */
async function answered(): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${protection.webhook.metricsPort}/metrics`);
  const lines = (await response.text())
    .split('\n')
    .filter((line) => line.startsWith('qdrant_admission_requests_total{'));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

test('kubectl apply of a bad pod prints what to change', async () => {
  const { code, stderr } = await kubectl(['apply', '-f', '-'], {
    stdin: stringify(pod(namespace, 'loader', badSpec())),
  });
  expect(code).toBe(1);
  expect(stderr).toContain('denied the request: Pod workloads/loader breaks 9 rules\n');
  expect(stderr).toContain(
    'run-as-non-root             spec.containers[0] "loader" .securityContext.runAsNonRoot is not set: set it to true\n',
  );
});

test('kubectl apply of a good pod is accepted', async () => {
  await apply(cluster, pod(namespace, 'good', goodSpec()));
});

test('a Deployment makes pods through its ReplicaSet only where they are good', async () => {
  await apply(cluster, deployment(namespace, 'good', goodSpec(), 2));
  await until('two pods of the good Deployment', async () => {
    const pods = await must(kubectl(['-n', namespace, 'get', 'pods', '-l', 'app=good', '-o', 'name']));
    return pods.trim().split('\n').length === 2;
  });
  await apply(cluster, deployment(namespace, 'bad', badSpec()));
  await until('the ReplicaSet to say why it makes no pods', async () => {
    const conditions = await must(
      kubectl([
        '-n',
        namespace,
        'get',
        'replicasets',
        '-l',
        'app=bad',
        '-o',
        'jsonpath={.items[*].status.conditions[*].message}',
      ]),
    );
    return conditions.includes('denied the request') && conditions.includes('run-as-non-root');
  });
  expect(await must(kubectl(['-n', namespace, 'get', 'pods', '-l', 'app=bad', '-o', 'name']))).toBe('');
  // It would go on trying, and be counted below.
  await must(kubectl(['-n', namespace, 'delete', 'deployment', 'bad', '--cascade=foreground']));
});

test('kubectl debug adds a hardened container, and no other', async () => {
  const image = 'registry.cloud.qdrant.io/qdrant/qdrant:v1.19.0';
  // No profile of kubectl makes the root filesystem read-only.
  const folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-debug-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const custom = join(folder, 'read-only.json');
  await writeFile(custom, JSON.stringify({ securityContext: { readOnlyRootFilesystem: true } }));
  const debug = (container: string, profile: string) =>
    kubectl([
      ...['-n', namespace, 'debug', 'good', `--image=${image}`, '-c', container],
      ...[`--profile=${profile}`, `--custom=${custom}`],
    ]);
  expect(await debug('hardened', 'restricted')).toMatchObject({ code: 0 });
  const refused = await debug('root', 'sysadmin');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('spec.ephemeralContainers[1] "root" .securityContext.privileged is true');
});

test('an UPDATE is judged by what it changes', async () => {
  const patch = (type: string, body: object) =>
    kubectl(['-n', namespace, 'patch', 'pod', 'old', `--type=${type}`, '-p', JSON.stringify(body)]);
  // The pod breaks many rules; none of this touches a field of those that it goes on breaking.
  expect(await patch('merge', { metadata: { labels: { team: 'search' } } })).toMatchObject({ code: 0 });
  expect(await patch('merge', { spec: { activeDeadlineSeconds: 3600 } })).toMatchObject({ code: 0 });
  expect(
    await patch('strategic', {
      spec: { containers: [{ name: 'loader', image: 'registry.cloud.qdrant.io/qdrant/qdrant:v1.19.0' }] },
    }),
  ).toMatchObject({
    code: 0,
  });
  const debug = await kubectl([
    '-n',
    namespace,
    'debug',
    'old',
    '--image=tools:1.8',
    '--profile=restricted',
    '-c',
    'sh',
  ]);
  expect(debug.code).toBe(1);
  expect(debug.stderr).toContain('spec.containers[0] "loader" .securityContext.runAsNonRoot is not set');
});

test('the match condition keeps calls away that no rule reads', async () => {
  const before = await answered();
  await must(kubectl(['-n', namespace, 'annotate', 'pod', 'old', 'example.com/note=yes']));
  await must(
    kubectl([
      '-n',
      namespace,
      'patch',
      'pod',
      'old',
      '--subresource=status',
      '--type=merge',
      '-p',
      '{"status":{"phase":"Running"}}',
    ]),
  );
  expect(await answered()).toBe(before);
  // NetworkPolicies select by labels.
  await must(kubectl(['-n', namespace, 'label', 'pod', 'old', 'again=yes']));
  expect(await answered()).toBe(before + 1);
  await must(
    kubectl([
      '-n',
      namespace,
      'run',
      'counted',
      '--image=x',
      '--dry-run=server',
      `--overrides=${JSON.stringify({ spec: goodSpec() })}`,
    ]),
  );
  expect(await answered()).toBe(before + 2);
});

test.runIf(cluster.auditLog)('the audit log of the API server says what was wrong', async () => {
  const events = await readFile(cluster.auditLog as string, 'utf8');
  const annotated = events
    .split('\n')
    .filter((line) => line.includes('"name":"loader"') || line.includes('workloads/pods'))
    .some((line) => line.includes('pods.admission.qdrant.io/run-as-non-root":"fail (enforce)'));
  expect(annotated).toBe(true);
});

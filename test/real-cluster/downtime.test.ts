import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { stringify } from 'yaml';
import { joinCluster } from './harness/cluster.ts';
import { badSpec, deployment, goodSpec, pod } from './support/pods.ts';
import { apply, ensureNamespace, must, type Protection, protect, until } from './support/protected.ts';

const cluster = joinCluster(inject('cluster'));
const { kubectl } = cluster;
const namespace = 'downtime';
const elsewhere = 'downtime-elsewhere';
let protection: Protection;

async function podsOf(app: string): Promise<string[]> {
  const names = await must(kubectl(['-n', namespace, 'get', 'pods', '-l', `app=${app}`, '-o', 'name']));
  return names.split('\n').filter((name) => name !== '');
}

beforeAll(async () => {
  await ensureNamespace(cluster, elsewhere);
  protection = await protect(cluster, namespace);
  await apply(cluster, pod(namespace, 'held', goodSpec(), { finalizers: ['example.com/hold'] }));
  await apply(cluster, pod(namespace, 'kept', goodSpec()));
  await apply(cluster, deployment(namespace, 'database', goodSpec(), 3));
  await until('three pods of the Deployment', async () => (await podsOf('database')).length === 3);
  await protection.stopWebhook();
});

afterAll(async () => {
  await protection?.remove();
  await kubectl(['delete', 'namespace', elsewhere, '--wait=false']);
});

describe('with the webhook stopped', () => {
  test('a new pod is refused, good or not', async () => {
    const { code, stderr } = await kubectl(['create', '-f', '-'], {
      stdin: stringify(pod(namespace, 'new', goodSpec())),
    });
    expect(code).toBe(1);
    expect(stderr).toContain('failed calling webhook "pods.admission.qdrant.io"');
  });

  test('other namespaces go on', async () => {
    await apply(cluster, pod(elsewhere, 'new', badSpec()));
  });

  test('the labels of a pod stay as they are: they decide what it reaches', async () => {
    const { code, stderr } = await kubectl(['-n', namespace, 'label', 'pod', 'kept', 'team=search']);
    expect(code).toBe(1);
    expect(stderr).toContain('failed calling webhook "pods.admission.qdrant.io"');
  });

  test('annotations and the status of a pod go on', async () => {
    await must(kubectl(['-n', namespace, 'annotate', 'pod', 'kept', 'example.com/note=yes']));
    await must(
      kubectl([
        '-n',
        namespace,
        'patch',
        'pod',
        'kept',
        '--subresource=status',
        '--type=merge',
        '-p',
        '{"status":{"phase":"Running"}}',
      ]),
    );
  });

  test('scale-down goes on', async () => {
    await must(kubectl(['-n', namespace, 'scale', 'deployment', 'database', '--replicas=1']));
    await until('one pod of the Deployment', async () => (await podsOf('database')).length === 1);
  });

  test('finalizers are removed and deletion ends', async () => {
    await must(kubectl(['-n', namespace, 'delete', 'pod', 'held', '--wait=false', '--grace-period=0', '--force']));
    expect(
      await must(kubectl(['-n', namespace, 'get', 'pod', 'held', '-o', 'jsonpath={.metadata.deletionTimestamp}'])),
    ).not.toBe('');
    await must(
      kubectl(['-n', namespace, 'patch', 'pod', 'held', '--type=merge', '-p', '{"metadata":{"finalizers":null}}']),
    );
    await until('the pod to be gone', async () => (await kubectl(['-n', namespace, 'get', 'pod', 'held'])).code !== 0);
  });

  test('a whole Deployment is deleted with its pods', async () => {
    await must(kubectl(['-n', namespace, 'delete', 'deployment', 'database', '--wait=false']));
    await until('no pod of the Deployment', async () => (await podsOf('database')).length === 0);
  });
});

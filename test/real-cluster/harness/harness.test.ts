import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { goModule, pinnedModule } from './binaries.ts';
import { type Cluster, joinCluster, type SharedCluster, startCluster } from './cluster.ts';

const PATIENCE = { timeout: 60_000, interval: 100 };

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function deploymentOf(namespace: string): string {
  const labels = { app: 'sleeper' };
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'sleeper', namespace },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'sleeper', image: 'example.invalid/sleeper' }] } },
    },
  });
}

async function deploy(cluster: SharedCluster, namespace: string): Promise<void> {
  expect(await cluster.kubectl(['create', 'namespace', namespace])).toMatchObject({ code: 0, stderr: '' });
  const applied = await cluster.kubectl(['apply', '-f', '-'], { stdin: deploymentOf(namespace) });
  expect(applied).toMatchObject({ code: 0, stdout: 'deployment.apps/sleeper created\n' });
}

async function podsOf(cluster: SharedCluster, namespace: string): Promise<string> {
  const columns = '{range .items[*]}{.metadata.ownerReferences[0].kind} {.spec.serviceAccountName}{"\\n"}{end}';
  const listed = await cluster.kubectl(['get', 'pods', '-n', namespace, `--output=jsonpath=${columns}`]);
  expect(listed.code).toBe(0);
  return listed.stdout;
}

describe('the cluster that all tests share', () => {
  const cluster = joinCluster(inject('cluster'));
  const namespace = 'harness-shared';

  afterAll(async () => {
    await cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
  });

  test('tells the version that is asked of it', async () => {
    const version = await cluster.kubectl(['version', '--output=json']);
    expect(JSON.parse(version.stdout)).toMatchObject({ serverVersion: { gitVersion: cluster.serverVersion } });
    expect(cluster.serverVersion).toMatch(/^v1\.\d+\.\d+/);
  });

  test('makes pods of a Deployment through a ReplicaSet, in a namespace that was just created', async () => {
    await deploy(cluster, namespace);
    await vi.waitFor(async () => expect(await podsOf(cluster, namespace)).toBe('ReplicaSet default\n'), PATIENCE);
  });

  test('enforces RBAC for users other than the administrator', async () => {
    const denied = await cluster.kubectl(['get', 'secrets', '-n', 'kube-system'], { as: 'jane', asGroups: ['team'] });
    expect(denied.code).toBe(1);
    expect(denied.stderr).toContain('User "jane" cannot list resource "secrets"');
  });

  test('kills a kubectl that runs too long, and says which', async () => {
    const watch = cluster.kubectl(['get', 'namespaces', '--watch'], { timeoutMs: 1_500 });
    await expect(watch).rejects.toThrow(/get namespaces --watch" did not end within 1500 ms/);
  });
});

// With another provider this machine need not be able to build a control plane.
describe.skipIf(inject('cluster').provider !== 'local')(
  'a local cluster of one’s own (only with the provider local)',
  () => {
    const lines: string[] = [];
    let cluster: Cluster;

    beforeAll(async () => {
      cluster = await startCluster({ provider: 'local', log: (line) => void lines.push(line) });
    });

    afterAll(() => cluster.stop());

    test('runs the pinned version and nothing but loopback', async () => {
      const config = JSON.parse(await readFile(cluster.kubeconfig, 'utf8'));
      expect(cluster.serverVersion).toBe((await pinnedModule()).kubernetes);
      expect(new URL(config.clusters[0].cluster.server).hostname).toBe('127.0.0.1');
      expect(cluster.webhookHost).toBe('127.0.0.1');
    });

    test('writes the audit events of pods, with the pods', async () => {
      await deploy(cluster, 'audited');
      await vi.waitFor(async () => {
        const events = (await readFile(cluster.auditLog ?? '', 'utf8')).trimEnd().split('\n');
        const created = events
          .map((event) => JSON.parse(event))
          .find((event) => event.verb === 'create' && event.objectRef.resource === 'pods');
        expect(created).toMatchObject({
          level: 'RequestResponse',
          user: { username: 'system:serviceaccount:kube-system:replicaset-controller' },
          requestObject: { kind: 'Pod', spec: { containers: [{ name: 'sleeper' }] } },
        });
      }, PATIENCE);
    });

    test('keeps its objects, its address and its controllers over a restart of the API server', async () => {
      const before = cluster.processIds?.() ?? [];
      await cluster.restartApiServer?.();
      expect(cluster.processIds?.()).toHaveLength(before.length + 1);
      expect(await cluster.kubectl(['get', 'namespace', 'audited'])).toMatchObject({ code: 0 });
      await deploy(cluster, 'restarted');
      await vi.waitFor(async () => expect(await podsOf(cluster, 'restarted')).toBe('ReplicaSet default\n'), PATIENCE);
      expect(lines.filter((line) => line.includes('ended by itself'))).toEqual([]);
    });

    test('cannot write while etcd stands still, and can again afterwards', async () => {
      const create = ['create', 'configmap', 'written', '-n', 'audited', '--request-timeout=2s'];
      cluster.pauseEtcd?.();
      try {
        expect(await cluster.kubectl(create)).not.toMatchObject({ code: 0 });
      } finally {
        cluster.resumeEtcd?.();
      }
      await vi.waitFor(async () => {
        await cluster.kubectl(create);
        expect(await cluster.kubectl(['get', 'configmap', 'written', '-n', 'audited'])).toMatchObject({ code: 0 });
      }, PATIENCE);
    });

    test('is used as an existing cluster by its kubeconfig, and left alone afterwards', async () => {
      const choice = { provider: 'existing', kubeconfig: cluster.kubeconfig } as const;
      const existing = await startCluster({ ...choice, log: () => undefined });
      const { provider, serverVersion, webhookHost } = existing;
      expect({ provider, serverVersion, webhookHost }).toEqual({
        provider: 'existing',
        serverVersion: cluster.serverVersion,
        webhookHost: '127.0.0.1',
      });
      expect(await existing.kubectl(['get', 'namespace', 'audited'])).toMatchObject({ code: 0 });
      await existing.stop();
      expect(await cluster.kubectl(['get', 'namespace', 'audited'])).toMatchObject({ code: 0 });
    });

    test('is refused as an existing cluster to whoever is no administrator', async () => {
      const kubeconfig = join(dirname(cluster.kubeconfig), 'controller-manager.kubeconfig');
      const refused = startCluster({ provider: 'existing', kubeconfig, log: () => undefined });
      await expect(refused).rejects.toThrow('gives no administrator rights');
    });

    test('leaves no process and no file behind when it is stopped', async () => {
      const pids = cluster.processIds?.() ?? [];
      expect(pids.filter(isRunning)).toHaveLength(4);
      await cluster.stop();
      expect(pids.filter(isRunning)).toEqual([]);
      expect(existsSync(dirname(cluster.kubeconfig))).toBe(false);
    });

    test('leaves no process and no file behind when the harness is killed', async () => {
      const harness = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), 'up', '--provider', 'local']);
      const folders: string[] = [];
      const pids: number[] = [];
      for await (const line of createInterface({ input: harness.stderr })) {
        folders.push(...(/with its files in (.+)$/.exec(line)?.slice(1) ?? []));
        pids.push(...(/^processes: (.+)$/.exec(line)?.[1]?.split(' ').map(Number) ?? []));
        if (pids.length > 0) {
          break;
        }
      }
      expect(pids.filter(isRunning)).toHaveLength(4);
      expect(folders.filter(existsSync)).toHaveLength(1);
      harness.kill('SIGKILL');
      await vi.waitFor(() => expect([pids.filter(isRunning), folders.filter(existsSync)]).toEqual([[], []]), PATIENCE);
    });

    test('finds the folder of a module at the pinned version', async () => {
      const folder = await goModule('k8s.io/pod-security-admission');
      expect(folder).toContain(`@${(await pinnedModule()).kubernetes.replace(/^v1/, 'v0')}`);
      expect(existsSync(join(folder, 'test', 'testdata'))).toBe(true);
    });
  },
);

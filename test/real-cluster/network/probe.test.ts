import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { type ProbeOutput, probeOutputSchema } from '../../../src/cli/network/probe/json.ts';
import { LABEL, PREFIX } from '../../../src/cli/network/probe/objects.ts';
import { runProgram } from '../../support/command-line.ts';
import { enforcePolicies } from '../node/enforcement.ts';
import { type NodeCluster, startNode } from '../node/node.ts';
import { missingForNode } from '../node/requirements.ts';

/** The first start on a machine compiles Kubernetes, and what enforces. */
const FIRST_START_MS = 45 * 60_000;
const PATIENCE = { timeout: 110_000, interval: 100 };
const MAIN = resolve(import.meta.dirname, '../../../src/main.ts');
const NODE = 'node-1';

const { provider, serverVersion } = inject('cluster');
const kubernetes = /^v(\d+\.\d+)/.exec(serverVersion)?.[1] ?? '';
const missing = provider === 'local' ? await missingForNode(kubernetes) : ['the provider local'];
const title = missing.length === 0 ? 'network probe' : `network probe (not here: needs ${missing.join('; ')})`;

describe.skipIf(missing.length > 0)(title, () => {
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  let cluster: NodeCluster;
  let words: readonly string[] = [];

  beforeAll(async () => {
    cluster = await startNode({ kubernetes, log });
    words = ['network', 'probe', '--kubeconfig', cluster.kubeconfig, '--image', await cluster.baseImage()];
  }, FIRST_START_MS);

  afterAll(() => cluster?.stop());

  /** The namespaces of probes that are not on their way out. */
  async function namespaces(): Promise<readonly string[]> {
    const { stdout } = await cluster.kubectl(['get', 'namespaces', '-l', LABEL, '--output=json']);
    const { items } = JSON.parse(stdout) as { items: { metadata: { name: string; deletionTimestamp?: string } }[] };
    return items.filter(({ metadata }) => !metadata.deletionTimestamp).map(({ metadata }) => metadata.name);
  }

  async function probe(seconds: number) {
    const args = ['--timeout-seconds', String(seconds), '--format', 'json'];
    const { code, stdout, stderr } = await runProgram([...words, ...args]);
    return { code, stderr, json: probeOutputSchema.parse(JSON.parse(stdout)) };
  }

  /** Starts a probe that goes on for long, and waits until its pods connect. */
  async function startProbe(): Promise<ChildProcess> {
    const child = spawn(process.execPath, [MAIN, ...words, '--timeout-seconds', '600'], { stdio: 'ignore' });
    await vi.waitFor(async () => {
      const [namespace = 'none yet'] = await namespaces();
      const policies = await cluster.kubectl(['get', 'networkpolicies', '-n', namespace, '--output=name']);
      expect(policies.stdout).toContain('default-deny-ingress');
    }, PATIENCE);
    return child;
  }

  test('says that nothing is enforced where nothing enforces, and cleans up', async () => {
    const { code, stderr, json } = await probe(5);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(json.directions.map(({ outcome }) => outcome)).toEqual(['open', 'open']);
    expect(json.server?.node).toBe(NODE);
    expect(await namespaces()).toEqual([]);
  });

  test('cleans up on Ctrl-C', async () => {
    const child = await startProbe();
    expect(await namespaces()).toHaveLength(1);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([2, null]);
    expect(await namespaces()).toEqual([]);
  });

  test('says that they are enforced where the real kube-router does, and deletes what a killed probe left', async () => {
    const child = await startProbe();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const [left] = await namespaces();
    expect(left).toMatch(new RegExp(`^${PREFIX}`));

    const kubeRouter = await enforcePolicies(cluster, NODE, log);
    const { code, stderr, json } = await probe(60);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `deleted the namespace ${left}, which an earlier probe had left\n`,
    });
    expect(json.directions).toMatchObject([
      { direction: 'ingress', outcome: 'denied' },
      { direction: 'egress', outcome: 'denied' },
    ]);
    log(`denied after ${json.directions.map(milliseconds).join(' and ')} ms`);
    expect(await namespaces()).toEqual([]);
    await kubeRouter.kill();
  });
});

function milliseconds(result: ProbeOutput['directions'][number]): number | string {
  return result.outcome === 'denied' ? result.afterMs : result.outcome;
}

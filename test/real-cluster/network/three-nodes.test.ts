import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { runProgram } from '../../support/command-line.ts';
import { ensureBinaries } from '../harness/binaries.ts';
import { enforcePolicies } from '../node/enforcement.ts';
import { type NodeCluster, startNode } from '../node/node.ts';
import { addOutsider, type Outsider } from '../node/outsider.ts';
import { missingForNode } from '../node/requirements.ts';
import { ENFORCED } from '../support/protected.ts';
import { type Attempt, attemptScript, type Outcome } from './attempts.ts';
import {
  ANOTHER_PORT,
  clusterDns,
  DATABASES,
  DNS_ADDRESS,
  DNS_READY_PORT,
  dnsImage,
  listener,
  NAMESPACE,
  nameOf,
  STRANGERS,
  threeNodes,
} from './qdrant-shape.ts';

/**
 * A Qdrant of three nodes behind what `network plan` prints, under a plugin that enforces it: what the table in docs/network.md
 * says of databases, connection by connection.
 */

/** The first start on a machine compiles Kubernetes, what enforces, and CoreDNS. */
const FIRST_START_MS = 45 * 60_000;
const PATIENCE = { timeout: 110_000, interval: 500 };
const NODE = 'node-1';
const METADATA = '169.254.169.254';
const OUTSIDE_PORT = 443;
const METADATA_PORT = 80;
const API_SERVICE = '10.96.0.1';

const { provider, serverVersion } = inject('cluster');
const kubernetes = /^v(\d+\.\d+)/.exec(serverVersion)?.[1] ?? '';
const missing = provider === 'local' ? await missingForNode(kubernetes) : ['the provider local'];
const title = missing.length === 0 ? 'a Qdrant of three nodes' : `three nodes (not here: needs ${missing.join('; ')})`;

/** Who tries what, and whether the plan opens it. */
interface Case {
  readonly from: string;
  readonly what: string;
  readonly attempt: Attempt;
  readonly planned: Outcome;
}

describe.skipIf(missing.length > 0)(title, () => {
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  let cluster: NodeCluster;
  let outsider: Outsider;
  let folder: string;
  let cases: readonly Case[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'three-nodes-'));
    const { coredns } = await ensureBinaries(['coredns'], log);
    cluster = await startNode({ kubernetes, log });
    const image = await cluster.baseImage();
    outsider = await addOutsider(cluster, {
      node: NODE,
      also: [METADATA],
      serves: listener([OUTSIDE_PORT, METADATA_PORT]),
    });
    await apply([...clusterDns(await dnsImage(cluster, coredns)), ...threeNodes(image)]);
    await enforcePolicies(cluster, NODE, log);
    await vi.waitFor(async () => {
      expect(await conditions('kube-system')).toEqual(['True']);
      expect(await conditions(NAMESPACE)).toEqual(['True', 'True', 'True', 'True']);
      expect(await conditions(STRANGERS)).toEqual(['True']);
    }, PATIENCE);
    cases = await connections();
  }, FIRST_START_MS);

  afterAll(async () => {
    await outsider?.stop();
    await cluster?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function apply(items: readonly object[]): Promise<void> {
    const list = { apiVersion: 'v1', kind: 'List', items };
    const applied = await cluster.kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(list) });
    expect(applied).toMatchObject({ code: 0 });
  }

  async function conditions(namespace: string): Promise<readonly string[]> {
    const ready = '--output=jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}';
    return (await cluster.kubectl(['get', 'pods', '-n', namespace, ready])).stdout.split(' ');
  }

  async function addressOf(namespace: string, pod: string): Promise<string> {
    return (await cluster.kubectl(['get', 'pod', '-n', namespace, pod, '--output=jsonpath={.status.podIP}'])).stdout;
  }

  async function connections(): Promise<readonly Case[]> {
    const [first = ''] = DATABASES;
    const database = await addressOf(NAMESPACE, first);
    const noRole = await addressOf(NAMESPACE, 'no-role');
    const stranger = await addressOf(STRANGERS, 'stranger');
    const dns = await addressOf('kube-system', 'coredns');
    const node = cluster.webhookHost.replace(/\d+$/, '2');
    const tcp = (host: string, port: number): Attempt => ({ host, port });
    const udp: Attempt = { host: DNS_ADDRESS, port: 53, ask: nameOf(first) };
    const peers = DATABASES.flatMap((from) =>
      DATABASES.filter((to) => to !== from).flatMap((to) =>
        [6333, 6334, 6335].map((port): Case => {
          return { from, what: `${to} by its name, port ${port}`, attempt: tcp(nameOf(to), port), planned: 'open' };
        }),
      ),
    );
    return [
      ...peers,
      ...[...DATABASES, 'no-role'].flatMap((from): Case[] => [
        { from, what: 'DNS by UDP', attempt: udp, planned: 'open' },
        { from, what: 'DNS by TCP', attempt: tcp(DNS_ADDRESS, 53), planned: 'open' },
        { from, what: 'another port of the DNS', attempt: tcp(dns, DNS_READY_PORT), planned: 'denied' },
        { from, what: 'a pod of another namespace', attempt: tcp(stranger, 6333), planned: 'denied' },
        { from, what: 'an address outside', attempt: tcp(outsider.address, OUTSIDE_PORT), planned: 'denied' },
        { from, what: 'the metadata address', attempt: tcp(METADATA, METADATA_PORT), planned: 'denied' },
        { from, what: 'the API server by its Service', attempt: tcp(API_SERVICE, 443), planned: 'denied' },
        { from, what: 'the API server', attempt: tcp(node, 6443), planned: 'denied' },
        { from, what: 'the kubelet', attempt: tcp(node, 10_250), planned: 'denied' },
      ]),
      ...DATABASES.slice(1).flatMap((from): Case[] => [
        { from, what: 'another port of a peer', attempt: tcp(database, ANOTHER_PORT), planned: 'denied' },
        { from, what: 'a pod without a role', attempt: tcp(noRole, 6333), planned: 'denied' },
      ]),
      ...['no-role', 'stranger', 'outsider'].flatMap((from) =>
        [6333, 6334, 6335].map((port): Case => {
          return { from, what: `${first}, port ${port}`, attempt: tcp(database, port), planned: 'denied' };
        }),
      ),
      { from: 'stranger', what: 'the address outside', attempt: tcp(outsider.address, OUTSIDE_PORT), planned: 'open' },
      { from: 'outsider', what: 'stranger', attempt: tcp(stranger, 6333), planned: 'open' },
    ];
  }

  async function evaluate(from: string, script: string): Promise<string> {
    if (from === 'outsider') return outsider.evaluate(script);
    const namespace = from === 'stranger' ? STRANGERS : NAMESPACE;
    const result = await cluster.kubectl(['exec', '-n', namespace, from, '--', '/nodejs/bin/node', '--eval', script]);
    expect(result).toMatchObject({ code: 0 });
    return result.stdout;
  }

  /** The outcome of each case, in words. */
  async function outcomes(): Promise<readonly string[]> {
    const sources = [...new Set(cases.map(({ from }) => from))];
    const all = await Promise.all(
      sources.map(async (source) => {
        const own = cases.filter(({ from }) => from === source);
        const found: Outcome[] = JSON.parse(await evaluate(source, attemptScript(own.map(({ attempt }) => attempt))));
        return own.map(({ what }, i) => `${source} → ${what}: ${found[i]}`);
      }),
    );
    return all.flat();
  }

  function expected(outcome: (each: Case) => Outcome): readonly string[] {
    const sources = [...new Set(cases.map(({ from }) => from))];
    return sources.flatMap((source) =>
      cases.filter(({ from }) => from === source).map((each) => `${source} → ${each.what}: ${outcome(each)}`),
    );
  }

  test('without policies everything is open', async () => {
    expect(cases).toHaveLength(69);
    await vi.waitFor(async () => expect(await outcomes()).toEqual(expected(() => 'open')), PATIENCE);
  });

  test('behind the plan its peers and the DNS are, and nothing else', async () => {
    const config = join(folder, 'policy.yaml');
    const namespaces = [{ names: [NAMESPACE], profile: 'private' }];
    await writeFile(config, JSON.stringify({ version: 1, network: ENFORCED, namespaces }));
    const where = ['--kubeconfig', cluster.kubeconfig, '--cluster'];
    const plan = await runProgram(['network', 'plan', '--config', config, '-n', NAMESPACE, ...where]);
    expect({ code: plan.code, stderr: plan.stderr }).toEqual({ code: 0, stderr: '' });
    const applied = await cluster.kubectl(['apply', '-f', '-'], { stdin: plan.stdout });
    expect(applied).toMatchObject({ code: 0, stderr: '' });
    await vi.waitFor(async () => expect(await outcomes()).toEqual(expected(({ planned }) => planned)), PATIENCE);
  });

  test('once they are deleted everything is open again: nothing but the policies denied it', async () => {
    await cluster.kubectl(['delete', 'networkpolicy', '--all', '-n', NAMESPACE]);
    await vi.waitFor(async () => expect(await outcomes()).toEqual(expected(() => 'open')), PATIENCE);
  });
});

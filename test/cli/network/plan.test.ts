import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { runProgram, type Surroundings } from '../../support/command-line.ts';
import { files, goodPod, review } from '../../support/review-run.ts';
import { type ScriptedApi, sendJson, sendStatus, startScriptedApi } from '../../support/scripted-api.ts';

const plan = (args: readonly string[], around?: Surroundings) => runProgram(['network', 'plan', ...args], around);

const DATABASE = 'examples/workloads/good-database.yaml';

function pod(name: string, namespace: string, app: string): string {
  return goodPod(name, namespace).replace('spec:', `  labels: { app: ${app} }\nspec:`);
}

function namesIn(yaml: string): string[] {
  return parseAllDocuments(yaml).map((document) => document.getIn(['metadata', 'name']) as string);
}

const CONFIG = JSON.stringify({
  version: 1,
  network: { apiServer: [{ cidr: '10.96.0.1/32', ports: [443] }] },
  namespaces: [
    {
      names: ['qdrant'],
      profile: 'hybrid',
      roles: {
        agent: { selector: { matchLabels: { app: 'agent' } } },
        client: { selector: { matchLabels: { app: 'client' } } },
      },
      network: { console: [{ namespace: 'proxy', port: 3128 }], clients: [{ namespace: 'apps' }] },
    },
  ],
});

describe('network plan', () => {
  it('prints policies that say why, ready to apply', async () => {
    const { code, stdout, stderr } = await plan(['-n', 'qdrant', DATABASE]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`# NetworkPolicies for the namespace qdrant, by the defaults of private.
---
# Nothing is open that no other policy opens, whatever labels a pod gets.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: default-deny
  namespace: qdrant
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
---
# Every pod may ask the cluster's DNS.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: allow-dns
  namespace: qdrant
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    # the cluster's DNS
    - to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: kube-system
          podSelector:
            matchExpressions:
              - key: k8s-app
                operator: In
                values:
                  - kube-dns
                  - coredns
                  - node-local-dns
        - ipBlock:
            cidr: 169.254.20.10/32
      ports:
        - protocol: TCP
          port: 53
        - protocol: UDP
          port: 53
---
# Databases are called, and copy their data among themselves; they reach nothing else.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: allow-database
  namespace: qdrant
spec:
  podSelector:
    matchLabels:
      app: qdrant
  policyTypes: [Ingress, Egress]
  ingress:
    # the other nodes of the database
    - from:
        - podSelector:
            matchLabels:
              app: qdrant
      ports:
        - protocol: TCP
          port: 6333
        - protocol: TCP
          port: 6334
        - protocol: TCP
          port: 6335
  egress:
    # the other nodes of the database
    - to:
        - podSelector:
            matchLabels:
              app: qdrant
      ports:
        - protocol: TCP
          port: 6333
        - protocol: TCP
          port: 6334
        - protocol: TCP
          port: 6335
`);
  });

  it('for a database of three nodes passes review with the same configuration, and lets its pods in', async () => {
    const config = ['--config', 'examples/config.yaml'];
    const { code, stdout } = await plan(['-n', 'qdrant', ...config, DATABASE]);
    expect(code).toBe(0);
    const root = await files({ 'policies.yaml': stdout });
    const judged = await review([...config, '--strict', join(root, 'policies.yaml')]);
    expect(judged).toMatchObject({ code: 0, stderr: '' });
    expect(judged.stdout).toContain('3 objects: 3 accepted');
    const both = await review([...config, join(root, 'policies.yaml'), DATABASE]);
    expect(both).toMatchObject({ code: 0, stderr: '' });
    const open = await review([...config, '--strict', DATABASE]);
    expect(open.code).not.toBe(0);
  });

  it('is for all roles of the configuration without files, for those of the files with them', async () => {
    const root = await files({ 'config.json': CONFIG });
    const args = ['--config', join(root, 'config.json'), '-n', 'qdrant'];
    const all = await plan(args);
    expect(all).toMatchObject({ code: 0, stderr: '' });
    expect(namesIn(all.stdout)).toEqual(['default-deny', 'allow-dns', 'allow-database', 'allow-agent', 'allow-client']);
    const judged = await review(['--config', join(root, 'config.json'), '--strict', '-'], { stdin: all.stdout });
    expect(judged).toMatchObject({ code: 0, stderr: '' });
    expect(namesIn((await plan([...args, DATABASE])).stdout)).toEqual(['default-deny', 'allow-dns', 'allow-database']);
    const elsewhere = `${pod('a', 'qdrant', 'other')}---\n${pod('b', 'other', 'agent')}`;
    const { stdout } = await plan([...args, '-'], { stdin: elsewhere });
    expect(namesIn(stdout)).toEqual(['default-deny', 'allow-dns']);
  });

  it('wants something that makes pods in the namespace, where files are named', async () => {
    const { code, stdout, stderr } = await plan(['-n', 'qdrant', '-'], { stdin: pod('b', 'other', 'qdrant') });
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toBe('-: hold nothing that makes pods in the namespace qdrant: expected at least one workload\n');
  });

  it('is a List for programs, of the same policies', async () => {
    const { code, stdout } = await plan(['-n', 'qdrant', '--format', 'json', DATABASE]);
    expect(code).toBe(0);
    const list = JSON.parse(stdout);
    expect(list).toMatchObject({ apiVersion: 'v1', kind: 'List' });
    const yaml = await plan(['-n', 'qdrant', DATABASE]);
    const documents = parseAllDocuments(yaml.stdout).map((document) => document.toJS());
    expect(list.items).toEqual(documents);
  });

  it('says in the output and beside it what is left out, and that it could not tell', async () => {
    const root = await files({ 'config.json': CONFIG.replace(/"network":\{"apiServer":.*?\]\},/, '') });
    const { code, stdout, stderr } = await plan(['--config', join(root, 'config.json'), '-n', 'qdrant']);
    expect(code).toBe(2);
    const sentence =
      'The way of the agent to the API server is left out, for its addresses are not known: set network.apiServer, or plan with --cluster';
    expect(stderr).toBe(`qdrant-admission network plan: ${sentence}\n`);
    expect(stdout).toContain(`# LEFT OUT: ${sentence}.\n`);
  });

  it.each([
    [['-n', 'a', '--cluster', 'f'], 'expected files or a cluster, not both'],
    [['-n', 'a', '--context', 'c', 'f'], 'expected files or a cluster, not both'],
    [[], '--namespace is missing: expected NAME of the namespace that the policies are for'],
    [['-n', 'A'], '--namespace is "A": expected the name of a namespace'],
    [['-n', 'a', '--format', 'text'], '--format is "text": expected yaml or json'],
  ])('%j is a misuse', async (args, message) => {
    const { code, stdout, stderr } = await plan(args);
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain(`qdrant-admission network plan: ${message}`);
  });

  it.each([
    [['--config', 'absent.yaml'], 'absent.yaml'],
    [['absent/'], 'absent/: does not exist'],
  ])('%j ends with what is wrong there', async (args, message) => {
    const { code, stdout, stderr } = await plan(['-n', 'qdrant', ...args]);
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain(message);
  });
});

describe('with a cluster', () => {
  let api: ScriptedApi;

  beforeAll(async () => {
    api = await startScriptedApi();
  });
  afterAll(() => api.close());

  const AGENT = {
    metadata: { name: 'agent-0', namespace: 'qdrant', labels: { app: 'agent' } },
    spec: { containers: [{ name: 'a' }] },
  };
  const SLICE = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'kubernetes', namespace: 'default' },
    ports: [{ port: 6443, protocol: 'TCP' }],
    endpoints: [{ addresses: ['172.18.0.2'] }],
  };
  const SERVICE = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kubernetes', namespace: 'default' },
    spec: { clusterIPs: ['10.96.0.1'], ports: [{ port: 443, protocol: 'TCP' }] },
  };

  function serve(objects: Readonly<Record<string, object>>): void {
    api.play(({ url: { pathname } }, response) => {
      const found = objects[pathname];
      if (found) return sendJson(response, found);
      if (pathname.includes('/namespaces/default/')) {
        return sendJson(response, { kind: 'Status', reason: 'NotFound', details: { name: 'kubernetes' } }, 404);
      }
      sendJson(response, { metadata: { resourceVersion: '1' }, items: [] });
    });
  }

  it('is for the roles that run, with the addresses of the API server', async () => {
    serve({
      '/api/v1/namespaces/qdrant/pods': { metadata: { resourceVersion: '1' }, items: [AGENT] },
      '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes': SLICE,
      '/api/v1/namespaces/default/services/kubernetes': SERVICE,
    });
    const root = await files({ 'config.json': CONFIG.replace(/"network":\{"apiServer":.*?\]\},/, '') });
    const args = ['--config', join(root, 'config.json'), '-n', 'qdrant', '--kubeconfig', api.kubeconfig];
    const { code, stdout, stderr } = await plan(args);
    expect([code, stderr]).toEqual([0, '']);
    expect(namesIn(stdout)).toEqual(['default-deny', 'allow-dns', 'allow-agent']);
    expect(stdout).toContain('cidr: 172.18.0.2/32\n      ports:\n        - protocol: TCP\n          port: 6443\n');
    expect(stdout).toContain('cidr: 10.96.0.1/32\n      ports:\n        - protocol: TCP\n          port: 443\n');
    expect(api.requests.every(({ method }) => method === 'GET')).toBe(true);
  });

  it('is for all roles where nothing runs yet', async () => {
    serve({});
    const { stdout } = await plan(['-n', 'qdrant', '--kubeconfig', api.kubeconfig]);
    expect(namesIn(stdout)).toEqual(['default-deny', 'allow-dns', 'allow-database']);
  });

  it('cannot tell where something is refused to it', async () => {
    api.play((_, response) => sendStatus(response, 403, 'Forbidden', 'not you'));
    const { code, stdout, stderr } = await plan(['-n', 'qdrant', '--kubeconfig', api.kubeconfig]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('qdrant-admission network plan: the cluster cannot be read: ');
  });
});

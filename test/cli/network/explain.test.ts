import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainOutputSchema } from '../../../src/cli/network/explain/json.ts';
import { runProgram, type Surroundings } from '../../support/command-line.ts';
import { files, goodPod } from '../../support/review-run.ts';
import { type ScriptedApi, sendJson, startScriptedApi } from '../../support/scripted-api.ts';

const explain = (args: readonly string[], around?: Surroundings) => runProgram(['network', 'explain', ...args], around);

const DATABASE = 'examples/workloads/good-database.yaml';

function policy(name: string, spec: object, namespace = 'qdrant') {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace }, spec };
}

const DENY = policy('default-deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
const ALLOW = policy('allow-clients', {
  podSelector: { matchLabels: { app: 'qdrant' } },
  policyTypes: ['Ingress'],
  ingress: [
    {
      from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'apps' } } }],
      ports: [{ port: 6333, endPort: 6334 }],
    },
  ],
});

const yaml = (...objects: readonly object[]) => objects.map((each) => JSON.stringify(each)).join('\n---\n');

describe('network explain', () => {
  it('shows who reaches the pods of a workload, what they reach, and by which rule', async () => {
    const { code, stdout, stderr } = await explain(['StatefulSet/qdrant', DATABASE, '-'], { stdin: yaml(DENY, ALLOW) });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`StatefulSet qdrant/qdrant  app=qdrant
  is reached by  (isolated by allow-clients, default-deny)
    all pods of namespace apps  TCP 6333–6334  allow-clients spec.ingress[0].from[0]
  reaches  nothing  (isolated by default-deny)
Its pods may get further labels from their controller, which policies may select.
Beyond NetworkPolicies: a node always reaches its own pods, policies of network plugins (Cilium, Calico, ClusterNetworkPolicy) may open more, and whether anything is enforced the network plugin decides.
`);
  });

  it('warns where nothing isolates it, and ends with 1', async () => {
    const { code, stdout } = await explain(['qdrant', DATABASE, '-'], { stdin: yaml(ALLOW) });
    expect(code).toBe(1);
    expect(stdout).toContain('  reaches  everything, in the cluster and outside of it\n');
    expect(stdout).toContain('No NetworkPolicy isolates it for Egress: everything is open.\n');
    expect(stdout).not.toContain('isolates it for Ingress');
  });

  it('warns that no policy covers a pod in the network of its node, and ends with 1', async () => {
    const pod = goodPod('node').replace('spec:', 'spec:\n  hostNetwork: true');
    const { code, stdout } = await explain(['node', '-'], { stdin: `${pod}---\n${yaml(DENY)}` });
    expect(code).toBe(1);
    expect(stdout).toContain('It stands in the network of its node (hostNetwork): no NetworkPolicy covers it.\n');
  });

  it('could not tell where a policy that selects it cannot be read', async () => {
    const odd = policy('odd', { podSelector: {}, egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/33' } }] }] });
    const { code, stdout } = await explain(['qdrant', DATABASE, '-'], { stdin: yaml(DENY, odd) });
    expect(code).toBe(2);
    expect(stdout).toContain(
      'NetworkPolicy odd: spec.egress[0].to[0] cannot be read and may open anything: expected at most 32 bits behind the slash.\n',
    );
  });

  it('counts policies of its own namespace only', async () => {
    const { code } = await explain(['qdrant', DATABASE, '-'], { stdin: yaml(policy('deny', DENY.spec, 'other')) });
    expect(code).toBe(1);
  });

  it('is data for programs, as its schema describes', async () => {
    const { code, stdout } = await explain(['qdrant', '--format', 'json', DATABASE, '-'], { stdin: yaml(DENY, ALLOW) });
    expect(code).toBe(0);
    const output = explainOutputSchema.parse(JSON.parse(stdout));
    expect(output).toMatchObject({
      kind: 'StatefulSet',
      name: 'qdrant',
      namespace: 'qdrant',
      labels: { app: 'qdrant' },
    });
    expect(output.ingress).toEqual({
      isolated: true,
      isolatedBy: ['allow-clients', 'default-deny'],
      opened: [
        {
          peer: { pods: 'everything', namespaces: 'kubernetes.io/metadata.name=apps' },
          ports: [{ protocol: 'TCP', from: 6333, to: 6334 }],
          text: 'all pods of namespace apps on TCP 6333–6334',
          through: [{ policy: 'allow-clients', path: 'spec.ingress[0].from[0]' }],
        },
      ],
    });
    expect(output.egress).toEqual({ isolated: true, isolatedBy: ['default-deny'], opened: [] });
  });

  it('is a picture, in which what a tenant named is nothing but text', async () => {
    const evil = policy('x', {
      podSelector: {},
      ingress: [{ from: [{ podSelector: { matchLabels: { app: 'a"]; click pod <script>#quot;`\n' } } }] }],
    });
    const { code, stdout } = await explain(['qdrant', '--format', 'mermaid', DATABASE, '-'], { stdin: yaml(evil) });
    expect(code).toBe(1);
    const graph = stdout.split('\n').filter((line) => !line.startsWith('%%'));
    expect(graph).toEqual([
      'flowchart LR',
      '  pod["StatefulSet qdrant<br/>namespace qdrant"]',
      '  from0["pods app=a#34;]; click pod #60;script#62;#35;quot;#96;#92;u{a} of namespace qdrant"]',
      '  from0 -->|"all ports<br/>x"| pod',
      '  to0["everything"]',
      '  pod ==>|"all ports<br/>not isolated"| to0',
      '',
    ]);
  });

  it.each([
    [['nope', DATABASE], 'nope is not in the files: there is StatefulSet qdrant/qdrant'],
    [['Deployment/qdrant', DATABASE], 'Deployment/qdrant is not in the files'],
    [['qdrant', '-n', 'other', DATABASE], 'qdrant is not in the files'],
    [
      ['Service/qdrant', DATABASE],
      'POD is "Service/qdrant": expected the name of a pod, or kind/name of a Pod, PodTemplate',
    ],
    [['pod/', DATABASE], 'POD is "pod/": expected a name behind the slash'],
    [['qdrant'], '--namespace is missing: expected NAME of the namespace it stands in'],
    [['qdrant', '--context', 'c', 'f'], 'expected files or a cluster, not both'],
    [[], 'POD is missing: expected the name of a pod, or kind/name of a workload'],
  ])('%j is a misuse', async (args, message) => {
    const { code, stdout, stderr } = await explain(args);
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain(`qdrant-admission network explain: ${message}`);
  });

  it('wants to know which of two is meant, and in which namespace something stands', async () => {
    const two = await explain(['a', '-'], { stdin: `${goodPod('a', 'one')}---\n${goodPod('a', 'two')}` });
    expect(two.code).toBe(3);
    expect(two.stderr).toContain(
      'a is there several times, as Pod one/a or Pod two/a: expected kind/name, and --namespace',
    );
    const root = await files({ 'pod.yaml': goodPod('a').replace('  namespace: qdrant\n', '') });
    const nowhere = await explain(['a', join(root, 'pod.yaml')]);
    expect(nowhere.code).toBe(3);
    expect(nowhere.stderr).toContain('a names no namespace: expected --namespace NAME');
    expect((await explain(['a', '-n', 'qdrant', join(root, 'pod.yaml')])).code).toBe(1);
  });
});

describe('in a cluster', () => {
  let api: ScriptedApi;

  beforeAll(async () => {
    api = await startScriptedApi();
    api.play(({ url: { pathname } }, response) => {
      const pod = {
        metadata: { name: 'qdrant-0', namespace: 'qdrant', labels: { app: 'qdrant' } },
        spec: { containers: [{ name: 'a' }] },
      };
      if (pathname === '/api/v1/namespaces/qdrant/pods/qdrant-0')
        return sendJson(response, { apiVersion: 'v1', kind: 'Pod', ...pod });
      if (pathname.endsWith('/networkpolicies')) {
        return sendJson(response, {
          metadata: { resourceVersion: '1' },
          items: [{ ...DENY, apiVersion: undefined, kind: undefined }],
        });
      }
      sendJson(response, { kind: 'Status', reason: 'NotFound', details: { name: 'qdrant-1' } }, 404);
    });
  });
  afterAll(() => api.close());

  it('shows a pod with the policies of its namespace', async () => {
    const args = ['qdrant-0', '-n', 'qdrant', '--kubeconfig', api.kubeconfig, '--format', 'json'];
    const { code, stdout, stderr } = await explain(args);
    expect([code, stderr]).toEqual([0, '']);
    expect(explainOutputSchema.parse(JSON.parse(stdout))).toMatchObject({
      cluster: api.server,
      kind: 'Pod',
      ingress: { isolatedBy: ['default-deny'] },
      warnings: [],
    });
  });

  it('says that it is not there', async () => {
    const { code, stderr } = await explain(['qdrant-1', '-n', 'qdrant', '--kubeconfig', api.kubeconfig]);
    expect(code).toBe(3);
    expect(stderr).toContain('qdrant-1 is not in the namespace qdrant of the cluster');
  });
});

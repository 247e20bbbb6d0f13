import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type AuditOptions, auditCluster, type NamespaceAudit } from '../../src/audit/audit.ts';
import { groupByOwner, nameOf, totalsByRule, totalsOf } from '../../src/audit/report.ts';
import { createKubeClient } from '../../src/cluster/client.ts';
import { findCluster } from '../../src/cluster/kubeconfig.ts';
import type { Policy } from '../../src/rules/define.ts';
import { policyWith, policyWithAllRules } from '../support/policies.ts';
import { type ScriptedApi, sendJson, sendStatus, startScriptedApi } from '../support/scripted-api.ts';

let api: ScriptedApi;

beforeAll(async () => {
  api = await startScriptedApi();
});

beforeEach(() => {
  api.requests.length = 0;
});

afterAll(() => api.close());

/** One rule is enough here, and keeps these tests as they are when rules are added. */
function onlyHostNamespaces(policy: Policy): Policy {
  return { ...policy, rules: policy.rules.filter(({ rule }) => rule.id === 'host-namespaces') };
}

const POLICY = onlyHostNamespaces(policyWith());
const GOOD_SPEC = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [
    {
      name: 'c',
      image: 'example.com/c',
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    },
  ],
};
const BAD_SPEC = { ...GOOD_SPEC, hostNetwork: true };

interface Made {
  readonly metadata?: object;
  readonly spec?: object;
  readonly status?: object;
}

/** What a cluster holds, by `namespace/plural`, or `/plural`; a number is a refusal with that status. */
type Stock = Readonly<Record<string, readonly object[] | number>>;

function item(name: string, { metadata, ...parts }: Made): object {
  return { metadata: { name, uid: `uid of ${name}`, ...metadata }, ...parts };
}

function nameIn(object: object): string | undefined {
  return (object as { metadata?: { name?: string } }).metadata?.name;
}

function ownedBy(kind: string, name: string): object {
  return { ownerReferences: [{ apiVersion: 'apps/v1', kind, name, uid: `uid of ${name}`, controller: true }] };
}

function stock(holds: Stock, absent: readonly string[] = []): void {
  api.play(({ url }, response) => {
    const [, namespace, plural] = /\/namespaces\/([^/]+)\/?(.*)$/.exec(url.pathname) ?? [];
    if (url.pathname === '/version') return sendJson(response, { gitVersion: 'v1.37.2' });
    if (
      namespace === undefined &&
      /^\/apis\/(gateway\.networking|policy\.networking|cilium|(crd\.)?projectcalico)\./.test(url.pathname)
    ) {
      const held = holds[url.pathname];
      if (typeof held === 'object') return sendJson(response, { metadata: { resourceVersion: '1' }, items: held });
      // 404 as the API server says it, of a group that it does not serve, too.
      return void response.writeHead(404).end('404 page not found\n');
    }
    if (namespace === undefined) {
      const [, kinds = '', name] = /\/v1(\/[^/]+)(?:\/([^/]+))?$/.exec(url.pathname) ?? [];
      const items = holds[kinds];
      if (typeof items !== 'object') return sendStatus(response, 403, 'Forbidden', `${kinds} is forbidden`);
      if (name === undefined) return sendJson(response, { metadata: { resourceVersion: '1' }, items });
      const kind = { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass' };
      return sendJson(response, { ...kind, ...items.find((each) => nameIn(each) === name) });
    }
    if (plural === '') {
      if (!absent.includes(namespace)) return sendJson(response, { metadata: { name: namespace } });
      return sendJson(response, { kind: 'Status', reason: 'NotFound', details: { name: namespace } }, 404);
    }
    const held = holds[`${namespace}/${plural}`] ?? [];
    if (typeof held === 'number') return sendStatus(response, held, 'Forbidden', `${plural} is forbidden`);
    const from = Number(url.searchParams.get('continue') ?? 0);
    const next = from + 2 < held.length ? String(from + 2) : '';
    sendJson(response, { metadata: { resourceVersion: '1', continue: next }, items: held.slice(from, from + 2) });
  });
}

async function audit(
  namespaces: readonly string[] = ['qdrant'],
  more: Partial<AuditOptions> = {},
): Promise<readonly NamespaceAudit[]> {
  const client = createKubeClient(await findCluster({ kubeconfig: api.kubeconfig, env: {} }));
  return auditCluster({
    client,
    policies: new Map(namespaces.map((name) => [name, POLICY])),
    now: new Date(),
    signal: new AbortController().signal,
    ...more,
  });
}

function groups(audits: readonly NamespaceAudit[]): unknown {
  return audits.flatMap(groupByOwner).map((group) => [nameOf(group.owner), group.outcome, group.refused]);
}

it('judges all pods of all pages and groups what is refused by who owns it in the end', async () => {
  const template = { template: { spec: BAD_SPEC } };
  stock({
    'qdrant/deployments': [item('loader', { spec: template })],
    'qdrant/replicasets': [item('loader-1', { metadata: ownedBy('Deployment', 'loader'), spec: template })],
    'qdrant/pods': [
      item('good', { spec: GOOD_SPEC }),
      ...['a', 'b', 'c'].map((name) =>
        item(`loader-1-${name}`, { metadata: ownedBy('ReplicaSet', 'loader-1'), spec: BAD_SPEC }),
      ),
      item('bare', { spec: BAD_SPEC, status: { phase: 'Running' } }),
    ],
  });
  const audits = await audit();
  expect(audits).toMatchObject([
    { name: 'qdrant', exists: true, judged: { pods: 5, templates: 2 }, over: 0, unread: [] },
  ]);
  expect(groups(audits)).toEqual([
    ['Deployment/loader', 'refused', { pods: 3, templates: 2, claims: 0, network: 0, sources: 0 }],
    ['Pod/bare', 'refused', { pods: 1, templates: 0, claims: 0, network: 0, sources: 0 }],
  ]);
  expect(totalsByRule(audits)).toMatchObject([
    { rule: { id: 'host-namespaces' }, mode: 'enforce', failed: { pods: 4, templates: 2 } },
  ]);
  expect(totalsOf(audits)).toMatchObject({ refused: { pods: 4, templates: 2 }, unread: 0, absent: [] });
  const findings = audits.flatMap(({ objects }) => objects.map(({ kind, verdicts }) => [kind, verdicts]));
  expect(findings[0]).toMatchObject(['Deployment', [{ findings: [{ path: 'spec.template.spec.hostNetwork' }] }]]);
});

it('judges the templates of every workload kind', async () => {
  const template = { template: { spec: BAD_SPEC } };
  const kinds = ['daemonsets', 'deployments', 'jobs', 'replicasets', 'replicationcontrollers', 'statefulsets'];
  stock({
    ...Object.fromEntries(kinds.map((plural) => [`qdrant/${plural}`, [item(plural, { spec: template })]])),
    'qdrant/cronjobs': [item('cronjobs', { spec: { jobTemplate: { spec: template } } })],
    'qdrant/podtemplates': [{ ...item('podtemplates', {}), ...template }],
  });
  const [found] = await audit();
  expect(found?.objects.map(({ name, counts }) => [name, counts]).sort()).toEqual(
    [...kinds, 'cronjobs', 'podtemplates'].sort().map((name) => [name, 'templates']),
  );
});

it('leaves out what is over, and only that', async () => {
  const template = { template: { spec: BAD_SPEC } };
  const end = (type: string, status: string) => ({ conditions: [{ type, status }] });
  stock({
    'qdrant/deployments': [item('loader', { spec: { template: { spec: GOOD_SPEC } } })],
    'qdrant/replicasets': [
      item('old-revision', { metadata: ownedBy('Deployment', 'loader'), spec: { ...template, replicas: 0 } }),
      item('of-nobody', { spec: { ...template, replicas: 0 } }),
      item('of-the-gone', { metadata: ownedBy('Deployment', 'gone'), spec: { ...template, replicas: 0 } }),
      item('current', { metadata: ownedBy('Deployment', 'loader'), spec: { ...template, replicas: 1 } }),
    ],
    'qdrant/jobs': [
      item('complete', { spec: template, status: end('Complete', 'True') }),
      item('failed', { spec: template, status: end('Failed', 'True') }),
      item('running', { spec: template, status: end('Complete', 'False') }),
    ],
    'qdrant/pods': [
      item('succeeded', { spec: BAD_SPEC, status: { phase: 'Succeeded' } }),
      item('crashed', { spec: BAD_SPEC, status: { phase: 'Failed' } }),
      item('leaving', { spec: BAD_SPEC, metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }),
      item('pending', { spec: BAD_SPEC, status: { phase: 'Pending' } }),
    ],
  });
  const [found] = await audit();
  const judged = found?.objects.map(({ name }) => name).sort();
  expect(judged).toEqual(['current', 'leaving', 'of-nobody', 'of-the-gone', 'pending', 'running']);
  expect(found).toMatchObject({ judged: { pods: 2, templates: 5 }, over: 5 });
});

it('names namespaces that do not exist, and asks nothing more of them', async () => {
  stock({ 'qdrant/pods': [] }, ['vectors']);
  const audits = await audit(['vectors', 'qdrant']);
  expect(audits).toMatchObject([
    { name: 'vectors', exists: false, unread: [] },
    { name: 'qdrant', exists: true, unread: [] },
  ]);
  expect(totalsOf(audits).absent).toEqual(['vectors']);
  expect(api.requests.filter(({ url }) => url.pathname.includes('/vectors/'))).toEqual([]);
});

it('counts a kind that it may not read as unread, and judges the others', async () => {
  stock({ 'qdrant/pods': 403, 'qdrant/deployments': [item('loader', { spec: { template: { spec: BAD_SPEC } } })] });
  const audits = await audit();
  expect(audits[0]?.unread).toEqual([{ what: 'pods', reason: 'HTTP 403: pods is forbidden' }]);
  expect(totalsOf(audits)).toMatchObject({ refused: { pods: 0, templates: 1 }, unread: 1 });
});

it.each([
  ['is not there', '404 page not found\n', 404],
  ['may not be read, and is not there', 'forbidden', 403],
])('takes a kind whose CRD %s for one without objects', async (_, text, code) => {
  api.play(({ url }, response) => {
    if (url.pathname === '/version') return sendJson(response, { gitVersion: 'v1.37.2' });
    if (url.pathname.startsWith('/apis/cilium.io/')) return void response.writeHead(code).end(text);
    if (url.pathname === '/apis/cilium.io') return void response.writeHead(404).end('404 page not found\n');
    sendJson(response, { metadata: { resourceVersion: '1' }, items: [] });
  });
  expect(await audit()).toMatchObject([{ unread: [] }]);
});

it('counts a kind that it may not read as unread, where its CRD is there', async () => {
  api.play(({ url }, response) => {
    if (url.pathname === '/version') return sendJson(response, { gitVersion: 'v1.37.2' });
    if (url.pathname === '/apis/cilium.io') return sendJson(response, { versions: [{ groupVersion: 'cilium.io/v2' }] });
    if (url.pathname === '/apis/cilium.io/v2') {
      return sendJson(response, { resources: [{ name: 'ciliumnetworkpolicies' }] });
    }
    if (url.pathname.startsWith('/apis/cilium.io/')) return sendStatus(response, 403, 'Forbidden', 'it is forbidden');
    sendJson(response, { metadata: { resourceVersion: '1' }, items: [] });
  });
  const unread = [{ what: 'ciliumnetworkpolicies', reason: 'HTTP 403: it is forbidden' }];
  expect(await audit()).toMatchObject([{ unread }]);
});

it('says after how many objects a list broke off, and keeps what it found', async () => {
  api.play(({ url }, response) => {
    if (!url.pathname.endsWith('/pods')) return sendJson(response, { metadata: { resourceVersion: '1' }, items: [] });
    if (url.searchParams.has('continue')) return sendStatus(response, 410, 'Expired', 'too old');
    sendJson(response, {
      metadata: { resourceVersion: '1', continue: 'more' },
      items: [item('bare', { spec: BAD_SPEC })],
    });
  });
  const audits = await audit();
  expect(audits[0]?.unread).toEqual([{ what: 'pods', reason: 'after 1: HTTP 410: too old' }]);
  expect(totalsOf(audits).refused).toEqual({ pods: 1, templates: 0, claims: 0, network: 0, sources: 0 });
});

it('never takes an object that it cannot judge for accepted', async () => {
  const misshapen = item('misshapen', { spec: { ...GOOD_SPEC, containers: 'none' } });
  stock({ 'qdrant/pods': [misshapen, item('bare', { spec: BAD_SPEC })] });
  const [found] = await audit();
  expect(found?.unread).toEqual([{ what: 'Pod misshapen', reason: 'spec.containers is a string: expected a list' }]);
  expect(found?.objects.map(({ name }) => name)).toEqual(['bare']);

  const broken = POLICY.rules.map((active) => ({
    ...active,
    rule: { ...active.rule, check: () => JSON.parse('{') },
  }));
  stock({ 'qdrant/pods': [item('good', { spec: GOOD_SPEC })] });
  const [crashed] = await audit([], { policies: new Map([['qdrant', { ...POLICY, rules: broken }]]) });
  expect(crashed).toMatchObject({ judged: { pods: 0 }, unread: [{ what: 'Pod good' }] });
});

it('reports everything as unread where the cluster cannot be reached, without asking for each thing', async () => {
  const unreachable = await startScriptedApi();
  const { kubeconfig } = unreachable;
  const client = createKubeClient(await findCluster({ kubeconfig, env: {} }));
  await unreachable.close();
  const audits = await audit(['one', 'two'], { client });
  expect(audits.map(({ name, unread }) => [name, unread.length, unread[0]?.what])).toEqual([
    ['one', 1, 'the namespace'],
    ['two', 1, 'the namespace'],
  ]);
  expect(audits[0]?.unread[0]?.reason).toMatch(/ENOENT|ECONNREFUSED/);
});

it('says what it did not get to when it is interrupted', async () => {
  const stop = new AbortController();
  stock({ 'one/pods': [item('bare', { spec: BAD_SPEC })] });
  const audits = await audit(['one', 'two'], {
    signal: stop.signal,
    onProgress: (doing) => doing === 'one: pods 1/1' && stop.abort(),
  });
  expect(audits.map(({ unread }) => unread)).toEqual([[], [{ what: 'the namespace', reason: 'interrupted' }]]);
});

it('keeps what warns, notes or is exempt, and refuses nothing for it', async () => {
  stock({ 'qdrant/pods': [item('bare', { spec: BAD_SPEC })] });
  const rules = { 'host-namespaces': { mode: 'warn' } };
  const warned = await audit([], { policies: new Map([['qdrant', onlyHostNamespaces(policyWith({ rules }))]]) });
  expect(warned.flatMap(groupByOwner)).toMatchObject([{ outcome: 'accepted', accepted: { pods: 1, templates: 0 } }]);
  const exemption = {
    rule: 'host-namespaces',
    namespace: 'qdrant',
    path: 'spec.hostNetwork',
    value: true,
    reason: 'until it moves',
    responsible: 'platform',
    expires: '2999-01-01T00:00:00Z',
  };
  const exempted = await audit([], {
    policies: new Map([['qdrant', onlyHostNamespaces(policyWith({}, [exemption]))]]),
  });
  expect(totalsByRule(exempted)).toMatchObject([{ exempt: { pods: 1, templates: 0 }, failed: { pods: 0 } }]);
  expect(totalsOf(exempted).refused).toEqual({ pods: 0, templates: 0, claims: 0, network: 0, sources: 0 });
});

it('counts as unknown, and not as refused, what rests on a fact that cannot be learnt', async () => {
  const { rules } = POLICY;
  const needing = rules.map((active) => ({ ...active, rule: { ...active.rule, needs: ['namespace'] as const } }));
  // The list of all namespaces is not to be had here.
  stock({ 'qdrant/pods': [item('a', { spec: BAD_SPEC })] });
  const audits = await audit([], { policies: new Map([['qdrant', { ...POLICY, rules: needing }]]) });
  expect(audits.flatMap(groupByOwner)).toMatchObject([{ outcome: 'unknown', unknown: { pods: 1, templates: 0 } }]);
  expect(totalsOf(audits)).toMatchObject({ unknown: { pods: 1, templates: 0 }, refused: { pods: 0 } });
});

it('judges claims, and names the class that does not encrypt', async () => {
  const claim = (name: string, storageClassName: string) => item(name, { spec: { storageClassName } });
  const storageClass = (name: string, encrypted: string) => ({
    ...item(name, {}),
    provisioner: 'ebs.csi.aws.com',
    parameters: { encrypted },
  });
  stock({
    'qdrant/persistentvolumeclaims': [claim('good', 'encrypted'), claim('bad', 'plain')],
    '/storageclasses': [storageClass('encrypted', 'true'), storageClass('plain', 'false')],
  });
  const audits = await audit([], { policies: new Map([['qdrant', policyWithAllRules()]]) });
  expect(audits).toMatchObject([{ judged: { pods: 0, templates: 0, claims: 2, network: 0, sources: 0 }, unread: [] }]);
  expect(groups(audits)).toEqual([
    ['PersistentVolumeClaim/bad', 'refused', { pods: 0, templates: 0, claims: 1, network: 0, sources: 0 }],
  ]);
  expect(totalsByRule(audits)).toMatchObject([{ rule: { id: 'encrypted-class' }, failed: { claims: 1, network: 0 } }]);
});

it('judges what stands in no namespace for each of them', async () => {
  const cilium = (name: string, endpointSelector: object) =>
    item(name, { spec: { endpointSelector, egress: [{ toEntities: ['world'] }] } });
  const inNamespace = (name: string) => ({ matchLabels: { 'k8s:io.kubernetes.pod.namespace': name } });
  const calico = { selector: "projectcalico.org/namespace == 'qdrant'", egress: [{ action: 'Allow' }] };
  stock({
    '/apis/cilium.io/v2/ciliumclusterwidenetworkpolicies': [
      cilium('everybody', {}),
      cilium('qdrant-alone', inNamespace('qdrant')),
      cilium('elsewhere', inNamespace('shop')),
    ],
    '/apis/projectcalico.org/v3/globalnetworkpolicies': [item('global', { spec: calico })],
    '/apis/projectcalico.org/v3/tiers': [item('default', { spec: { defaultAction: 'Pass' } })],
    '/apis/policy.networking.k8s.io/v1beta1/clusternetworkpolicies': [
      item('accepts', {
        spec: { tier: 'Admin', subject: { namespaces: {} }, egress: [{ action: 'Accept', to: [{ namespaces: {} }] }] },
      }),
    ],
    '/apis/policy.networking.k8s.io/v1alpha1/adminnetworkpolicies': [
      item('allows', {
        spec: { subject: { namespaces: {} }, egress: [{ action: 'Allow', to: [{ namespaces: {} }] }] },
      }),
    ],
  });
  const all = policyWithAllRules();
  const audits = await audit([], { policies: new Map(['qdrant', 'vectors'].map((name) => [name, all])) });
  expect(audits.map(({ unread }) => unread)).toEqual([[], []]);
  expect(audits.map((each) => groupByOwner(each).map(({ owner, outcome }) => `${nameOf(owner)} ${outcome}`))).toEqual([
    [
      'AdminNetworkPolicy/allows refused',
      'CiliumClusterwideNetworkPolicy/everybody refused',
      'CiliumClusterwideNetworkPolicy/qdrant-alone refused',
      'ClusterNetworkPolicy/accepts refused',
      'GlobalNetworkPolicy/global refused',
      'Tier/default refused',
    ],
    [
      'AdminNetworkPolicy/allows refused',
      'CiliumClusterwideNetworkPolicy/everybody refused',
      'ClusterNetworkPolicy/accepts refused',
      'Tier/default refused',
    ],
  ]);
  expect(audits[0]?.judged.network).toBe(7);
});

it('takes a kind whose CRD is not installed for one of which there is nothing, and one that it may not list for unread', async () => {
  stock({ 'qdrant/httproutes': 404, 'qdrant/gateways': 403, 'qdrant/services': 403 });
  const [namespace] = await audit();
  expect(namespace?.unread.map(({ what }) => what)).toEqual(['services']);
});

it('judges from where Flux takes charts and manifests', async () => {
  const verify = { provider: 'cosign', secretRef: { name: 'keys' } };
  stock({
    'qdrant/ocirepositories': [item('good', { spec: { verify } }), item('bad', { spec: {} })],
    'qdrant/helmcharts': [item('git', { spec: { sourceRef: { kind: 'GitRepository' }, verify } })],
  });
  const audits = await audit([], { policies: new Map([['qdrant', policyWithAllRules()]]) });
  expect(audits).toMatchObject([{ judged: { pods: 0, sources: 3 } }]);
  expect(groups(audits)).toEqual([
    ['HelmChart/git', 'refused', expect.objectContaining({ sources: 1 })],
    ['OCIRepository/bad', 'refused', expect.objectContaining({ sources: 1 })],
  ]);
});

import { afterAll, beforeAll, expect, it } from 'vitest';
import { findPlugins } from '../../src/audit/network-plugins.ts';
import { createKubeClient } from '../../src/cluster/client.ts';
import { findCluster } from '../../src/cluster/kubeconfig.ts';
import { type ScriptedApi, sendJson, sendStatus, startScriptedApi } from '../support/scripted-api.ts';

let api: ScriptedApi;
beforeAll(async () => {
  api = await startScriptedApi();
});
afterAll(() => api.close());

/** Looks for plugins in a cluster that holds these objects, by path; a number is a status. */
async function find(objects: Readonly<Record<string, unknown>>, version = 'v1.37.2') {
  const held: Readonly<Record<string, unknown>> = {
    '/version': { gitVersion: version },
    '/apis': { kind: 'APIGroupList', groups: [{ name: 'apps' }] },
    ...objects,
  };
  api.play(({ url: { pathname } }, response) => {
    const answer = held[pathname] ?? 404;
    if (typeof answer === 'number') return sendStatus(response, answer, 'Forbidden', 'not for you');
    sendJson(response, Array.isArray(answer) ? { metadata: { resourceVersion: '1' }, items: answer } : answer);
  });
  const client = createKubeClient(await findCluster({ kubeconfig: api.kubeconfig, env: {} }));
  return findPlugins(client, new AbortController().signal);
}

const DAEMON_SETS = '/apis/apps/v1/daemonsets';
const CONFIG = '/api/v1/namespaces/kube-system/configmaps/cilium-config';

function daemonSet(name: string, ...containers: readonly object[]): object {
  return { metadata: { namespace: 'kube-system', name }, spec: { template: { spec: { containers } } } };
}

it('reads what containers are told: command, arguments and environment', async () => {
  const router = (...args: string[]) => daemonSet('kube-router', { name: 'r', command: ['/bin/sh'], args });
  expect((await find({ [DAEMON_SETS]: [router('--run-firewall=false')] })).state).toBe('off');
  const commanded = daemonSet('kube-router', { name: 'r', command: ['kube-router', '--run-firewall=false'] });
  expect((await find({ [DAEMON_SETS]: [commanded] })).state).toBe('off');
  const env = [
    { name: 'OTHER', valueFrom: {} },
    { name: 'EXPECT_NPC', value: '0' },
  ];
  const weave = daemonSet('weave-net', { name: 'weave', env }, { name: 'weave-npc' });
  expect((await find({ [DAEMON_SETS]: [weave] })).state).toBe('off');
});

it.each([
  [{ data: { 'enable-policy': 'default' } }, 'on'],
  [{ data: { 'policy-audit-mode': 'true' } }, 'off'],
  [{}, 'on'],
  [403, 'unknown'],
])('reads the ConfigMap of an agent: %j', async (config, state) => {
  expect((await find({ [DAEMON_SETS]: [daemonSet('cilium')], [CONFIG]: config })).state).toBe(state);
});

it('reads the arguments of k3s, and asks for nodes only there', async () => {
  const node = (args: unknown) => ({ metadata: { annotations: { 'k3s.io/node-args': args } } });
  const nodes = [node('["agent"]'), node('["server","--disable-network-policy"]')];
  const held = { [DAEMON_SETS]: [], '/api/v1/nodes': nodes };
  expect((await find(held, 'v1.37.2+k3s1')).detections).toMatchObject([{ plugin: 'k3s', state: 'off' }]);
  expect((await find(held)).detections).toEqual([]);
  for (const args of ['not JSON', '{}', 7, undefined]) {
    const { state } = await find({ [DAEMON_SETS]: [], '/api/v1/nodes': [node(args)] }, 'v1.37.2+k3s1');
    expect(state).toBe('unknown');
  }
});

it('looks which groups the API server serves: a plugin may run under a name that is not known', async () => {
  const groups = { groups: [{ name: 'apps' }, { name: 'cilium.io' }, 7] };
  expect((await find({ [DAEMON_SETS]: [], '/apis': groups })).detections).toMatchObject([
    { plugin: 'Cilium', at: 'CRDs of cilium.io', state: 'unknown' },
  ]);
  expect(await find({ [DAEMON_SETS]: [daemonSet('calico-node')], '/apis': 403 })).toMatchObject({
    state: 'unknown',
    unread: expect.stringContaining('403'),
  });
});

it('is unknown where it may not look, or meets what makes no sense', async () => {
  expect(await find({ [DAEMON_SETS]: 403 })).toMatchObject({
    state: 'unknown',
    unread: expect.stringContaining('403'),
  });
  expect((await find({ [DAEMON_SETS]: [{}, { metadata: 7, spec: [] }] })).state).toBe('unknown');
});

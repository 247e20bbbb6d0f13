import { describe, expect, it } from 'vitest';
import { PLUGINS } from '../../src/network/plugin-table.ts';
import {
  type Agent,
  type AgentContainer,
  configMapsOf,
  detectPlugins,
  type NetworkEvidence,
  stateOf,
} from '../../src/network/plugins.ts';

const container = (name: string, ...words: string[]): AgentContainer => ({ name, words, env: {} });

function agent(path: string, ...containers: readonly AgentContainer[]): Agent {
  const [namespace = '', name = ''] = path.split('/');
  return { namespace, name, containers };
}

const NOTHING: NetworkEvidence = { agents: [], groups: [], configMaps: new Map(), k3s: [] };

function stateWith(evidence: Partial<NetworkEvidence>): string {
  return stateOf(detectPlugins({ ...NOTHING, ...evidence }));
}

const CILIUM = agent('kube-system/cilium', container('cilium-agent'));
const NODE_AGENT = 'aws-eks-nodeagent';

describe('a network plugin', () => {
  it.each([
    ['Antrea', agent('kube-system/antrea-agent'), 'on'],
    ['Calico of its operator', agent('calico-system/calico-node'), 'on'],
    ['Calico of a manifest', agent('kube-system/calico-node'), 'on'],
    ['Canal', agent('kube-system/canal'), 'on'],
    ["a tenant's DaemonSet of that name", agent('tenant/calico-node'), 'unknown'],
    ['a longer name', agent('kube-system/calico-node-x'), 'unknown'],
    ['plain flannel', agent('kube-flannel/kube-flannel-ds', container('kube-flannel')), 'off'],
    [
      'flannel with its controller',
      agent('kube-flannel/kube-flannel-ds', container('kube-flannel'), container('kube-network-policies')),
      'on',
    ],
    ['kube-router without a word', agent('kube-system/kube-router', container('kube-router', '--run-router')), 'on'],
    ['kube-router, on', agent('kube-system/kube-router', container('kube-router', '--run-firewall=true')), 'on'],
    ['kube-router, on by a bare flag', agent('kube-system/kube-router', container('r', '--run-firewall')), 'on'],
    ['kube-router, off', agent('kube-system/kube-router', container('kube-router', '--run-firewall=false')), 'off'],
    ['kube-router, off in other words', agent('kube-system/kube-router', container('r', '-run-firewall=F')), 'off'],
    [
      'kube-router, on and then off',
      agent('kube-system/kube-router', container('r', '--run-firewall', '--run-firewall=0')),
      'off',
    ],
    ['kube-router, no boolean', agent('kube-system/kube-router', container('r', '--run-firewall=$(FW)')), 'unknown'],
    ['AWS before it had an agent', agent('kube-system/aws-node', container('aws-node')), 'off'],
    ['AWS as it is installed', agent('kube-system/aws-node', container(NODE_AGENT)), 'off'],
    ['AWS, off', agent('kube-system/aws-node', container(NODE_AGENT, '--enable-network-policy=false')), 'off'],
    ['AWS, on', agent('kube-system/aws-node', container(NODE_AGENT, '--enable-network-policy=true')), 'unknown'],
    ['Weave Net', agent('kube-system/weave-net', container('weave'), container('weave-npc')), 'on'],
    ['Weave Net alone', agent('kube-system/weave-net', container('weave')), 'off'],
    [
      'Weave Net, off',
      agent('kube-system/weave-net', { ...container('weave'), env: { EXPECT_NPC: '0' } }, container('weave-npc')),
      'off',
    ],
    ['kindnet', agent('kube-system/kindnet', container('kindnet-cni')), 'unknown'],
  ])('%s', (_, one, state) => {
    expect(stateWith({ agents: [one] })).toBe(state);
  });

  it.each([
    [{}, 'on'],
    [{ 'enable-policy': 'default', 'policy-audit-mode': 'false', 'enable-k8s-networkpolicy': 'true' }, 'on'],
    [{ 'enable-policy': 'always' }, 'on'],
    [{ 'enable-policy': 'never' }, 'off'],
    [{ 'enable-policy': 'Never' }, 'off'],
    [{ 'policy-audit-mode': 'true' }, 'off'],
    [{ 'policy-audit-mode': 'True' }, 'off'],
    [{ 'enable-k8s-networkpolicy': 'false' }, 'off'],
    ['HTTP 403: not for you', 'unknown'],
  ])('Cilium whose ConfigMap says %j is %s', (data, state) => {
    const configMaps = new Map([['kube-system/cilium-config', data]]);
    expect(stateWith({ agents: [CILIUM], configMaps })).toBe(state);
  });

  it('Cilium without its ConfigMap, or with that of another namespace, is unknown', () => {
    expect(configMapsOf([CILIUM, agent('tenant/cilium')])).toEqual(['kube-system/cilium-config']);
    expect(stateWith({ agents: [CILIUM] })).toBe('unknown');
    const configMaps = new Map([['tenant/cilium-config', {}]]);
    expect(stateWith({ agents: [CILIUM], configMaps })).toBe('unknown');
  });

  it.each([
    [[], 'unknown'],
    [[['server']], 'on'],
    [[['server', '--tls-san', 'a'], ['agent']], 'on'],
    [[['agent'], []], 'unknown'],
    [[['server', '--disable-network-policy']], 'off'],
    [[['server', '--disable-network-policy', '--tls-san', 'a'], ['agent']], 'off'],
    [[['server', '--disable-network-policy', 'true']], 'off'],
    [[['server', '--disable-network-policy', 'false']], 'on'],
    [[['server', '--disable', 'network-policy']], 'on'],
  ])('k3s whose nodes say %j is %s', (k3s, state) => {
    expect(stateWith({ k3s })).toBe(state);
  });

  it.each([
    ['Antrea', 'crd.antrea.io'],
    ['Calico', 'crd.projectcalico.org'],
    ['Cilium', 'cilium.io'],
    ['Kube-OVN', 'kubeovn.io'],
    ['OVN-Kubernetes', 'k8s.ovn.org'],
  ])('%s, of which only the CRDs are found, is unknown: it may run under another name', (plugin, group) => {
    const detections = detectPlugins({ ...NOTHING, groups: ['apps', group] });
    expect(detections).toMatchObject([{ plugin, at: `CRDs of ${group}`, state: 'unknown' }]);
    // Nor can another plugin that is off then stand for the whole cluster.
    expect(stateWith({ groups: [group], agents: [agent('kube-system/kube-flannel-ds')] })).toBe('unknown');
    expect(stateWith({ groups: [`x.${group}`, `${group}.x`] })).toBe('unknown');
    expect(detectPlugins({ ...NOTHING, groups: [`x.${group}`, `${group}.x`] })).toEqual([]);
  });

  it('is told by its DaemonSet where that is found, and by nothing else', () => {
    const found = { agents: [CILIUM], groups: ['cilium.io'], configMaps: new Map([['kube-system/cilium-config', {}]]) };
    expect(detectPlugins({ ...NOTHING, ...found })).toMatchObject([{ plugin: 'Cilium', state: 'on' }]);
  });

  it.each([
    [[agent('kube-system/kube-flannel-ds'), agent('kube-system/calico-node')], 'on'],
    [[agent('kube-system/kube-flannel-ds'), agent('kube-system/kindnet')], 'unknown'],
    [[agent('kube-system/kube-flannel-ds'), agent('kube-system/aws-node')], 'off'],
  ])('of several, one that enforces is enough: %#', (agents, state) => {
    expect(stateWith({ agents })).toBe(state);
  });
});

describe('the table of plugins', () => {
  it('is sorted, tells every DaemonSet apart, and names its sources', () => {
    const names = PLUGINS.map(({ name }) => name.toLowerCase());
    expect(names).toEqual(names.toSorted());
    const agents = PLUGINS.flatMap((plugin) => plugin.agents);
    expect(new Set(agents).size).toBe(agents.length);
    for (const { read } of PLUGINS) expect(read).toMatch(/^[\w./-]+@(v[\d.]+|[0-9a-f]{7}): /);
  });

  it('says why where no switch says off', () => {
    for (const { otherwise } of PLUGINS) expect(otherwise.why).not.toBe('');
  });
});

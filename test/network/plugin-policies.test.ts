import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import type { KubernetesObject } from '../../src/k8s/object.ts';
import { parseCidr } from '../../src/network/addresses.ts';
import type { Site } from '../../src/network/allowances.ts';
import { pluginPolicyFindings } from '../../src/network/plugin-policies.ts';
import { tcp } from '../../src/network/ports.ts';

const CONFIG = {
  version: 1,
  namespaces: [
    {
      names: ['qdrant'],
      profile: 'hybrid',
      roles: {
        agent: { selector: { matchLabels: { app: 'agent' } } },
        client: { selector: { matchLabels: { app: 'client' } } },
      },
      network: { console: [{ domain: 'api.cloud.qdrant.io' }, { domain: 'proxy.example.com', port: 3128 }] },
    },
  ],
};

const SITE: Site = site();

function site(): Site {
  const policy = parseConfig(JSON.stringify(CONFIG), 'config.yaml').namespaces.get('qdrant');
  const addresses = parseCidr('198.51.100.7/32');
  if (!policy || !addresses.ok) throw new Error('the configuration protects no qdrant');
  const apiServer = [{ of: 'addresses', addresses: addresses.value, ports: tcp(6443) }] as const;
  return { namespace: 'qdrant', settings: policy.settings.network, apiServer };
}

/** Where a policy opens too much, each with what it says of that. */
function said(policy: KubernetesObject): string[] {
  return pluginPolicyFindings(policy, SITE).map(({ path, found }) => `${path} ${found}`);
}

const DATABASES = { matchLabels: { app: 'qdrant' } };
const AGENTS = { matchLabels: { app: 'agent' } };

describe('a CiliumNetworkPolicy', () => {
  function cilium(spec: object, kind = 'CiliumNetworkPolicy'): KubernetesObject {
    return { apiVersion: 'cilium.io/v2', kind, metadata: { name: 'a', namespace: 'qdrant' }, spec };
  }
  const among = (...ports: readonly object[]) =>
    cilium({ endpointSelector: DATABASES, egress: [{ toEndpoints: [DATABASES], toPorts: [{ ports }] }] });

  it.each<[string, object, string[]]>([
    ['a port', { port: '6333', protocol: 'TCP' }, []],
    ['a protocol in small letters', { port: '6333', protocol: 'tcp' }, []],
    ['a range', { port: '6333', endPort: 6335, protocol: 'TCP' }, []],
    ['endPort 0, which is none', { port: '6333', endPort: 0, protocol: 'TCP' }, []],
    ['any protocol', { port: '6333', protocol: 'ANY' }, ['UDP 6333, SCTP 6333']],
    ['no protocol', { port: '6333' }, ['UDP 6333, SCTP 6333']],
    ['port 0, which is all', { port: '0', protocol: 'TCP' }, ['TCP 1–6332, TCP 6336–65535']],
    ['no port', { protocol: 'UDP' }, ['all UDP ports']],
    ['a name', { port: 'HTTP', protocol: 'TCP' }, ['TCP http']],
    ['a range that goes too far', { port: '6333', endPort: 6336, protocol: 'TCP' }, ['TCP 6336']],
  ])('with %s', (_name, port, left) => {
    const expected = left.map(
      (ports) => `spec.egress[0].toEndpoints[0] reaches pods app=qdrant of the namespace qdrant, on ${ports}`,
    );
    expect(said(among(port))).toEqual(expected);
  });

  it.each<[string, object]>([
    ['octal', { port: '06333', protocol: 'TCP' }],
    ['above all ports', { port: '70000', protocol: 'TCP' }],
    ['a range that ends before it begins', { port: '6335', endPort: 6333, protocol: 'TCP' }],
    ['a name with an end', { port: 'http', endPort: 80, protocol: 'TCP' }],
    ['of a protocol without ports', { port: '0', protocol: 'ESP' }],
    ['of no protocol', { port: '6333', protocol: '__proto__' }],
    ['no number', { port: '6333;', protocol: 'TCP' }],
  ])('with a port that is %s cannot be judged', (_name, port) => {
    const found = 'spec.egress[0].toPorts cannot be judged: these are no ports of TCP, UDP or SCTP';
    expect(said(among(port))).toEqual([found]);
  });

  it.each<[string, object, string[]]>([
    ['egress: [{}], which denies', { egress: [{}] }, []],
    ['empty lists of peers', { egress: [{ toEndpoints: [], toEntities: [], toCIDRSet: [] }] }, []],
    ['the entity none', { egress: [{ toEntities: ['none'] }] }, []],
    ['what is denied', { egressDeny: [{ toEntities: ['world'] }], ingressDeny: [{ fromEntities: ['all'] }] }, []],
    [
      'ports alone',
      { ingress: [{ toPorts: [{ ports: [{ port: '6333', protocol: 'TCP' }] }] }] },
      ['spec.ingress[0] lets in everything inside and outside of the cluster, on TCP 6333'],
    ],
    [
      'an entry of no ports',
      { egress: [{ toPorts: [{}] }] },
      ['spec.egress[0] reaches everything inside and outside of the cluster, on all ports'],
    ],
    ['its own node', { ingress: [{ fromEntities: ['host'] }] }, []],
    [
      'to its own node',
      { egress: [{ toEntities: ['host'] }] },
      ['spec.egress[0].toEntities[0] cannot be judged: who that is, only the cluster knows'],
    ],
    [
      'all pods of the cluster',
      { egress: [{ toEntities: ['cluster'] }] },
      ['spec.egress[0].toEntities[0] reaches all pods of any namespace that gets the labels everything, on all ports'],
    ],
    [
      'an entity of no version',
      { egress: [{ toEntities: ['constructor'] }] },
      ['spec.egress[0].toEntities[0] cannot be judged: who that is, only the cluster knows'],
    ],
    [
      'who comes from the API server',
      { ingress: [{ fromEntities: ['kube-apiserver'] }] },
      ['spec.ingress[0].fromEntities[0] cannot be judged: who that is, only the cluster knows'],
    ],
    [
      'a range without what is not in it',
      { egress: [{ toCIDRSet: [{ cidr: '10.0.0.0/8', except: ['nothing'] }] }] },
      ['spec.egress[0].toCIDRSet[0] cannot be judged: this is no range of addresses'],
    ],
    [
      'groups of ranges by their labels',
      { ingress: [{ fromCIDRSet: [{ cidrGroupSelector: {} }] }] },
      ['spec.ingress[0].fromCIDRSet[0] cannot be judged: what is in a CiliumCIDRGroup may change at any time'],
    ],
    [
      'two kinds of peers, each as if it were alone',
      { egress: [{ toEndpoints: [DATABASES], toCIDR: ['203.0.113.7'] }] },
      [
        'spec.egress[0].toEndpoints[0] reaches pods app=qdrant of the namespace qdrant, on TCP 1–6332, TCP 6336–65535, all UDP ports, all SCTP ports',
        'spec.egress[0].toCIDR[0] reaches 203.0.113.7/32, on all ports',
      ],
    ],
    [
      'names, for databases',
      { egress: [{ toFQDNs: [{ matchName: 'api.cloud.qdrant.io' }, {}] }] },
      [
        'spec.egress[0].toFQDNs[0] reaches api.cloud.qdrant.io, on all ports',
        'spec.egress[0].toFQDNs[1] reaches *, on all ports',
      ],
    ],
  ])('for databases with %s', (_name, rules, expected) => {
    expect(said(cilium({ endpointSelector: DATABASES, ...rules }))).toEqual(expected);
  });

  const TO_443 = [{ ports: [{ port: '443', protocol: 'TCP' }] }];

  it.each<[string, object, string[]]>([
    ['a name of the console', { toFQDNs: [{ matchName: 'API.cloud.qdrant.io.' }], toPorts: TO_443 }, []],
    ['a pattern without a wildcard', { toFQDNs: [{ matchPattern: 'api.cloud.qdrant.io' }], toPorts: TO_443 }, []],
    [
      'a name on another port',
      { toFQDNs: [{ matchName: 'proxy.example.com' }], toPorts: TO_443 },
      ['spec.egress[0].toFQDNs[0] reaches proxy.example.com, on TCP 443'],
    ],
    [
      'a name that ends in one of the console',
      { toFQDNs: [{ matchName: 'evil-api.cloud.qdrant.io' }], toPorts: TO_443 },
      ['spec.egress[0].toFQDNs[0] reaches evil-api.cloud.qdrant.io, on TCP 443'],
    ],
    [
      'the API server on all ports',
      { toEntities: ['kube-apiserver'] },
      [
        'spec.egress[0].toEntities[0] reaches the API server, on TCP 1–6442, TCP 6444–65535, all UDP ports, all SCTP ports',
      ],
    ],
    [
      'the Service of the API server',
      {
        toServices: [{ k8sService: { serviceName: 'kubernetes', namespace: 'default' } }],
        toPorts: [{ ports: [{ port: '6443', protocol: 'TCP' }] }],
      },
      [],
    ],
    [
      'a Service of that name elsewhere',
      { toServices: [{ k8sService: { serviceName: 'kubernetes' } }] },
      ['spec.egress[0].toServices[0] cannot be judged: which addresses a Service has, no policy says'],
    ],
  ])('for agents with %s', (_name, rule, expected) => {
    expect(said(cilium({ endpointSelector: AGENTS, egress: [rule] }))).toEqual(expected);
  });

  it('without any selector is for all pods', () => {
    expect(said(cilium({ egress: [{ toEndpoints: [DATABASES] }] }))).toHaveLength(1);
  });

  it('that also names nodes is still for pods', () => {
    const spec = { endpointSelector: {}, nodeSelector: {}, egress: [{ toEntities: ['all'] }] };
    expect(said(cilium(spec, 'CiliumClusterwideNetworkPolicy'))).toHaveLength(1);
  });

  it('is judged in each of its rules', () => {
    const open = { endpointSelector: {}, egress: [{ toEntities: ['all'] }] };
    const policy = { ...cilium(open), specs: [{ endpointSelector: {}, egress: [{}] }, open] };
    expect(said(policy).map((text) => text.split(' ')[0])).toEqual([
      'spec.egress[0].toEntities[0]',
      'specs[1].egress[0].toEntities[0]',
    ]);
  });
});

describe('a policy of Calico', () => {
  function calico(spec: object, kind = 'NetworkPolicy', apiVersion = 'projectcalico.org/v3'): KubernetesObject {
    const namespaced = kind === 'NetworkPolicy' && { namespace: 'qdrant' };
    return { apiVersion, kind, metadata: { name: 'default.a', ...namespaced }, spec };
  }
  const open = (rule: object) => calico({ selector: "app == 'qdrant'", egress: [{ action: 'Allow', ...rule }] });
  const own = "app == 'qdrant'";

  it.each<[string, object, string | undefined]>([
    ['ports', { protocol: 'TCP', destination: { selector: own, ports: [6333, '6334:6335'] } }, undefined],
    ['a protocol in small letters', { protocol: 'tcp', destination: { selector: own, ports: ['6333'] } }, undefined],
    ['the number of a protocol', { protocol: 6, destination: { selector: own, ports: [6333] } }, undefined],
    ['another number', { protocol: '17', destination: { selector: own, ports: [6333] } }, 'UDP 6333'],
    ['no protocol', { destination: { selector: own, ports: [6333] } }, 'UDP 6333, SCTP 6333'],
    ['a name', { protocol: 'TCP', destination: { selector: own, ports: ['http'] } }, 'TCP http'],
    ['no ports', { protocol: 'TCP', destination: { selector: own } }, 'TCP 1–6332, TCP 6336–65535'],
    [
      'ports that are left out',
      { protocol: 'TCP', destination: { selector: own, notPorts: ['1:6000', 'http'] } },
      'TCP 6001–6332, TCP 6336–65535',
    ],
    [
      'the ports of the source',
      { protocol: 'TCP', source: { ports: [6333] }, destination: { selector: own, ports: [22] } },
      'TCP 22',
    ],
  ])('with %s', (_name, rule, left) => {
    const found = `spec.egress[0].destination reaches pods app=qdrant of the namespace qdrant, on ${left}`;
    expect(said(open(rule))).toEqual(left === undefined ? [] : [found]);
  });

  const NO_PORTS = 'these are no ports of TCP, UDP or SCTP';
  const NO_RANGES = 'these are no ranges of addresses';
  const MAY_BE_SETS = 'this may select GlobalNetworkSets, whose addresses may be any: name the namespace';
  const TOO_MUCH = 'this selector is more than requirements joined by &&';

  it.each<[string, object, string]>([
    ['a protocol without ports', { protocol: 'ICMPv6' }, 'spec.egress[0] cannot be judged: ICMPv6 has no ports'],
    ['what is no protocol', { protocol: 'constructor' }, 'spec.egress[0] cannot be judged: constructor has no ports'],
    [
      'ports that are none',
      { protocol: 'TCP', destination: { selector: own, ports: ['6335:6333'] } },
      `spec.egress[0] cannot be judged: ${NO_PORTS}`,
    ],
    [
      'ranges of which Calico reads none',
      { protocol: 'TCP', destination: { nets: ['10.0.0.0/8 '], ports: [6333] } },
      `spec.egress[0].destination cannot be judged: ${NO_RANGES}`,
    ],
    [
      'ranges that are left out, of which Calico reads none',
      { destination: { nets: ['10.0.0.0/8'], notNets: ['ten'] } },
      `spec.egress[0].destination cannot be judged: ${NO_RANGES}`,
    ],
    [
      'a namespace of which only is said which not',
      { destination: { namespaceSelector: "projectcalico.org/name != 'shop'" } },
      `spec.egress[0].destination cannot be judged: ${MAY_BE_SETS}`,
    ],
    [
      'a namespace that is none',
      { destination: { namespaceSelector: 'global()' } },
      `spec.egress[0].destination cannot be judged: ${TOO_MUCH}`,
    ],
    [
      'a selector of Services',
      { destination: { services: { name: 'kubernetes' } } },
      'spec.egress[0].destination cannot be judged: which addresses a Service has, no policy says',
    ],
    [
      'the API server, for databases',
      { destination: { services: { name: 'kubernetes', namespace: 'default' } } },
      'spec.egress[0].destination reaches the API server',
    ],
    [
      'all namespaces',
      { protocol: 'TCP', destination: { namespaceSelector: 'all()', selector: own, ports: [6333] } },
      'spec.egress[0].destination reaches pods app=qdrant of any namespace that gets the labels everything, on TCP 6333',
    ],
    ['nothing', {}, 'spec.egress[0] reaches everything inside and outside of the cluster, on all ports'],
    [
      'only whom not',
      { destination: { notSelector: own } },
      'spec.egress[0].destination reaches everything inside and outside of the cluster, on all ports',
    ],
  ])('with %s', (_name, rule, found) => {
    expect(said(open(rule))).toEqual([found]);
  });

  it.each<[string, object, number]>([
    ['Allow', { action: 'Allow' }, 1],
    ['allow', { action: 'allow' }, 1],
    ['no action', {}, 1],
    ['Deny', { action: 'Deny' }, 0],
    ['Log', { action: 'Log' }, 0],
    ['Pass', { action: 'Pass' }, 1],
    ['next-tier', { action: 'next-tier' }, 1],
  ])('in the tier default with %s', (_name, rule, findings) => {
    expect(said(calico({ egress: [rule] }))).toHaveLength(findings);
    expect(said(calico({ tier: 'default', egress: [rule] }))).toHaveLength(findings);
  });

  it('of another tier may pass', () => {
    expect(said(calico({ tier: 'security', egress: [{ action: 'Pass' }] }))).toEqual([]);
    expect(said(calico({ tier: 'security', egress: [{ action: 'Allow' }] }))).toHaveLength(1);
  });

  it.each<[string[] | undefined, string[]]>([
    [undefined, ['spec.ingress[0]', 'spec.egress[0]']],
    [[], ['spec.ingress[0]', 'spec.egress[0]']],
    [['Ingress'], ['spec.ingress[0]']],
    [['egress'], ['spec.egress[0]']],
  ])('of types %j', (types, expected) => {
    const rules = [{ action: 'Allow' }];
    const findings = said(calico({ ...(types && { types }), ingress: rules, egress: rules }));
    expect(findings.map((text) => text.split(' ')[0])).toEqual(expected);
  });

  it.each<[string, object, number]>([
    ['all namespaces', {}, 1],
    ['namespaces that cannot be read', { namespaceSelector: "a == 'b' || all()" }, 1],
    ['namespaces by a label', { namespaceSelector: "team == 'search'" }, 1],
    ['this namespace', { namespaceSelector: "kubernetes.io/metadata.name in {'qdrant', 'shop'}" }, 1],
    ['another namespace', { namespaceSelector: "kubernetes.io/metadata.name == 'shop'" }, 0],
    ['another namespace, as Calico names it', { namespaceSelector: "projectcalico.org/name == 'shop'" }, 0],
    ['all but this', { namespaceSelector: "kubernetes.io/metadata.name != 'qdrant'" }, 0],
    ['pods of another namespace', { selector: "projectcalico.org/namespace == 'shop'" }, 0],
    ['what is in no namespace', { selector: '!has(projectcalico.org/namespace)' }, 0],
  ])('for %s', (_name, spec, findings) => {
    const policy = { ...spec, egress: [{ action: 'Allow' }] };
    expect(said(calico(policy, 'GlobalNetworkPolicy'))).toHaveLength(findings);
    expect(said(calico(policy, 'GlobalNetworkPolicy', 'crd.projectcalico.org/v1'))).toHaveLength(findings);
  });

  it('for all namespaces may name this one', () => {
    const toOwn = { selector: own, namespaceSelector: "projectcalico.org/name == 'qdrant'", ports: [6333] };
    const egress = [{ action: 'Allow', protocol: 'TCP', destination: toOwn }];
    expect(said(calico({ selector: own, egress }, 'GlobalNetworkPolicy'))).toEqual([]);
  });
});

describe('a ClusterNetworkPolicy', () => {
  const QDRANT = { matchLabels: { 'kubernetes.io/metadata.name': 'qdrant' } };
  const PODS = { pods: { namespaceSelector: QDRANT, podSelector: DATABASES } };

  function cluster(spec: object, kind = 'ClusterNetworkPolicy'): KubernetesObject {
    const version = kind === 'ClusterNetworkPolicy' ? 'v1beta1' : 'v1alpha1';
    const tier = kind === 'ClusterNetworkPolicy' && { tier: 'Admin' };
    return {
      apiVersion: `policy.networking.k8s.io/${version}`,
      kind,
      metadata: { name: 'a' },
      spec: { ...tier, subject: PODS, ...spec },
    };
  }

  const left = (ports: string) => [`spec.egress[0].to[0] reaches pods app=qdrant of the namespace qdrant, on ${ports}`];

  it.each<[string, object[] | undefined, string[]]>([
    ['a port', [{ tcp: { destinationPort: { number: 6333 } } }], []],
    ['a range', [{ tcp: { destinationPort: { range: { start: 6333, end: 6335 } } } }], []],
    ['UDP', [{ udp: { destinationPort: { number: 6333 } } }], left('UDP 6333')],
    ['all of SCTP', [{ sctp: {} }], left('all SCTP ports')],
    ['a name', [{ destinationNamedPort: 'rest' }], left('TCP rest, UDP rest, SCTP rest')],
    ['no protocols', undefined, left('TCP 1–6332, TCP 6336–65535, all UDP ports, all SCTP ports')],
    ['a protocol of a later version', [{}], ['spec.egress[0].protocols cannot be judged: these are no ports']],
  ])('with %s', (_name, protocols, expected) => {
    const egress = [{ action: 'Accept', to: [PODS], ...(protocols && { protocols }) }];
    expect(said(cluster({ egress }))).toEqual(expected);
  });

  it.each<[string, object[] | undefined, string[]]>([
    ['a port', [{ portNumber: { protocol: 'TCP', port: 6333 } }], []],
    ['a range without a protocol', [{ portRange: { start: 6333, end: 6335 } }], []],
    ['a name', [{ namedPort: 'rest' }], left('TCP rest, UDP rest, SCTP rest')],
    ['no ports', undefined, left('TCP 1–6332, TCP 6336–65535, all UDP ports, all SCTP ports')],
    ['what is no port', [{}], ['spec.egress[0].ports cannot be judged: these are no ports']],
  ])('of the older kind with %s', (_name, ports, expected) => {
    const egress = [{ action: 'Allow', to: [PODS], ...(ports && { ports }) }];
    expect(said(cluster({ egress }, 'AdminNetworkPolicy'))).toEqual(expected);
  });

  const ALL = [{ action: 'Accept', to: [{ networks: ['0.0.0.0/0'] }] }];

  it.each<[string, object, number]>([
    ['all namespaces', { subject: { namespaces: {} } }, 1],
    ['nobody, by no version that is known', { subject: {} }, 1],
    ['this namespace', { subject: { namespaces: QDRANT } }, 1],
    ['namespaces of a label', { subject: { namespaces: { matchLabels: { team: 'a' } } } }, 1],
    [
      'namespaces of an unknown operator',
      { subject: { namespaces: { matchExpressions: [{ key: 'a', operator: 'Gt' }] } } },
      1,
    ],
    ['another namespace', { subject: { namespaces: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } } } }, 0],
    ['the tier Baseline', { subject: { namespaces: {} }, tier: 'Baseline' }, 0],
    ['a tier of a later version', { subject: { namespaces: {} }, tier: 'Sandwich' }, 1],
  ])('for %s', (_name, spec, findings) => {
    expect(said(cluster({ ...spec, egress: ALL }))).toHaveLength(findings);
  });

  it.each<[string, object, number]>([
    ['Accept', { action: 'Accept' }, 1],
    ['an action of a later version', { action: 'Audit' }, 1],
    ['Deny', { action: 'Deny' }, 0],
    ['Pass', { action: 'Pass' }, 0],
  ])('with %s', (_name, action, findings) => {
    expect(said(cluster({ egress: [{ ...ALL[0], ...action }] }))).toHaveLength(findings);
  });

  it('of another kind is not read', () => {
    expect(said({ ...cluster({ egress: ALL }), apiVersion: 'example.com/v1' })).toEqual([]);
  });
});

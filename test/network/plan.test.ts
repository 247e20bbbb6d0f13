import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ROLES, type Role } from '../../src/engine/pod-roles.ts';
import { makeSubject } from '../../src/engine/subject.ts';
import { judge } from '../../src/judge.ts';
import type { JsonObject, KubernetesObject } from '../../src/k8s/object.ts';
import { selectorOf } from '../../src/network/allowances.ts';
import { endpointsOf } from '../../src/network/api-server.ts';
import { perNamespace, resolve, shared } from '../../src/network/configuration.ts';
import { manifestOf, type Plan, planFor } from '../../src/network/plan.ts';
import type { Policy } from '../../src/rules/define.ts';
import { policyWithAllRules } from '../support/policies.ts';
import { RANDOM_CASES } from '../support/repeats.ts';
import { holding, portsOf } from '../support/worlds.ts';

const NOW = new Date('2026-11-01T00:00:00Z');
const { signal } = new AbortController();
const namespace = 'qdrant';

/** What a configuration says, as far as a plan depends on it. */
interface Told {
  readonly profile: 'private' | 'hybrid';
  readonly roles: Partial<Record<Role, object>>;
  readonly network: { readonly clients?: object[]; readonly monitoring?: object[]; readonly console?: object[] };
  readonly common: { readonly dns?: object[]; readonly apiServer?: object[]; readonly mesh?: string };
}

/** The policy of the namespace with every rule, told this. */
function policyOf({ profile, roles, network, common }: Told): Policy {
  const matches = Object.fromEntries(Object.entries(roles).map(([role, selector]) => [role, { selector, images: [] }]));
  const settings = resolve(shared.parse(common), perNamespace.parse(network), { profile, roles: matches });
  const { [profile]: base } = BASES;
  return { ...base, settings: { ...base.settings, roles: matches, network: settings } };
}

const BASES = { private: policyWithAllRules(), hybrid: policyWithAllRules({ profile: 'hybrid' }) };

const NAMESPACE = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };

const SLICE = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'kubernetes', namespace: 'default' },
  ports: [{ port: 6443, protocol: 'TCP' }],
  endpoints: [{ addresses: ['172.18.0.3'] }],
};

/** For every role of the configuration, with the addresses of the API server that it gives or the cluster has. */
function planOf(policy: Policy): Plan {
  const settings = policy.settings.network;
  const apiServer = settings.apiServer.length > 0 ? settings.apiServer : endpointsOf(SLICE);
  return planFor([...ROLES], { namespace, settings, apiServer });
}

function manifestsOf(policy: Policy) {
  return planOf(policy).policies.map((each) => manifestOf(each, namespace));
}

/** What the rules of the network say of an object, where they do not let it pass. */
async function complaints(object: KubernetesObject, policy: Policy, world: readonly JsonObject[]): Promise<string[]> {
  const subject = makeSubject({ object, operation: 'CREATE', namespace, now: NOW });
  const there = holding(world);
  const { verdicts } = await judge(subject, policy, portsOf({ ...there, live: there }), signal);
  return verdicts
    .filter(({ rule, outcome }) => rule.promise === 'network' && outcome !== 'pass')
    .map(
      (verdict) => `${verdict.rule.id}: ${JSON.stringify(verdict, ['outcome', 'reason', 'findings', 'path', 'found'])}`,
    );
}

const labels = (value: string) => ({ matchLabels: { app: value } });

/** Everything at once, with places that have nothing in common. */
const POOL = {
  roles: { database: labels('db'), client: labels('client'), operator: labels('operator'), agent: labels('agent') },
  clients: [{ namespace: 'apps' }, { namespace: 'search', pods: labels('api') }, { cidr: '10.20.0.0/16' }],
  monitoring: [{ namespace: 'monitoring' }, { namespace: 'metrics', pods: labels('prometheus') }],
  console: [{ namespace: 'proxy', port: 3128 }, { cidr: '203.0.113.0/24' }, { domain: 'grpc.cloud.qdrant.io' }],
  dns: [{ namespace: 'openshift-dns', ports: [5353] }, { cidr: '169.254.20.10/32' }],
  apiServer: [
    { cidr: '10.96.0.1/32', ports: [443] },
    { cidr: '172.18.0.2/32', ports: [6443] },
  ],
};

/** What each role needs, one line per peer and port: written down from what Qdrant and Istio document. */
function needed({ profile, roles, network, common }: Told): string[] {
  const places = (list: object[] = []) => list.flatMap((place) => placeText(place));
  const own = (role: Role) => {
    const selector = roles[role] ?? (role === 'database' ? labels('qdrant') : undefined);
    return selector ? [JSON.stringify(selector)] : [];
  };
  const lines: string[] = [];
  const add = (name: string, way: 'in' | 'out', peers: readonly string[], ...ports: readonly (number | string)[]) => {
    for (const peer of peers) {
      // The mesh carries connections between pods, and no others.
      const tunnel =
        common.mesh === 'ambient' && /[{]/.test(peer) && name !== 'dns' && !ports.includes('all') ? [15008] : [];
      for (const port of [...ports, ...tunnel]) lines.push(`allow-${name} ${way} ${peer} TCP ${port}`);
    }
  };
  for (const place of common.dns ?? []) {
    const { ports = [53] } = place as { ports?: number[] };
    for (const port of ports) {
      for (const protocol of ['TCP', 'UDP']) {
        for (const peer of places([place])) lines.push(`allow-dns out ${peer} ${protocol} ${port}`);
      }
    }
  }
  if (common.mesh === 'ambient')
    add('mesh', 'in', ['169.254.7.127/32', 'fd16:9254:7127:1337:ffff:ffff:ffff:ffff/128'], 'all');
  if (common.mesh === 'sidecar') {
    add('mesh', 'out', placeText({ namespace: 'istio-system', pods: labels('istiod') }), 15012);
    add('mesh', 'in', places(network.monitoring), 15020, 15090);
  }
  add('database', 'in', own('database'), 6333, 6334, 6335);
  add('database', 'in', [...own('client'), ...own('operator'), ...own('agent')], 6333, 6334);
  add('database', 'in', places(network.clients), 6333, 6334);
  add('database', 'in', places(network.monitoring), 6333);
  add('database', 'out', own('database'), 6333, 6334, 6335);
  if (roles.client) add('client', 'out', own('database'), 6333, 6334);
  const controlPlane = [...own('operator'), ...own('agent')];
  for (const role of ['operator', 'agent'] as const) {
    if (!roles[role]) continue;
    const servers = common.apiServer?.length ? common.apiServer : [{ cidr: '172.18.0.3/32', ports: [6443] }];
    for (const server of servers) add(role, 'out', placeText(server), ...(server as { ports: number[] }).ports);
    add(role, 'out', own('database'), 6333, 6334);
    add(role, 'out', controlPlane, 'all');
    add(role, 'in', controlPlane, 'all');
    add(role, 'in', places(network.monitoring), 8080, 9090, 9290);
  }
  if (roles.agent && profile === 'hybrid') {
    for (const place of network.console ?? []) {
      const { port = 443 } = place as { port?: number };
      for (const peer of placeText(place)) lines.push(`allow-agent out ${peer} TCP ${port}`);
    }
  }
  return lines.sort();
}

/** As the manifest of a policy would name it; none for a name. */
function placeText(place: object): string[] {
  if ('cidr' in place) return [String(place.cidr)];
  if (!('namespace' in place)) return [];
  const selector = JSON.stringify({ matchLabels: { 'kubernetes.io/metadata.name': place.namespace } });
  return ['pods' in place ? `${selector}${JSON.stringify(place.pods)}` : selector];
}

/** The same lines, read from the manifests alone. */
function written(manifests: ReturnType<typeof manifestsOf>): string[] {
  return manifests
    .flatMap(({ metadata: { name }, spec }) => {
      const rules = [
        ...(spec.ingress ?? []).map(({ from, ports }) => ({ way: 'in', peers: from, ports })),
        ...(spec.egress ?? []).map(({ to, ports }) => ({ way: 'out', peers: to, ports })),
      ];
      return rules.flatMap(({ way, peers, ports }) =>
        peers.flatMap((peer) => ports.map((port) => `${name} ${way} ${peerText(peer)} ${portText(port)}`)),
      );
    })
    .sort();
}

function peerText(peer: object): string {
  const { ipBlock, namespaceSelector, podSelector } = peer as Record<
    string,
    { cidr?: string; except?: string[] } | undefined
  >;
  if (ipBlock) return [ipBlock.cidr, ...(ipBlock.except ?? []).map((cidr) => `but ${cidr}`)].join(' ');
  return [namespaceSelector, podSelector].flatMap((each) => (each ? [JSON.stringify(each)] : [])).join('');
}

function portText({ protocol, port }: { protocol: string; port?: number }): string {
  return `${protocol} ${port ?? 'all'}`;
}

const some = <T>(all: readonly T[], minLength = 0) => fc.subarray([...all], { minLength });
const told: fc.Arbitrary<Told> = fc
  .record({
    profile: fc.constantFrom('private', 'hybrid'),
    roles: some(ROLES).map((names) => Object.fromEntries(names.map((name) => [name, POOL.roles[name]]))),
    network: fc.record({ clients: some(POOL.clients), monitoring: some(POOL.monitoring), console: some(POOL.console) }),
    common: fc.record({
      dns: some(POOL.dns, 1),
      apiServer: some(POOL.apiServer),
      mesh: fc.constantFrom('none', 'ambient', 'sidecar'),
    }),
  })
  .map((each) => ({
    ...each,
    network: { ...each.network, console: each.profile === 'hybrid' ? each.network.console : [] },
  }));

/** Selectors that have much in common, and ranges that hold addresses of metadata services and each other. */
const requirement = fc.oneof(
  fc.record({
    key: fc.constantFrom('app', 'tier'),
    operator: fc.constantFrom('In', 'NotIn'),
    values: some(['a', 'b', 'c'], 1),
  }),
  fc.record({ key: fc.constantFrom('app', 'tier'), operator: fc.constantFrom('Exists', 'DoesNotExist') }),
);
const selector = fc.oneof(
  fc.constantFrom('a', 'b', 'c').map(labels),
  fc.record({ matchExpressions: fc.array(requirement, { minLength: 1, maxLength: 3 }) }),
);
const place = fc.oneof(
  fc.record({ namespace: fc.constantFrom(namespace, 'apps', 'kube-system') }),
  fc.record({ namespace: fc.constantFrom(namespace, 'apps', 'kube-system'), pods: selector }),
  fc
    .constantFrom('0.0.0.0/0', '::/0', '169.254.0.0/16', '169.254.169.254/32', '10.0.0.0/8', '10.1.2.3/16', 'fd00::/8')
    .map((cidr) => ({ cidr })),
);
const podsPlace = fc.record({ namespace: fc.constantFrom(namespace, 'apps'), pods: selector });
const port = fc.constantFrom(53, 443, 6333, 6335, 15008, 65535);
const ports = fc.array(port, { minLength: 1, maxLength: 3 });
const wild: fc.Arbitrary<Told> = fc.record({
  profile: fc.constant('hybrid'),
  roles: fc.record({ database: selector, client: selector, operator: selector, agent: selector }, { requiredKeys: [] }),
  network: fc.record({
    clients: fc.array(place, { maxLength: 3 }),
    monitoring: fc.array(podsPlace, { maxLength: 2 }),
    console: fc.array(
      fc.tuple(place, port).map(([where, to]) => ({ ...where, port: to })),
      { maxLength: 3 },
    ),
  }),
  common: fc.record({
    dns: fc.array(
      fc.tuple(place, ports).map(([where, to]) => ({ ...where, ports: to })),
      { minLength: 1, maxLength: 3 },
    ),
    apiServer: fc.array(fc.record({ cidr: fc.constantFrom('0.0.0.0/0', '10.96.0.0/12', '::/0'), ports }), {
      maxLength: 2,
    }),
    mesh: fc.constantFrom('none', 'ambient', 'sidecar'),
  }),
});

describe('a plan', () => {
  it('opens exactly what is needed, whatever the configuration says', () => {
    fc.assert(
      fc.property(told, (each) => {
        expect(written(manifestsOf(policyOf(each)))).toEqual(needed(each));
      }),
      { numRuns: RANDOM_CASES },
    );
  });

  it('passes every rule without an edit, and lets pods in', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(told, wild), async (each) => {
        const policy = policyOf(each);
        const manifests = manifestsOf(policy);
        const world = [NAMESPACE, SLICE, ...manifests] as unknown as readonly JsonObject[];
        for (const manifest of manifests) expect(await complaints(manifest, policy, world)).toEqual([]);
        const pod = {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'p', namespace, labels: { app: 'a' } },
          spec: {},
        };
        // Which labels a pod may have is no matter of the plan.
        const said = await complaints(pod, policy, world);
        expect(said.filter((each) => /^(default-deny|wide-policies):/.test(each))).toEqual([]);
      }),
      { numRuns: RANDOM_CASES / 5 },
    );
  });

  it('begins with a default deny that nothing owns, and isolates both ways', () => {
    const [first] = manifestsOf(policyOf({ profile: 'private', roles: {}, network: {}, common: {} }));
    expect(first).toEqual({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'default-deny', namespace },
      spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    });
  });

  it.each(['none', 'ambient', 'sidecar'] as const)(
    'with mesh %s opens what that needs, and 15008 only for ambient',
    (mesh) => {
      const lines = written(
        manifestsOf(
          policyOf({ profile: 'private', roles: POOL.roles, network: { clients: POOL.clients }, common: { mesh } }),
        ),
      );
      const tunnels = lines.filter((line) => line.endsWith(' 15008'));
      expect(tunnels.length > 0).toBe(mesh === 'ambient');
      // From addresses nobody comes through the mesh.
      expect(tunnels.filter((line) => /\d\/\d/.test(line))).toEqual([]);
      expect(lines.some((line) => line.endsWith(' TCP 15012'))).toBe(mesh === 'sidecar');
    },
  );

  it('leaves out an address that hands out credentials, and what is within another opening', () => {
    const lines = written(
      manifestsOf(
        policyOf({
          profile: 'hybrid',
          roles: { agent: labels('agent') },
          network: {
            clients: [{ cidr: '10.0.0.0/8' }, { cidr: '10.1.0.0/16' }],
            console: [{ cidr: '169.254.169.254/31' }],
          },
          common: {},
        }),
      ),
    );
    expect(lines).toContain('allow-agent out 169.254.169.254/31 but 169.254.169.254/32 TCP 443');
    expect(lines.filter((line) => line.includes(' 10.'))).toEqual([
      'allow-database in 10.0.0.0/8 TCP 6333',
      'allow-database in 10.0.0.0/8 TCP 6334',
    ]);
  });

  it('makes a policy for the roles that are asked for, and no others', () => {
    const { settings } = policyOf({ profile: 'private', roles: POOL.roles, network: {}, common: {} });
    const names = (roles: Role[]) =>
      planFor(roles, { namespace, settings: settings.network, apiServer: [] }).policies.map(({ name }) => name);
    expect(names([])).toEqual(['default-deny', 'allow-dns']);
    expect(names(['client', 'database'])).toEqual(['default-deny', 'allow-dns', 'allow-database', 'allow-client']);
  });

  it.each<[string, Told, readonly Role[], readonly RegExp[]]>([
    [
      'an address that hands out credentials',
      { profile: 'private', roles: {}, network: {}, common: { dns: [...POOL.dns, { cidr: '169.254.169.254/32' }] } },
      ['database'],
      [/^The way to 169\.254\.169\.254\/32 \(the cluster's DNS\) is left out, for credentials/],
    ],
    ['nothing for databases', { profile: 'private', roles: {}, network: {}, common: {} }, ['database'], []],
    [
      'the API server whose addresses nobody told',
      { profile: 'private', roles: POOL.roles, network: {}, common: {} },
      ['operator'],
      [/operator to the API server .* set network\.apiServer, or plan with --cluster$/],
    ],
    [
      'a console that nobody told',
      { profile: 'hybrid', roles: POOL.roles, network: {}, common: { apiServer: POOL.apiServer } },
      ['agent'],
      [/Qdrant's console .* set network\.console/],
    ],
    [
      'a console that is a name',
      {
        profile: 'hybrid',
        roles: POOL.roles,
        network: { console: POOL.console },
        common: { apiServer: POOL.apiServer },
      },
      ['agent'],
      [/grpc\.cloud\.qdrant\.io on TCP 443 .* know no names/],
    ],
  ])('says what it leaves out: %s', (_, each, roles, expected) => {
    const settings = policyOf(each).settings.network;
    const apiServer = settings.apiServer.length > 0 ? settings.apiServer : undefined;
    const { leftOut } = planFor(roles, { namespace, settings, apiServer });
    expect(leftOut).toHaveLength(expected.length);
    for (const [index, pattern] of expected.entries()) expect(leftOut[index]).toMatch(pattern);
  });

  it('selects pods of a role by the labels that the configuration gives', () => {
    const policy = policyOf({ profile: 'private', roles: { database: labels('db') }, network: {}, common: {} });
    const planned = planOf(policy).policies.find(({ name }) => name === 'allow-database');
    expect(planned?.pods).toEqual(selectorOf('database', policy.settings.network));
    expect(planned?.pods).toEqual(labels('db'));
  });
});

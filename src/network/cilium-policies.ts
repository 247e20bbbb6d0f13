import { isKind, type ObjectOf } from '../k8s/kinds.ts';
import { type AddressSet, ALL_ADDRESSES, parseRange, subtract, union } from './addresses.ts';
import { ciliumPorts } from './cilium-ports.ts';
import { peerOfSelector, podsOfNamespace, type SelectorScope, selectsInitializing } from './cilium-selectors.ts';
import type { Direction } from './default-deny.ts';
import type { Opening, Peer } from './openings.ts';
import type { OpenedPart, Translation } from './translation.ts';

const NAMESPACED = 'CiliumNetworkPolicy.cilium.io';

export type CiliumPolicy = ObjectOf<typeof NAMESPACED | 'CiliumClusterwideNetworkPolicy.cilium.io'>;
type Rule = NonNullable<CiliumPolicy['spec']>;
type Ingress = NonNullable<Rule['ingress']>[number];
type Egress = NonNullable<Rule['egress']>[number];
type Range = NonNullable<Egress['toCIDRSet']>[number];

/**
 * What a policy of Cilium opens to pods of a namespace, one translation for each of its rules that select some. What it
 * allows adds up with what NetworkPolicies allow; what it denies, and how it sets enableDefaultDeny, takes nothing away
 * from their default deny. The same for nodes (nodeSelector) is not about pods.
 *
 * Source: cilium/cilium@v1.20.2: pkg/policy/api, pkg/policy/utils/parserules.go, pkg/policy/rule.go.
 */
export function translateCilium(policy: CiliumPolicy, namespace: string): readonly Translation[] {
  const namespaced = isKind(policy, NAMESPACED);
  const { spec, specs } = policy;
  return [
    ...(spec ? translateRule(spec, 'spec', namespaced, namespace) : []),
    ...(specs ?? []).flatMap((rule, at) => translateRule(rule, `specs[${at}]`, namespaced, namespace)),
  ];
}

function translateRule(rule: Rule, base: string, namespaced: boolean, namespace: string): readonly Translation[] {
  const { endpointSelector, nodeSelector, ingress, egress } = rule;
  if (nodeSelector && !endpointSelector) return [];
  const pods = podsOfNamespace(endpointSelector ?? {}, namespaced, namespace);
  if (!pods) return [];
  const scope = { namespaced, initializing: selectsInitializing(endpointSelector ?? {}) };
  return [
    {
      pods,
      parts: [
        ...(ingress ?? []).flatMap((each, at) => partsOf(ingressOf(each), `${base}.ingress[${at}]`, scope)),
        ...(egress ?? []).flatMap((each, at) => partsOf(egressOf(each), `${base}.egress[${at}]`, scope)),
      ],
    },
  ];
}

/** A rule of either direction, without the word that its fields begin with. */
interface EitherRule extends Pick<Egress, 'toPorts' | 'icmps'> {
  readonly direction: Direction;
  readonly begins: 'from' | 'to';
  readonly Endpoints: Egress['toEndpoints'];
  readonly Entities: Egress['toEntities'];
  readonly CIDR: Egress['toCIDR'];
  readonly CIDRSet: Egress['toCIDRSet'];
  readonly FQDNs: Egress['toFQDNs'];
  readonly Services: Egress['toServices'];
  /** Lists of what only the cluster, or a cloud, can tell. */
  readonly elsewhere: readonly (readonly [field: string, list: readonly object[] | null | undefined, why: string])[];
}

const NODES = 'which addresses nodes have, no policy says';
const GROUPS = 'which addresses a group has, only the cloud knows';
const SERVICES = 'which addresses a Service has, no policy says';

function ingressOf(rule: Ingress): EitherRule {
  return {
    ...rule,
    direction: 'Ingress',
    begins: 'from',
    Endpoints: rule.fromEndpoints,
    Entities: rule.fromEntities,
    CIDR: rule.fromCIDR,
    CIDRSet: rule.fromCIDRSet,
    FQDNs: undefined,
    Services: undefined,
    elsewhere: [
      ['Nodes', rule.fromNodes, NODES],
      ['Groups', rule.fromGroups, GROUPS],
    ],
  };
}

function egressOf(rule: Egress): EitherRule {
  return {
    ...rule,
    direction: 'Egress',
    begins: 'to',
    Endpoints: rule.toEndpoints,
    Entities: rule.toEntities,
    CIDR: rule.toCIDR,
    CIDRSet: rule.toCIDRSet,
    FQDNs: rule.toFQDNs,
    Services: rule.toServices,
    elsewhere: [
      ['Nodes', rule.toNodes, NODES],
      ['Groups', rule.toGroups, GROUPS],
    ],
  };
}

function partsOf(rule: EitherRule, base: string, scope: SelectorScope): readonly OpenedPart[] {
  const { direction, begins, icmps, toPorts } = rule;
  // No NetworkPolicy can open it, and an echo carries data as well as any connection.
  if (icmps?.length) return [{ direction, path: `${base}.icmps`, value: icmps, why: 'ICMP has no ports' }];
  const ports = ciliumPorts(toPorts);
  if (!ports.ok) return [{ direction, path: `${base}.toPorts`, value: withoutRules(toPorts), why: ports.error }];
  const listed = peersOf(rule, { direction, path: `${base}.${begins}`, ports: ports.value }, scope);
  if (listed) return listed;
  // Without peers and ports a rule allows nothing: `egress: [{}]` denies. With ports it allows them to whomever; of an
  // empty list of peers beside ports not all versions say the same.
  return toPorts?.length ? [{ direction, path: base, ports: ports.value, peer: { of: 'everything' } }] : [];
}

/** The headers of HTTP that a rule asks for may be secrets. */
function withoutRules(toPorts: Egress['toPorts']): unknown {
  return (toPorts ?? []).map(({ ports, listener }) => ({ ports, listener }));
}

/** What the peers of a rule open; undefined where it lists none. */
function peersOf(
  rule: EitherRule,
  place: Omit<Opening, 'peer'>,
  scope: SelectorScope,
): readonly OpenedPart[] | undefined {
  const { direction, ports } = place;
  const path = (field: string, at: number) => `${place.path}${field}[${at}]`;
  const to = (field: string, at: number, peer: Peer | string, value: unknown): OpenedPart =>
    typeof peer === 'string'
      ? { direction, path: path(field, at), value, why: peer }
      : { direction, path: path(field, at), ports, peer };
  const lists: readonly (readonly OpenedPart[])[] = [
    (rule.Endpoints ?? []).map((each, at) => to('Endpoints', at, peerOfSelector(each, scope), each)),
    (rule.CIDR ?? []).map((each, at) => to('CIDR', at, peerOfRange({ cidr: each }), each)),
    (rule.CIDRSet ?? []).map((each, at) => to('CIDRSet', at, peerOfRange(each), each)),
    ...rule.elsewhere.map(([field, list, why]) => (list ?? []).map((each, at) => to(field, at, why, each))),
    (rule.FQDNs ?? []).map(({ matchName, matchPattern }, at) => ({
      direction: 'Egress',
      path: path('FQDNs', at),
      domain: matchName || matchPattern || '*',
      ports,
    })),
    (rule.Services ?? []).map((each, at) =>
      isApiServer(each)
        ? { direction: 'Egress', path: path('Services', at), to: 'the API server', ports }
        : to('Services', at, SERVICES, each),
    ),
    (rule.Entities ?? []).flatMap((each, at) => partsOfEntity(each, { ...place, path: path('Entities', at) })),
  ];
  const isListed = lists.some((list) => list.length > 0) || (rule.Entities ?? []).length > 0;
  return isListed ? lists.flat() : undefined;
}

function peerOfRange({ cidr, except, cidrGroupRef, cidrGroupSelector }: Range): Peer | string {
  if (cidrGroupRef || cidrGroupSelector) return 'what is in a CiliumCIDRGroup may change at any time';
  const range = parseRange(cidr ?? '');
  const excepted = (except ?? []).map(parseRange);
  const holes: AddressSet[] = excepted.flatMap((each) => (each.ok ? [each.value] : []));
  if (!range.ok || holes.length < excepted.length) return 'this is no range of addresses';
  return { of: 'addresses', addresses: subtract(range.value, union(...holes)) };
}

/** Entities that are one kind of peer; what is not here cannot be judged. */
const ENTITIES: Readonly<Record<string, Peer>> = {
  all: { of: 'everything' },
  world: { of: 'addresses', addresses: ALL_ADDRESSES },
  'world-ipv4': { of: 'addresses', addresses: { ...ALL_ADDRESSES, v6: [] } },
  'world-ipv6': { of: 'addresses', addresses: { ...ALL_ADDRESSES, v4: [] } },
  cluster: { of: 'pods', namespaces: {}, pods: {} },
  'cluster-mesh': { of: 'pods', namespaces: {}, pods: {} },
};

function partsOfEntity(entity: string, place: Omit<Opening, 'peer'>): readonly OpenedPart[] {
  const { direction, path, ports } = place;
  if (entity === 'none') return [];
  // A pod's own node reaches it in any case: the kubelet's probes come from there.
  if (entity === 'host' && direction === 'Ingress') return [];
  const peer = Object.hasOwn(ENTITIES, entity) ? ENTITIES[entity] : undefined;
  if (peer) return [{ ...place, peer }];
  if (entity === 'kube-apiserver' && direction === 'Egress') return [{ direction, path, to: 'the API server', ports }];
  return [{ direction, path, value: entity, why: 'who that is, only the cluster knows' }];
}

function isApiServer({ k8sService, k8sServiceSelector }: NonNullable<Egress['toServices']>[number]): boolean {
  return !k8sServiceSelector && k8sService?.serviceName === 'kubernetes' && k8sService.namespace === 'default';
}

import { ROLES, type Role } from '../engine/pod-roles.ts';
import type { LabelSelector } from '../k8s/selectors.ts';
import {
  type AddressSet,
  intersect as intersectAddresses,
  isSubset,
  MAPPED_ADDRESSES,
  NO_ADDRESSES,
  parseCidr,
  subtract,
  toCidrs,
} from './addresses.ts';
import { type Allowance, allowancesFor, type Site, selectorOf } from './allowances.ts';
import { DIRECTIONS, type Direction } from './default-deny.ts';
import { NAMESPACE_LABEL } from './judge-openings.ts';
import { withoutThose } from './peers.ts';
import { describePorts, intersect, isEmpty, type PortSet, PROTOCOLS, union } from './ports.ts';
import { implies } from './selectors.ts';
import type { Addresses, PodsOf } from './settings.ts';
import { METADATA_ADDRESSES } from './special-addresses.ts';

/** The NetworkPolicies that a namespace needs. */
export interface Plan {
  readonly policies: readonly PlannedPolicy[];
  /** What is needed and cannot be written, and what to do about it: sentences without a full stop. */
  readonly leftOut: readonly string[];
}

export interface PlannedPolicy {
  readonly name: string;
  /** Why it is there: a sentence without a full stop. */
  readonly why: string;
  readonly pods: LabelSelector;
  readonly rules: readonly PlannedRule[];
}

/** One rule of a policy: these ports of each of these peers. */
export interface PlannedRule {
  readonly direction: Direction;
  readonly peers: readonly (PodsOf | Addresses)[];
  readonly ports: PortSet;
  /** Who they are. */
  readonly what: string;
}

/** What a plan is made for. */
export interface PlanSite extends Omit<Site, 'apiServer'> {
  /** Where the API server listens; undefined where nobody knows. */
  readonly apiServer: Site['apiServer'] | undefined;
}

/** Why pods of a role need what their policy opens. */
const NEEDS: Readonly<Record<Role, string>> = {
  database: 'Databases are called, and copy their data among themselves; they reach nothing else',
  agent: "The agent carries the console's instructions to the API server, and looks after operators and databases",
  operator: 'The control plane works through the API server, and looks after the databases',
  client: 'Clients call the databases',
};

/** The default deny of a namespace, and the least that pods of these roles need beside it. */
export function planFor(roles: readonly Role[], planned: PlanSite): Plan {
  const site: Site = { ...planned, apiServer: planned.apiServer ?? [] };
  const everyPod = allowancesFor([], site);
  const withoutMesh = allowancesFor([], { ...site, settings: { ...site.settings, mesh: 'none' } });
  const known = ROLES.filter((role) => roles.includes(role));
  const ownOf = (role: Role) => allowancesFor([role], site).slice(everyPod.length);
  return {
    policies: [
      {
        name: 'default-deny',
        why: 'Nothing is open that no other policy opens, whatever labels a pod gets',
        pods: {},
        rules: [],
      },
      ...policyOf('allow-dns', "Every pod may ask the cluster's DNS", {}, withoutMesh, site),
      ...policyOf('allow-mesh', 'The mesh has to reach every pod', {}, everyPod.slice(withoutMesh.length), site),
      ...known.flatMap((role) => {
        const pods = selectorOf(role, site.settings);
        return pods ? policyOf(`allow-${role}`, NEEDS[role], pods, ownOf(role), site) : [];
      }),
    ],
    leftOut: [
      ...[...everyPod, ...known.flatMap(ownOf)].flatMap(forbiddenOf),
      ...known.flatMap((role) => leftOutOf(role, planned)),
    ],
  };
}

/** None where nothing is to be opened. */
function policyOf(
  name: string,
  why: string,
  pods: LabelSelector,
  allowances: readonly Allowance[],
  site: Site,
): readonly PlannedPolicy[] {
  const needed: Allowance[] = [];
  for (const each of allowances.flatMap((one) => neededOf(one, pods, site)).flatMap(writable)) {
    const earlier = needed.filter(({ direction }) => direction === each.direction).map(connectionsOf);
    const [rest, ...more] = withoutThose([connectionsOf(each)], earlier, site.namespace);
    // Where several pieces of addresses remain, one range says it better than they do.
    if (rest) needed.push(more.length === 0 ? { ...each, ports: rest.ports } : each);
  }
  const rules = DIRECTIONS.flatMap((direction) => rulesOf(needed.filter((each) => each.direction === direction)));
  return rules.length === 0 ? [] : [{ name, why, pods, rules }];
}

function connectionsOf({ peer, ports }: Allowance) {
  if (peer.of === 'addresses') return { peer, ports };
  const namespaces = { matchLabels: { [NAMESPACE_LABEL]: peer.namespace } };
  return { peer: { of: 'pods', namespaces, pods: peer.pods } as const, ports };
}

/** Of what is allowed to pods, what they need: of a way to all pods of the namespace, what the roles there let in. */
function neededOf(allowance: Allowance, from: LabelSelector, site: Site): readonly Allowance[] {
  if (!allowance.atMost) return [allowance];
  return ROLES.flatMap((role) => {
    const pods = selectorOf(role, site.settings);
    const lets = allowancesFor([role], site).filter(
      ({ direction, peer }) =>
        direction === 'Ingress' && peer.of === 'pods' && peer.namespace === site.namespace && implies(from, peer.pods),
    );
    const ports = intersect(allowance.ports, union(...lets.map((each) => each.ports)));
    if (!pods || isEmpty(ports)) return [];
    return [
      { ...allowance, peer: { of: 'pods', namespace: site.namespace, pods }, ports, what: 'the roles that let it in' },
    ];
  });
}

/** Ranges that can be written. Of those that pods reach, none lies among addresses where credentials are to be had. */
function writable(allowance: Allowance): readonly Allowance[] {
  const { direction, peer } = allowance;
  if (peer.of === 'pods' || direction === 'Ingress') return [allowance];
  const addresses = subtract(peer.addresses, MAPPED_ADDRESSES);
  return isForbidden(addresses) ? [] : [{ ...allowance, peer: { of: 'addresses', addresses } }];
}

/** Whoever reaches such an address has the node's credentials. */
function isForbidden(addresses: AddressSet): boolean {
  return isSubset(addresses, METADATA_ADDRESSES);
}

/** Allowances that differ in their peer alone are one rule. */
function rulesOf(allowances: readonly Allowance[]): readonly PlannedRule[] {
  const rules = new Map<string, PlannedRule>();
  for (const { direction, peer, ports, what } of allowances) {
    const key = JSON.stringify([what, ports]);
    const peers = [...(rules.get(key)?.peers ?? []), peer];
    rules.set(key, { direction, ports, what, peers });
  }
  return [...rules.values()];
}

/** What no plan opens, though the configuration names it: some clusters have their DNS at such an address. */
function forbiddenOf({ direction, peer, what }: Allowance): readonly string[] {
  if (direction === 'Ingress' || peer.of === 'pods' || !isForbidden(peer.addresses)) return [];
  const where = toCidrs(peer.addresses).join(', ');
  return [`The way to ${where} (${what}) is left out, for credentials of the node are to be had there`];
}

function leftOutOf(role: Role, { settings, apiServer }: PlanSite): readonly string[] {
  if (role === 'database' || role === 'client') return [];
  const unknown = `The way of the ${role} to the API server is left out, for its addresses are not known: set network.apiServer, or plan with --cluster`;
  return [
    ...(apiServer?.length ? [] : [unknown]),
    ...(role === 'agent' && settings.profile === 'hybrid' ? consoleLeftOut(settings) : []),
  ];
}

function consoleLeftOut({ console: places }: PlanSite['settings']): readonly string[] {
  if (places.length === 0)
    return ["The way of the agent to Qdrant's console is left out: set network.console of the namespace"];
  return places.flatMap((place) =>
    place.of === 'domain'
      ? [
          `The way of the agent to ${place.domain} on ${describePorts(place.ports)} is left out, for NetworkPolicies know no names: give the ranges of a proxy, or write a policy of the network plugin`,
        ]
      : [],
  );
}

/** A NetworkPolicy as one writes it, for any tool that takes manifests. */
export function manifestOf({ name, pods, rules }: PlannedPolicy, namespace: string) {
  const rulesFor = (direction: Direction) => rules.filter((rule) => rule.direction === direction);
  const ingress = rulesFor('Ingress').map((rule) => ({ from: peersOf(rule, namespace), ports: portsOf(rule.ports) }));
  const egress = rulesFor('Egress').map((rule) => ({ to: peersOf(rule, namespace), ports: portsOf(rule.ports) }));
  const deniesAll = rules.length === 0;
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace },
    spec: {
      podSelector: pods,
      policyTypes: DIRECTIONS.filter((direction) => deniesAll || rulesFor(direction).length > 0),
      ...(ingress.length > 0 && { ingress }),
      ...(egress.length > 0 && { egress }),
    },
  };
}

function peersOf({ direction, peers }: PlannedRule, namespace: string) {
  return peers.flatMap((peer): object[] =>
    peer.of === 'addresses' ? blocksOf(peer.addresses, direction) : [podsPeer(peer, namespace)],
  );
}

/** Where pods may go, the addresses of metadata services are excepted: whoever reaches one has the node's credentials. */
function blocksOf(addresses: AddressSet, direction: Direction): object[] {
  const forbidden = direction === 'Egress' ? METADATA_ADDRESSES : NO_ADDRESSES;
  return toCidrs(addresses).flatMap((cidr) => {
    const block = parseCidr(cidr);
    if (!block.ok || isSubset(block.value, forbidden)) return [];
    const except = toCidrs(intersectAddresses(block.value, forbidden));
    return [{ ipBlock: except.length > 0 ? { cidr, except } : { cidr } }];
  });
}

function podsPeer({ namespace, pods }: PodsOf, own: string) {
  if (namespace === own) return { podSelector: pods };
  const namespaceSelector = { matchLabels: { [NAMESPACE_LABEL]: namespace } };
  return implies({}, pods) ? { namespaceSelector } : { namespaceSelector, podSelector: pods };
}

/** So many ports are listed one by one: there are network plugins that do not know endPort, and take the first port. */
const MOST_LISTED = 4;

function portsOf(ports: PortSet) {
  return PROTOCOLS.flatMap((protocol) =>
    ports[protocol].flatMap(({ start, end }) => {
      if (start === 1 && end === 65536) return [{ protocol }];
      if (end - start > MOST_LISTED) return [{ protocol, port: start, endPort: end - 1 }];
      return Array.from({ length: end - start }, (_, index) => ({ protocol, port: start + index }));
    }),
  );
}

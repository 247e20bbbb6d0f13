import { ROLES, type Role } from '../engine/pod-roles.ts';
import type { LabelSelector } from '../k8s/selectors.ts';
import { type AddressSet, parseRange, union as unionOfAddresses } from './addresses.ts';
import type { Direction } from './default-deny.ts';
import { type PortSet, tcp, union } from './ports.ts';
import { implies } from './selectors.ts';
import type { Addresses, Destination, NetworkSettings, PodsOf, Source } from './settings.ts';

/** Connections that the profile allows to a role, as data: what `network plan` writes, and what a policy may not exceed. */
export interface Allowance {
  readonly direction: Direction;
  readonly peer: PodsOf | Addresses;
  readonly ports: PortSet;
  /** What for, as a noun: `the cluster's DNS`. */
  readonly what: string;
  /** More than is needed: a plan opens only what the pods there let in. */
  readonly atMost?: true;
}

/** What allowances follow from. */
export interface Site {
  /** The namespace that the pods stand in. */
  readonly namespace: string;
  readonly settings: NetworkSettings;
  /** Where the API server listens. */
  readonly apiServer: readonly Destination<Addresses>[];
}

/** The ports of Qdrant: REST with metrics, gRPC, and between the nodes of one cluster. */
export const QDRANT_PORTS = { rest: 6333, grpc: 6334, peers: 6335 } as const;

const CALLS = tcp(QDRANT_PORTS.rest, QDRANT_PORTS.grpc);
const AMONG_DATABASES = tcp(QDRANT_PORTS.rest, QDRANT_PORTS.grpc, QDRANT_PORTS.peers);
/** kube-state-metrics, the agent or the exporter, the operator. */
const CONTROL_METRICS = tcp(8080, 9090, 9290);
const ANY_TCP = tcp([1, 65535]);

/** Tunnels of Istio's ambient mode, which carry what pods would else send to each other. */
const HBONE = tcp(15008);
/** From where ztunnel's node sends the kubelet's probes on. Source: Istio, "Ambient and Kubernetes NetworkPolicy". */
const AMBIENT_PROBES = rangesOf('169.254.7.127', 'fd16:9254:7127:1337:ffff:ffff:ffff:ffff');
/** The control plane from which a sidecar has its configuration and certificates. Source: Istio, "Ports used by Istio". */
const ISTIOD: PodsOf = { of: 'pods', namespace: 'istio-system', pods: { matchLabels: { app: 'istiod' } } };
const XDS = tcp(15012);
/** Where Envoy and the agent of a sidecar tell their metrics. */
const SIDECAR_METRICS = tcp(15020, 15090);

/**
 * The roles that whatever a policy selects plays, by labels alone. A policy whose selector leaves room for pods of no
 * role is held to what all pods may.
 */
export function rolesSelected(selector: LabelSelector, settings: NetworkSettings): readonly Role[] {
  return ROLES.filter((role) => {
    const own = selectorOf(role, settings);
    return own !== undefined && implies(selector, own);
  });
}

/** The labels of a role; undefined where nothing says what they are. */
export function selectorOf(role: Role, { roles, databases }: NetworkSettings): LabelSelector | undefined {
  return role === 'database' ? databases : roles[role]?.selector;
}

/** What pods of these roles may: each role adds to what every pod may. */
export function allowancesFor(roles: readonly Role[], site: Site): readonly Allowance[] {
  const reaches = [EVERY_POD, ...ROLES.filter((role) => roles.includes(role)).map((role) => REACH[role])];
  return reaches.flatMap((reach) => reach(site));
}

type Reach = (site: Site) => readonly Allowance[];

const EVERY_POD: Reach = ({ settings: { dns, mesh, monitoring } }) => {
  const common = dns.map(({ ports, ...peer }) => egress(peer, ports, "the cluster's DNS"));
  switch (mesh) {
    case 'none':
      return common;
    case 'ambient':
      return [...common, ingress(AMBIENT_PROBES, ANY_TCP, "the kubelet's probes through the mesh")];
    case 'sidecar':
      return [
        ...common,
        egress(ISTIOD, XDS, "the mesh's control plane"),
        ...monitoring.map((peer) => ingress(peer, SIDECAR_METRICS, 'metrics of the sidecar')),
      ];
  }
};

/** The roles that may reach the API server. */
export const CONTROL_PLANE: readonly Role[] = ['operator', 'agent'];

const controlPlane: Reach = (site) => {
  const { settings, apiServer, namespace } = site;
  const own: PodsOf = { of: 'pods', namespace, pods: {} };
  return [
    ...apiServer.map(({ ports, ...peer }) => egress(peer, ports, 'the API server')),
    { ...egress(own, carried(ANY_TCP, settings), 'the pods of its namespace'), atMost: true },
    ...podsOfRoles(CONTROL_PLANE, site).map((peer) => ingress(peer, carried(ANY_TCP, settings), 'the control plane')),
    ...settings.monitoring.map((peer) => ingress(peer, carried(CONTROL_METRICS, settings), 'metrics')),
  ];
};

/** One row per role. */
const REACH: Readonly<Record<Role, Reach>> = {
  database: (site) => {
    const { settings } = site;
    const calls = carried(CALLS, settings);
    return [
      ...podsOfRoles(['database'], site).flatMap((peer) => [
        ingress(peer, carried(AMONG_DATABASES, settings), 'the other nodes of the database'),
        egress(peer, carried(AMONG_DATABASES, settings), 'the other nodes of the database'),
      ]),
      ...podsOfRoles(['client', 'operator', 'agent'], site).map((peer) => ingress(peer, calls, 'callers')),
      ...settings.clients.map((peer) => ingress(peer, peer.of === 'pods' ? calls : CALLS, 'clients')),
      ...settings.monitoring.map((peer) => ingress(peer, carried(tcp(QDRANT_PORTS.rest), settings), 'metrics')),
    ];
  },
  client: (site) =>
    podsOfRoles(['database'], site).map((peer) => egress(peer, carried(CALLS, site.settings), 'the databases')),
  operator: controlPlane,
  agent: (site) => [
    ...controlPlane(site),
    ...consoleOf(site).map(({ ports, ...peer }) => egress(peer, ports, "Qdrant's console")),
  ],
};

/** What policies of networking.k8s.io can say of the way to the console: they know no names. */
function consoleOf({ settings: { console: places, profile } }: Site): readonly Destination[] {
  if (profile !== 'hybrid') return [];
  return places.flatMap((place): Destination[] => (place.of === 'domain' ? [] : [place]));
}

function podsOfRoles(roles: readonly Role[], { settings, namespace }: Site): readonly PodsOf[] {
  return roles.flatMap((role): PodsOf[] => {
    const pods = selectorOf(role, settings);
    return pods ? [{ of: 'pods', namespace, pods }] : [];
  });
}

/** The ports at which a pod is reached, given those at which its process listens. */
function carried(ports: PortSet, { mesh }: NetworkSettings): PortSet {
  return mesh === 'ambient' ? union(ports, HBONE) : ports;
}

function ingress(peer: Source, ports: PortSet, what: string): Allowance {
  return { direction: 'Ingress', peer, ports, what };
}

function egress(peer: Source, ports: PortSet, what: string): Allowance {
  return { direction: 'Egress', peer, ports, what };
}

function rangesOf(...texts: readonly string[]): Addresses {
  const sets = texts.map((text): AddressSet => {
    const parsed = parseRange(text);
    if (!parsed.ok) throw new Error(`${text}: ${parsed.error}`);
    return parsed.value;
  });
  return { of: 'addresses', addresses: unionOfAddresses(...sets) };
}

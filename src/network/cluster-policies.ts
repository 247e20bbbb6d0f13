import { isKind, type ObjectOf } from '../k8s/kinds.ts';
import { type AddressSet, parseCidr, union } from './addresses.ts';
import type { Direction } from './default-deny.ts';
import { NAMESPACE_LABEL } from './judge-openings.ts';
import type { Opening } from './openings.ts';
import { type NetworkPolicyPort, PROTOCOLS, portsOf } from './ports.ts';
import { canBothSelect } from './selectors.ts';
import type { OpenedPart, Translation } from './translation.ts';

const CLUSTER = 'ClusterNetworkPolicy.policy.networking.k8s.io';
const ADMIN = 'AdminNetworkPolicy.policy.networking.k8s.io';

type ClusterPolicy = ObjectOf<typeof CLUSTER>;
type AdminPolicy = ObjectOf<typeof ADMIN>;
type Spec = NonNullable<(ClusterPolicy | AdminPolicy)['spec']>;
type PolicyPeer = NonNullable<NonNullable<NonNullable<ClusterPolicy['spec']>['egress']>[number]['to']>[number];
type ClusterRule = NonNullable<NonNullable<ClusterPolicy['spec']>['ingress']>[number];
type AdminRule = NonNullable<NonNullable<AdminPolicy['spec']>['ingress']>[number];
type Protocols = NonNullable<ClusterRule['protocols']>;
type Ports = NonNullable<AdminRule['ports']>;

/** A rule of either kind, in either direction. */
interface Rule {
  readonly action?: string | null;
  readonly from?: readonly PolicyPeer[] | null;
  readonly to?: readonly PolicyPeer[] | null;
  readonly protocols?: Protocols | null;
  readonly ports?: Ports | null;
}

/** Actions that open nothing: one refuses, the other leaves it to NetworkPolicies. */
const NARROWING = ['Deny', 'Pass'];

/**
 * What a policy of the network-policy-api opens to pods of a namespace, past all NetworkPolicies. In the tier Baseline
 * that is nothing: it decides only about pods that no NetworkPolicy selects, and these may do everything without it.
 *
 * Rules that come before, and would refuse a part, are not taken into account: another policy may come between them.
 * Source: kubernetes-sigs/network-policy-api@v0.3.0: apis/{v1beta1,v1alpha1}.
 */
export function translateClusterPolicy(
  policy: ClusterPolicy | AdminPolicy,
  namespace: string,
): Translation | undefined {
  if (isKind(policy, CLUSTER) && policy.spec?.tier === 'Baseline') return undefined;
  const { namespaces, pods } = subjectOf(policy.spec ?? {});
  if (!canBothSelect(namespaces, { matchLabels: { [NAMESPACE_LABEL]: namespace } })) return undefined;
  const { ingress, egress } = policy.spec ?? {};
  return {
    pods,
    parts: [
      ...(ingress ?? []).flatMap((rule, at) => partsOf(rule, 'Ingress', `spec.ingress[${at}]`)),
      ...(egress ?? []).flatMap((rule, at) => partsOf(rule, 'Egress', `spec.egress[${at}]`)),
    ],
  };
}

/** What says nothing selects everything. */
function subjectOf({ subject }: Spec) {
  const { namespaces, pods } = subject ?? {};
  if (namespaces || !pods) return { namespaces: namespaces ?? {}, pods: {} };
  return { namespaces: pods.namespaceSelector ?? {}, pods: pods.podSelector ?? {} };
}

function partsOf(rule: Rule, direction: Direction, base: string): readonly OpenedPart[] {
  if (NARROWING.includes(rule.action ?? '')) return [];
  const ports = portsOf([...(rule.protocols ?? []).flatMap(ofProtocol), ...(rule.ports ?? []).flatMap(ofPort)]);
  if (!ports.ok) {
    const field = rule.protocols ? 'protocols' : 'ports';
    return [{ direction, path: `${base}.${field}`, value: rule[field], why: 'these are no ports' }];
  }
  const list = direction === 'Ingress' ? 'from' : 'to';
  return (rule[list] ?? []).flatMap((peer, at) =>
    partsTo(peer, { direction, path: `${base}.${list}[${at}]`, ports: ports.value }),
  );
}

function partsTo(peer: PolicyPeer, place: Omit<Opening, 'peer'>): readonly OpenedPart[] {
  const { direction, path, ports } = place;
  const { namespaces, pods, networks, nodes, domainNames } = peer;
  const unjudged = (why: string): readonly OpenedPart[] => [{ direction, path, value: peer, why }];
  if ([namespaces, pods, networks, nodes, domainNames].filter(Boolean).length !== 1) {
    return unjudged('a peer is exactly one of namespaces, pods, networks, nodes and domainNames');
  }
  if (namespaces) return [{ ...place, peer: { of: 'pods', namespaces, pods: {} } }];
  if (pods) {
    const { namespaceSelector, podSelector } = pods;
    return [{ ...place, peer: { of: 'pods', namespaces: namespaceSelector ?? {}, pods: podSelector ?? {} } }];
  }
  if (networks) {
    const addresses = addressesIn(networks);
    return addresses
      ? [{ ...place, peer: { of: 'addresses', addresses } }]
      : unjudged('these are no ranges of addresses');
  }
  if (domainNames) return domainNames.map((domain) => ({ direction: 'Egress', path, domain, ports }));
  return unjudged('which addresses nodes have, no policy says');
}

function addressesIn(networks: readonly string[]): AddressSet | undefined {
  const ranges = networks.map(parseCidr);
  const sets = ranges.flatMap((range) => (range.ok ? [range.value] : []));
  return sets.length === ranges.length ? union(...sets) : undefined;
}

/** What no implementation knows. */
const NO_PROTOCOL: NetworkPolicyPort = { protocol: 'none' };

/** As a NetworkPolicy would say it: without a port all of the protocol, and a name may be of any protocol. */
function ofProtocol({ tcp, udp, sctp, destinationNamedPort }: Protocols[number]): readonly NetworkPolicyPort[] {
  if (destinationNamedPort) return named(destinationNamedPort);
  const [protocol, which] = tcp ? ['TCP', tcp] : udp ? ['UDP', udp] : ['SCTP', sctp];
  if (!which) return [NO_PROTOCOL];
  const { number, range } = which.destinationPort ?? {};
  return [range ? { protocol, port: range.start, endPort: range.end } : { protocol, port: number }];
}

function ofPort({ portNumber, portRange, namedPort }: Ports[number]): readonly NetworkPolicyPort[] {
  if (namedPort) return named(namedPort);
  if (portNumber) return [portNumber];
  return [portRange ? { protocol: portRange.protocol, port: portRange.start, endPort: portRange.end } : NO_PROTOCOL];
}

function named(port: string): readonly NetworkPolicyPort[] {
  return PROTOCOLS.map((protocol) => ({ protocol, port }));
}

import { cut } from '../engine/wording.ts';
import type { LabelSelector } from '../k8s/selectors.ts';
import { selectsEverything } from '../k8s/selectors.ts';
import {
  type AddressSet,
  intersect,
  isEmpty as isNoAddress,
  subtract as subtractAddresses,
  toCidrs,
} from './addresses.ts';
import { NAMESPACE_LABEL } from './judge-openings.ts';
import type { Peer } from './openings.ts';
import { isEmpty as isNoPort, type PortSet, subtract as subtractPorts, union } from './ports.ts';
import { describeSelector, implies, pinnedValues } from './selectors.ts';

/** Who is at the other end, and on which ports whoever is called listens. */
export interface Connections {
  readonly peer: Peer;
  readonly ports: PortSet;
}

/**
 * What of some connections is not for certain among others. Of addresses and numbers of ports that is exact; peers that
 * are pods are covered only by one that selects them all.
 * @param namespace in which `namespaces: undefined` was written
 */
export function withoutThose<C extends Connections>(
  connections: readonly C[],
  others: readonly Connections[],
  namespace: string,
): readonly C[] {
  return others.reduce<readonly C[]>(
    (rest, other) => rest.flatMap((one) => without(one, other, namespace)),
    connections,
  );
}

function without<C extends Connections>(one: C, other: Connections, namespace: string): readonly C[] {
  if (one.peer.of === 'addresses' && other.peer.of === 'addresses') {
    const shared = intersect(one.peer.addresses, other.peer.addresses);
    if (isNoAddress(shared)) return [one];
    const alone = subtractAddresses(one.peer.addresses, other.peer.addresses);
    return [
      ...(isNoAddress(alone) ? [] : [{ ...one, peer: addressesOf(alone) }]),
      ...withPorts({ ...one, peer: addressesOf(shared) }, subtractPorts(one.ports, other.ports)),
    ];
  }
  return isCovered(one.peer, other.peer, namespace) ? withPorts(one, subtractPorts(one.ports, other.ports)) : [one];
}

function addressesOf(addresses: AddressSet): Peer {
  return { of: 'addresses', addresses };
}

function withPorts<C extends Connections>(one: C, ports: PortSet): readonly C[] {
  return isNoPort(ports) ? [] : [{ ...one, ports }];
}

/** Whether whoever is the one peer is the other, too. Addresses are no pods: which of them a pod has, no policy tells. */
function isCovered(one: Peer, other: Peer, namespace: string): boolean {
  if (other.of === 'everything') return true;
  if (one.of !== 'pods' || other.of !== 'pods') return false;
  return (
    implies(one.pods, other.pods) &&
    implies(namespacesOf(one.namespaces, namespace), namespacesOf(other.namespaces, namespace))
  );
}

function namespacesOf(namespaces: LabelSelector | undefined, own: string): LabelSelector {
  return namespaces ?? { matchLabels: { [NAMESPACE_LABEL]: own } };
}

/** One row per peer, in order of appearance, with the ports of all of its rows. */
export function joinedByPeer<C extends Connections>(
  rows: readonly C[],
): readonly (Connections & { readonly from: readonly C[] })[] {
  const groups = new Map<string, C[]>();
  for (const row of rows) {
    const key = keyOf(row.peer);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].flatMap((from) => {
    const [first] = from;
    return first ? [{ peer: first.peer, ports: union(...from.map(({ ports }) => ports)), from }] : [];
  });
}

/** Equal peers have equal keys: sets of addresses are in normal form, and JSON knows no bigint. */
function keyOf(peer: Peer): string {
  return JSON.stringify(peer, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
}

/** How many ranges a description shows. */
const MOST_RANGES = 4;
const LONGEST_NAMES = 200;

/** `pods app=client of namespace apps`, `10.0.0.0/8, 192.0.2.1/32`, `everything, in the cluster and outside of it`. */
export function describePeer(peer: Peer, namespace: string): string {
  if (peer.of === 'everything') return 'everything, in the cluster and outside of it';
  if (peer.of === 'pods') return `${describePods(peer.pods)} of ${describeNamespaces(peer.namespaces, namespace)}`;
  const ranges = toCidrs(peer.addresses);
  const more = ranges.length - MOST_RANGES;
  if (ranges.length === 0) return 'no address';
  return more <= 0 ? ranges.join(', ') : `${ranges.slice(0, MOST_RANGES).join(', ')} and ${more} more`;
}

/** `all pods`, `pods app=qdrant`. */
export function describePods(selector: LabelSelector): string {
  return selectsEverything(selector) ? 'all pods' : `pods ${describeSelector(selector)}`;
}

function describeNamespaces(namespaces: LabelSelector | undefined, own: string): string {
  if (!namespaces) return `namespace ${own}`;
  if (selectsEverything(namespaces)) return 'every namespace';
  const names = pinnedValues(namespaces, NAMESPACE_LABEL);
  const isNamed =
    names && implies({ matchExpressions: [{ key: NAMESPACE_LABEL, operator: 'In', values: names }] }, namespaces);
  if (!names?.length || !isNamed) return `namespaces ${describeSelector(namespaces)}`;
  return cut(`namespace ${names.join(' or ')}`, LONGEST_NAMES);
}

import type { LabelSelector } from '../k8s/selectors.ts';
import { type AddressSet, intersect, isEmpty, subtract, widestCidr } from './addresses.ts';
import type { Allowance } from './allowances.ts';
import type { Opening, Peer } from './openings.ts';
import type { PortSet } from './ports.ts';
import * as ports from './ports.ts';
import { describeSelector, implies, pinnedValues } from './selectors.ts';

/** The label that the API server itself sets to the namespace's name: only by it a selector names a namespace. */
export const NAMESPACE_LABEL = 'kubernetes.io/metadata.name';

/**
 * What an opening opens and no allowance covers, in words: an address, or pods, and ports there. Undefined where all of
 * it is allowed.
 * @param namespace that of the policy
 * @param allowances of the opening's direction; others are not looked at
 */
export function witnessOf(
  { direction, peer, ports: open }: Opening,
  allowances: readonly Allowance[],
  namespace: string,
): string | undefined {
  const relevant = allowances.filter((allowance) => allowance.direction === direction);
  switch (peer.of) {
    case 'everything':
      return `everything inside and outside of the cluster, ${on(open)}`;
    case 'addresses':
      return witnessAmongAddresses(peer.addresses, open, relevant);
    case 'pods':
      return witnessAmongPods(peer, open, relevant, namespace);
  }
}

interface Box {
  readonly addresses: AddressSet;
  readonly ports: PortSet;
}

/** What is left of addresses times ports after each allowance took its own part out. */
function witnessAmongAddresses(
  addresses: AddressSet,
  open: PortSet,
  allowances: readonly Allowance[],
): string | undefined {
  let left: readonly Box[] = [{ addresses, ports: open }];
  for (const { peer, ports: allowed } of allowances) {
    if (peer.of === 'addresses') left = left.flatMap((box) => without(box, { ...peer, ports: allowed }));
  }
  const [first] = left.filter((box) => !isNothing(box));
  return first && `${widestCidr(first.addresses)}, ${on(first.ports)}`;
}

function without(box: Box, taken: Box): Box[] {
  const beside = { addresses: subtract(box.addresses, taken.addresses), ports: box.ports };
  const above = {
    addresses: intersect(box.addresses, taken.addresses),
    ports: ports.subtract(box.ports, taken.ports),
  };
  return [beside, above].filter((each) => !isNothing(each));
}

function isNothing(box: Box): boolean {
  return isEmpty(box.addresses) || ports.isEmpty(box.ports);
}

function witnessAmongPods(
  { namespaces, pods }: Extract<Peer, { of: 'pods' }>,
  open: PortSet,
  allowances: readonly Allowance[],
  own: string,
): string | undefined {
  if (ports.isEmpty(open)) return undefined;
  const names = namespaces ? pinnedValues(namespaces, NAMESPACE_LABEL) : [own];
  if (names === undefined) {
    return `${podsIn(pods)} of any namespace that gets the labels ${describeSelector(namespaces ?? {})}, ${on(open)}`;
  }
  const allowed = new Map<string, PortSet>();
  for (const { peer, ports: to } of allowances) {
    if (peer.of !== 'pods' || !implies(pods, peer.pods)) continue;
    allowed.set(peer.namespace, ports.union(allowed.get(peer.namespace) ?? ports.NO_PORTS, to));
  }
  for (const name of names) {
    const left = ports.subtract(open, allowed.get(name) ?? ports.NO_PORTS);
    if (!ports.isEmpty(left)) return `${podsIn(pods)} of the namespace ${name}, ${on(left)}`;
  }
  return undefined;
}

/** `all pods`, `pods app=qdrant`. */
export function podsIn(pods: LabelSelector): string {
  const described = describeSelector(pods);
  return described === 'everything' ? 'all pods' : `pods ${described}`;
}

function on(open: PortSet): string {
  return `on ${ports.describePorts(open)}`;
}

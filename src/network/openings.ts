import { failure, type Result } from '../k8s/result.ts';
import type { LabelSelector } from '../k8s/selectors.ts';
import { type AddressSet, isUnambiguous, parseCidr, subtract, union } from './addresses.ts';
import { type Direction, directionsOf, type NetworkPolicy } from './default-deny.ts';
import { type PortSet, portsOf } from './ports.ts';

/** Who is let in, or where pods are let out to. */
export type Peer =
  /** Whoever there is, in the cluster and outside of it. */
  | { readonly of: 'everything' }
  | { readonly of: 'addresses'; readonly addresses: AddressSet }
  /** Namespaces undefined: the policy's own. */
  | { readonly of: 'pods'; readonly namespaces: LabelSelector | undefined; readonly pods: LabelSelector };

/** One peer of one rule of a policy: connections that it opens. */
export interface Opening {
  readonly direction: Direction;
  /** Where the peer stands, or the rule that has none: `spec.egress[0].to[1]`. */
  readonly path: string;
  readonly peer: Peer;
  readonly ports: PortSet;
}

/** A part of a policy that cannot be read, so that nobody can say what it opens. */
export interface Unreadable {
  readonly direction: Direction;
  readonly path: string;
  /** What was expected there. */
  readonly problem: string;
}

/** What a policy opens to the pods that it selects. */
export interface Openings {
  readonly openings: readonly Opening[];
  readonly unreadable: readonly Unreadable[];
}

type Spec = NonNullable<NetworkPolicy['spec']>;
type PolicyRule = NonNullable<Spec['ingress']>[number] & NonNullable<Spec['egress']>[number];
type PolicyPeer = NonNullable<PolicyRule['from']>[number];

/**
 * Every opening of a policy, in the order in which they stand. Rules for a direction that it does not isolate open
 * nothing. Of a list without elements the API says that it means all: all peers, all ports.
 */
export function openingsOf(policy: NetworkPolicy): Openings {
  const openings: Opening[] = [];
  const unreadable: Unreadable[] = [];
  for (const direction of directionsOf(policy)) {
    const [rulesField, peersField] =
      direction === 'Ingress' ? (['ingress', 'from'] as const) : (['egress', 'to'] as const);
    for (const [index, rule] of (policy.spec?.[rulesField] ?? []).entries()) {
      const base = `spec.${rulesField}[${index}]`;
      const ports = portsOf(rule.ports);
      if (!ports.ok) {
        unreadable.push({ direction, path: `${base}.ports`, problem: ports.error });
        continue;
      }
      const peers: readonly PolicyPeer[] = (rule as PolicyRule)[peersField] ?? [];
      if (peers.length === 0) openings.push({ direction, path: base, peer: { of: 'everything' }, ports: ports.value });
      for (const [at, each] of peers.entries()) {
        const path = `${base}.${peersField}[${at}]`;
        const peer = peerOf(each);
        if ('problem' in peer) unreadable.push({ direction, path, problem: peer.problem });
        else openings.push({ direction, path, peer, ports: ports.value });
      }
    }
  }
  return { openings, unreadable };
}

function peerOf({ ipBlock, podSelector, namespaceSelector }: PolicyPeer): Peer | { readonly problem: string } {
  if (ipBlock) {
    if (podSelector || namespaceSelector) return { problem: 'expected ipBlock alone, without selectors' };
    const range = rangeOf(ipBlock.cidr ?? '');
    if (!range.ok) return { problem: range.error };
    const excepted: AddressSet[] = [];
    for (const text of ipBlock.except ?? []) {
      const except = rangeOf(text);
      if (!except.ok) return { problem: except.error };
      excepted.push(except.value);
    }
    return { of: 'addresses', addresses: subtract(range.value, union(...excepted)) };
  }
  if (!podSelector && !namespaceSelector) return { problem: 'expected ipBlock, podSelector or namespaceSelector' };
  return { of: 'pods', namespaces: namespaceSelector ?? undefined, pods: podSelector ?? {} };
}

/**
 * Before 1.36 the API server takes forms that it and a network plugin read differently: `except: ["::ffff:0:0/97"]`
 * takes half of IPv4 out for the one, and nothing for the other, which leaves everything open.
 */
function rangeOf(text: string): Result<AddressSet, string> {
  if (parseCidr(text).ok && !isUnambiguous(text))
    return failure(
      `expected plain IPv4 or IPv6, which ${JSON.stringify(text)} is not: network plugins may read it otherwise`,
    );
  return parseCidr(text);
}

import type { LabelSelector } from '../k8s/selectors.ts';
import type { AddressSet } from './addresses.ts';
import type { Direction, NetworkPolicy } from './default-deny.ts';
import type { PortSet } from './ports.ts';

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

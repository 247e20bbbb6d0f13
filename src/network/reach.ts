import type { ObjectMeta } from '../k8s/object.ts';
import { selects } from '../k8s/selectors.ts';
import { DIRECTIONS, type Direction, directionsOf, type NetworkPolicy } from './default-deny.ts';
import { type Opening, openingsOf } from './openings.ts';
import { type Connections, joinedByPeer } from './peers.ts';

/** What NetworkPolicies leave to a pod in one direction. */
export interface Reach {
  readonly direction: Direction;
  /** The names of the policies that isolate it, sorted. None: whatever there is may connect. */
  readonly isolatedBy: readonly string[];
  /** What these open, one row per peer. */
  readonly opened: readonly Opened[];
  /** What of them cannot be read: the API server takes no such policy. */
  readonly unreadable: readonly UnreadablePart[];
}

/** One peer, and the rules through which it is open. */
export interface Opened extends Connections {
  readonly through: readonly Place[];
}

/** A field of a policy. */
export interface Place {
  readonly policy: string;
  readonly path: string;
}

export interface UnreadablePart extends Place {
  /** What was expected there. */
  readonly problem: string;
}

/** What the policies of a pod's namespace leave to it, by its labels. */
export function reachOf(labels: ObjectMeta['labels'], policies: readonly NetworkPolicy[]): readonly Reach[] {
  const selecting = policies.filter(({ spec }) => selects(spec?.podSelector ?? {}, labels));
  return DIRECTIONS.map((direction) => {
    const isolating = selecting.filter((policy) => directionsOf(policy).includes(direction));
    const read = isolating.map((policy) => ({ policy: nameOf(policy), ...openingsOf(policy) }));
    const rows = read.flatMap(({ policy, openings }) =>
      openings.filter((opening) => opening.direction === direction).map((opening) => ({ ...opening, policy })),
    );
    return {
      direction,
      isolatedBy: isolating.map(nameOf).sort(),
      opened: joinedByPeer<Opening & { readonly policy: string }>(rows).map(({ from, ...connections }) => ({
        ...connections,
        through: from.map(({ policy, path }) => ({ policy, path })),
      })),
      unreadable: read.flatMap(({ policy, unreadable }) =>
        unreadable
          .filter((part) => part.direction === direction)
          .map(({ path, problem }) => ({ policy, path, problem })),
      ),
    };
  });
}

/** The name of a policy; the empty string where it has none. */
export function nameOf({ metadata }: NetworkPolicy): string {
  return metadata?.name ?? '';
}

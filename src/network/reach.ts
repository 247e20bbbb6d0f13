import type { ObjectMeta } from '../k8s/object.ts';
import { selects } from '../k8s/selectors.ts';
import { DIRECTIONS, type Direction, directionsOf, type NetworkPolicy } from './default-deny.ts';
import { openingsOf } from './openings.ts';
import { type Connections, joinedByPeer } from './peers.ts';

/** What NetworkPolicies leave to a pod in one direction. */
export interface Reach {
  readonly direction: Direction;
  /** The names of the policies that isolate it, sorted. None: whatever there is may connect. */
  readonly isolatedBy: readonly string[];
  /** What these open, one row per peer. */
  readonly opened: readonly Opened[];
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

/** A field that cannot be read: the API server takes no such policy. */
export interface UnreadablePart extends Place {
  /** What was expected there. */
  readonly problem: string;
}

/** What the policies of a pod's namespace leave to it, by its labels. */
export function reachOf(labels: ObjectMeta['labels'], policies: readonly NetworkPolicy[]): readonly Reach[] {
  const selecting = policies.filter(({ spec }) => selects(spec?.podSelector ?? {}, labels));
  return DIRECTIONS.map((direction) => {
    const isolating = selecting.filter((policy) => directionsOf(policy).includes(direction));
    const rows = isolating.flatMap((policy) =>
      openingsOf(policy)
        .openings.filter((opening) => opening.direction === direction)
        .map((opening) => ({ ...opening, policy: nameOf(policy) })),
    );
    return {
      direction,
      isolatedBy: isolating.map(nameOf).sort(),
      opened: joinedByPeer(rows).map(({ from, ...connections }) => ({
        ...connections,
        through: from.map(({ policy, path }) => ({ policy, path })),
      })),
    };
  });
}

/** The name of a policy; the empty string where it has none. */
export function nameOf({ metadata }: NetworkPolicy): string {
  return metadata?.name ?? '';
}

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

/** What cannot be read of policies, given those that select a pod, and those of which nobody can say it. */
export function unreadableFor(
  labels: ObjectMeta['labels'],
  policies: readonly NetworkPolicy[],
): readonly UnreadablePart[] {
  return policies
    .filter((policy) => unknownOperators(policy).length > 0 || selects(policy.spec?.podSelector ?? {}, labels))
    .flatMap(unreadableIn);
}

/** What of a policy cannot be read: which pods it selects, or what it opens to them. */
export function unreadableIn(policy: NetworkPolicy): readonly UnreadablePart[] {
  return [...unknownOperators(policy), ...openingsOf(policy).unreadable].map(({ path, problem }) => ({
    policy: nameOf(policy),
    path,
    problem,
  }));
}

function unknownOperators({ spec }: NetworkPolicy) {
  const requirements = spec?.podSelector?.matchExpressions ?? [];
  return requirements.flatMap(({ operator }, index) => {
    if (OPERATORS.includes(operator ?? '')) return [];
    const path = `spec.podSelector.matchExpressions[${index}].operator`;
    return [{ path, problem: 'expected In, NotIn, Exists or DoesNotExist' }];
  });
}

import { DIRECTIONS, type Direction, deniedDirections, type NetworkPolicy } from './default-deny.ts';

/**
 * The directions that only this policy denies for certain: those for which no policy made before it denies them, too.
 * Of two that are deleted at the same moment one is always refused, because policies have an order which nobody can
 * change: by creationTimestamp, and of one second by uid.
 */
export function anchoredDirections(policy: NetworkPolicy, others: readonly NetworkPolicy[]): readonly Direction[] {
  const denied = deniedDirections(policy);
  const before = others.filter((other) => isBefore(other, policy));
  return DIRECTIONS.filter(
    (direction) => denied.includes(direction) && !before.some((other) => deniedDirections(other).includes(direction)),
  );
}

function isBefore(one: NetworkPolicy, other: NetworkPolicy): boolean {
  const [a, b] = [one, other].map(({ metadata }) => [metadata?.creationTimestamp ?? '', metadata?.uid ?? ''] as const);
  if (!a?.[1] || !b?.[1] || a[1] === b[1]) return false;
  return a[0] === b[0] ? a[1] < b[1] : a[0] < b[0];
}

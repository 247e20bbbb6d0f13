import type { ObjectOf } from '../k8s/kinds.ts';
import { selectsEverything } from '../k8s/selectors.ts';

export type NetworkPolicy = ObjectOf<'NetworkPolicy.networking.k8s.io'>;

/** Which way connections go, seen from the pod. As policyTypes spells them. */
export type Direction = 'Ingress' | 'Egress';

/**
 * The directions that a policy isolates the pods in which it selects. Files may leave policyTypes out: the API server
 * then takes Ingress, and Egress only where there is at least one rule for it.
 */
export function directionsOf({ spec }: NetworkPolicy): readonly Direction[] {
  const { policyTypes, egress } = spec ?? {};
  if (policyTypes && policyTypes.length > 0)
    return (['Ingress', 'Egress'] as const).filter((one) => policyTypes.includes(one));
  return egress && egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
}

/**
 * The directions that a policy denies to every pod of its namespace, whatever their labels: it selects all of them and
 * opens nothing. One with an owner does not count, for the garbage collector takes it when its owner is deleted, nor
 * does one that is being deleted.
 */
export function deniedDirections(policy: NetworkPolicy): readonly Direction[] {
  const { metadata, spec } = policy;
  if (!selectsEverything(spec?.podSelector)) return [];
  if ((metadata?.ownerReferences ?? []).length > 0 || metadata?.deletionTimestamp) return [];
  const rules = { Ingress: spec?.ingress, Egress: spec?.egress };
  return directionsOf(policy).filter((direction) => (rules[direction] ?? []).length === 0);
}

/** Both, in the order of messages. */
export const DIRECTIONS: readonly Direction[] = ['Ingress', 'Egress'];

/** The directions in which policies leave a namespace open to pods that no other policy selects. */
export function openDirections(policies: readonly NetworkPolicy[]): readonly Direction[] {
  const denied = new Set(policies.flatMap(deniedDirections));
  return DIRECTIONS.filter((direction) => !denied.has(direction));
}

import type { RE2JS } from 're2js';
import type { Pod } from '../k8s/pod-template.ts';
import { type LabelSelector, selects } from '../k8s/selectors.ts';

export const ROLES = ['database', 'agent', 'operator', 'client'] as const;
/** What a pod is for. */
export type Role = (typeof ROLES)[number];

/** How the configuration recognises a role: labels, and images where they are given. */
export interface RoleMatch {
  readonly selector: LabelSelector;
  /** At least one container's image matches one of these, whole. Empty: the labels alone decide. */
  readonly images: readonly RE2JS[];
}

export type RoleMatches = Partial<Record<Role, RoleMatch>>;

/**
 * The roles that a pod plays; a rule for a role applies to each of them. Where there is none, the pod meets the
 * strictest set: labels are written by tenants, so having fewer must never help.
 */
export function rolesOf(pod: Pod, matches: RoleMatches): readonly Role[] {
  const played = ROLES.filter((role) => matchesRole(pod, role, matches));
  return played.length > 0 ? played : ROLES;
}

/** Whether the configuration recognises a pod as one of this role; a pod that it does not know plays all of them. */
export function matchesRole(pod: Pod, role: Role, matches: RoleMatches): boolean {
  const match = matches[role];
  return match !== undefined && plays(pod, match);
}

function plays(pod: Pod, { selector, images }: RoleMatch): boolean {
  if (!selects(selector, pod.metadata.labels)) return false;
  if (images.length === 0) return true;
  return pod.containers.some(({ container }) => images.some((image) => image.matches(container.image ?? '')));
}

import { matchesRole, ROLES, type Role } from '../../engine/pod-roles.ts';
import type { Finding } from '../../engine/rule.ts';
import { CONTAINER_LISTS } from '../../k8s/core/pod-shape.ts';
import { type Pod, podOf } from '../../k8s/pod-template.ts';
import { selects } from '../../k8s/selectors.ts';
import type { NamespaceSettings } from '../../settings.ts';
import { definePodRule } from '../define.ts';

type Roles = Pick<NamespaceSettings, 'roles' | 'network'>;

/** Their policies lead out of the cluster, or to its API server. */
const REACH_OUT: readonly Role[] = ['agent', 'operator'];

/**
 * NetworkPolicies select by labels alone, so labels are reach. A pod gets its own when it is made; what a Binding would
 * copy onto it is the matter of `binding-metadata`.
 */
export const roleLabels = definePodRule({
  id: 'role-labels',
  title: 'No pod takes the labels of a role that it does not play',
  promise: 'network',
  why: 'NetworkPolicies select by labels: a pod that takes those of the agent or of a database reaches what they reach.',
  fix: 'metadata:\n  labels: { app: loader }',
  controls: ['cis:5.3.2'],
  // Images decide, too, who plays a role.
  reads: ['metadata.labels', ...CONTAINER_LISTS.map((list) => `spec.${list}`)],
  check({ pod, subject: { kind, oldObject }, settings }) {
    const now = wrongs(pod, settings);
    const podBefore = oldObject && podOf(oldObject, kind);
    if (!podBefore) return now.map((wrong) => finding(pod, wrong));
    const before = wrongs(podBefore, settings);
    // Whoever changes another label of a pod that is wrong already must be able to go on.
    const added = now.filter(({ found }) => !before.some((old) => old.found === found));
    return [...added, ...entered(podBefore, pod, settings)].map((wrong) => finding(pod, wrong));
  },
});

interface Wrong {
  readonly found: string;
  readonly required: string;
}

function finding(pod: Pod, wrong: Wrong): Finding {
  return { path: `${pod.base}metadata.labels`, value: pod.metadata.labels ?? undefined, ...wrong };
}

/** What is wrong with the labels that a pod has, whenever it got them. */
function wrongs(pod: Pod, { roles, network }: Roles): Wrong[] {
  const labelled = ROLES.filter((role) => hasLabels(pod, role, { roles, network }));
  const unplayed = labelled
    .filter((role) => (roles[role]?.images ?? []).length > 0 && !matchesRole(pod, role, roles))
    .map((role) => ({
      found: `give it the reach of the role ${role}, and no container has an image of that role`,
      required: `give it labels of its own, or an image that roles.${role}.images matches`,
    }));
  if (labelled.length < 2 || !labelled.some((role) => REACH_OUT.includes(role))) return unplayed;
  return [
    ...unplayed,
    {
      found: `give it the reach of the roles ${labelled.join(' and ')} at once`,
      required: 'leave it the labels of one of them: together they reach what neither may reach alone',
    },
  ];
}

/** The roles whose labels a pod that is there takes on. A template makes new pods, which are asked about as they come. */
function entered(before: Pod, pod: Pod, settings: Roles): Wrong[] {
  if (pod.base !== '') return [];
  return ROLES.filter((role) => hasLabels(pod, role, settings) && !hasLabels(before, role, settings)).map((role) => ({
    found: `give it the reach of the role ${role}, which it did not have`,
    required: `make a new pod for the role ${role}, and leave this one the labels that it has`,
  }));
}

/** Whether the policies for a role select a pod. Without a role `database` they go by the labels that Qdrant writes. */
function hasLabels(pod: Pod, role: Role, { roles, network }: Roles): boolean {
  const selector = role === 'database' ? network.databases : roles[role]?.selector;
  return selector !== undefined && selects(selector, pod.metadata.labels);
}

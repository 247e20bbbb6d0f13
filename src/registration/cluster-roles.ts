import { KINDS_READ } from '../facts/index.ts';
import { kindNamed } from '../k8s/kinds.ts';

/** One rule of a ClusterRole. */
interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/**
 * What the program may read: the kinds that facts are learnt from, and never more than read. It is a ClusterRole for
 * all of them, because a protected namespace need not exist yet, and a Role cannot be put where there is none.
 */
export function clusterRules(): PolicyRule[] {
  const plurals = new Map<string, string[]>();
  for (const { group, plural } of KINDS_READ.map(kindNamed)) {
    plurals.set(group, [...(plurals.get(group) ?? []), plural]);
  }
  return [...plurals].sort().map(([group, resources]) => ({
    apiGroups: [group],
    resources: [...resources].sort(),
    verbs: ['get', 'list', 'watch'],
  }));
}

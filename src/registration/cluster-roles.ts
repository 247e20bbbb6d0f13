import { FACT_KINDS } from '../facts/kinds.ts';

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
  const plurals = new Map<string, Set<string>>();
  for (const { group, plural } of FACT_KINDS) plurals.set(group, (plurals.get(group) ?? new Set()).add(plural));
  return [...plurals].sort().map(([group, resources]) => ({
    apiGroups: [group],
    resources: [...resources].sort(),
    verbs: ['get', 'list', 'watch'],
  }));
}

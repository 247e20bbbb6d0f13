import type { Finding } from '../../engine/rule.ts';
import { anchoredDirections } from '../../network/anchor.ts';
import { deniedDirections, type NetworkPolicy } from '../../network/default-deny.ts';
import { defineRule } from '../define.ts';

export const defaultDenyKept = defineRule({
  id: 'default-deny-kept',
  title: 'The default deny of a namespace is neither deleted nor loosened',
  promise: 'network',
  why: 'Without it every pod of the namespace is open at once, those that already run included. An owner would let the garbage collector take it.',
  fix: 'spec:\n  podSelector: {}\n  policyTypes: [Ingress, Egress]',
  controls: ['cis:5.3.2'],
  operations: ['UPDATE', 'DELETE'],
  needs: ['networkPolicies', 'namespace'],
  reads: {
    'NetworkPolicy.networking.k8s.io': [
      'metadata.ownerReferences',
      'spec.podSelector',
      'spec.policyTypes',
      'spec.ingress',
      'spec.egress',
    ],
  },
  check({ object, subject: { operation, oldObject }, facts }): readonly Finding[] {
    // With the namespace everything goes, and pods before policies.
    if (facts.namespace.metadata?.deletionTimestamp) return [];
    const before = operation === 'DELETE' ? object : (oldObject as NetworkPolicy | undefined);
    if (!before) return [];
    const kept = operation === 'DELETE' ? [] : deniedDirections(object);
    const lost = anchoredDirections(before, facts.networkPolicies).filter((direction) => !kept.includes(direction));
    if (lost.length === 0) return [];
    const what = operation === 'DELETE' ? 'would be gone' : 'would no longer hold';
    return [
      {
        path: 'spec',
        found: `is what denies ${lost.join(' and ')} to all pods of the namespace, and ${what}`,
        required:
          'keep it; it goes with its namespace, or after the namespace left the configuration. To replace it by another, make that first and ask for an exemption',
      },
    ];
  },
});

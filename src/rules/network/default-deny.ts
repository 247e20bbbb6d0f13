import { openDirections } from '../../network/default-deny.ts';
import { definePodRule } from '../define.ts';

export const defaultDeny = definePodRule({
  id: 'default-deny',
  title: 'The namespace denies its pods every connection that no NetworkPolicy opens',
  promise: 'network',
  why: 'A pod that no NetworkPolicy selects reaches everything, and is reached from everywhere: a new label, or a policy that comes late, is enough to leak a database.',
  fix: 'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: default-deny\nspec:\n  podSelector: {}\n  policyTypes: [Ingress, Egress]',
  controls: ['cis:5.3.2'],
  // Where the pods have another network first, the policies may say nothing of it.
  needs: ['networkPolicies', 'primaryNetwork'],
  // A namespace cannot be changed: what is there already goes on.
  reads: ['metadata.namespace'],
  check({ subject: { namespace }, facts }) {
    const open = openDirections(facts.networkPolicies);
    if (open.length === 0) return [];
    return [
      {
        path: 'metadata.namespace',
        value: namespace,
        found: `${namespace}, where no NetworkPolicy without an owner denies all pods ${open.join(' and ')}`,
        required:
          'apply a NetworkPolicy default-deny with podSelector {}, policyTypes [Ingress, Egress] and no rules there before its pods',
      },
    ];
  },
});

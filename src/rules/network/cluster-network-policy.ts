import { pluginPolicyFindings } from '../../network/plugin-policies.ts';
import { defineRule } from '../define.ts';

export const clusterNetworkPolicy = defineRule({
  id: 'cluster-network-policy',
  title: 'No ClusterNetworkPolicy accepts for protected pods what their NetworkPolicies may not open',
  promise: 'network',
  why: 'What one of the tier Admin accepts, no NetworkPolicy can deny: the default deny of the namespace is not even asked. The tier Baseline opens nothing, because it decides only about pods that no NetworkPolicy selects.',
  fix: 'spec:\n  tier: Admin\n  subject:\n    namespaces:\n      matchExpressions: # not the protected namespaces\n        - { key: kubernetes.io/metadata.name, operator: NotIn, values: [qdrant] }',
  controls: ['cis:5.3.2'],
  needs: ['apiServer'],
  reads: {
    'AdminNetworkPolicy.policy.networking.k8s.io': ['spec'],
    'ClusterNetworkPolicy.policy.networking.k8s.io': ['spec'],
  },
  check: ({ object, subject: { namespace }, facts: { apiServer }, settings }) =>
    pluginPolicyFindings(object, { namespace, settings: settings.network, apiServer }),
});

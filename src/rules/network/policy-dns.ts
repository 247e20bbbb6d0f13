import { defineOpeningsRule } from '../shared/policy-rules.ts';

export const policyDns = defineOpeningsRule({
  id: 'policy-dns',
  title: "A NetworkPolicy opens DNS to the cluster's DNS only",
  why: "A resolver outside takes data out, query by query. Qdrant's operator opens UDP 53 to all of kube-system, or to everywhere: set operator.settings.features.clusterManagement.qdrant.networkPolicies.egress[0].to (Hybrid Cloud: egress of the environment's configuration).",
  fix: 'egress:\n  - to:\n      - namespaceSelector:\n          matchLabels: { kubernetes.io/metadata.name: kube-system }\n        podSelector:\n          matchLabels: { k8s-app: kube-dns }\n    ports:\n      - { protocol: UDP, port: 53 }\n      - { protocol: TCP, port: 53 }',
});

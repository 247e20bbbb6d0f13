import { defineOpeningsRule } from '../shared/policy-rules.ts';

export const policyPeers = defineOpeningsRule({
  id: 'policy-peers',
  title: 'Every rule of a NetworkPolicy says with whom',
  why: "A rule without from or to opens its ports to everything, the internet included. The policies that Qdrant's operator writes by default have such rules: set operator.settings.features.clusterManagement.qdrant.networkPolicies.ingress[0].from and .egress[0].to (Hybrid Cloud: ingress and egress of the environment's configuration).",
  fix: 'ingress:\n  - from:\n      - podSelector:\n          matchLabels: { app: qdrant }\n    ports:\n      - { protocol: TCP, port: 6333 }',
});

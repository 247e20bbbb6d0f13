import { defineOpeningsRule } from '../shared/policy-rules.ts';

export const policyEgress = defineOpeningsRule({
  id: 'policy-egress',
  title: 'A NetworkPolicy lets pods reach no more than their role and the profile allow',
  why: 'What a database may reach, data may go to. Addresses, ports and pods beyond the list of its role are a way out.',
  fix: 'egress:\n  - to:\n      - podSelector:\n          matchLabels: { app: qdrant }\n    ports:\n      - { protocol: TCP, port: 6333, endPort: 6335 }',
});

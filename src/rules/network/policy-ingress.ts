import { defineOpeningsRule } from '../shared/policy-rules.ts';

export const policyIngress = defineOpeningsRule({
  id: 'policy-ingress',
  title: 'A NetworkPolicy lets nobody in but those whom the configuration names',
  why: 'Whoever reaches port 6333 of a database can try its API keys, and port 6335 asks for none. A selector of namespaces counts only with kubernetes.io/metadata.name: any other label of a namespace can be given to another.',
  fix: 'ingress:\n  - from:\n      - namespaceSelector:\n          matchLabels: { kubernetes.io/metadata.name: shop }\n        podSelector:\n          matchLabels: { app: api }\n    ports:\n      - { protocol: TCP, port: 6333 }',
});

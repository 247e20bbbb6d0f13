import { fields, list, map, metadata } from '../shape.ts';

/** metav1.LabelSelector. */
const selector = fields({
  matchLabels: map('string'),
  matchExpressions: list(fields({ key: 'string', operator: 'string', values: list('string') })),
});

const ports = list(fields({ protocol: 'string', port: 'intOrString', endPort: 'integer' }));
const peers = list(
  fields({
    podSelector: selector,
    namespaceSelector: selector,
    ipBlock: fields({ cidr: 'string', except: list('string') }),
  }),
);

/** networking.k8s.io/v1 NetworkPolicy. */
export const networkPolicy = fields({
  metadata,
  spec: fields({
    podSelector: selector,
    policyTypes: list('string'),
    ingress: list(fields({ from: peers, ports })),
    egress: list(fields({ to: peers, ports })),
  }),
});

import { fields, list, map, metadata } from '../shape.ts';

/** metav1.LabelSelector. */
export const selector = fields({
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

/** core/v1 Service. */
export const service = fields({
  metadata,
  spec: fields({
    clusterIPs: list('string'),
    ports: list(fields({ port: 'integer', protocol: 'string' })),
  }),
});

/** discovery.k8s.io/v1 EndpointSlice. */
export const endpointSlice = fields({
  metadata,
  ports: list(fields({ port: 'integer', protocol: 'string' })),
  endpoints: list(fields({ addresses: list('string') })),
});

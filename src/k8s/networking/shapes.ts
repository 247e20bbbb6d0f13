import { anything, fields, list, map, metadata } from '../shape.ts';

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

/** core/v1 Service. */
export const service = fields({
  metadata,
  spec: fields({
    type: 'string',
    clusterIPs: list('string'),
    externalName: 'string',
    externalIPs: list('string'),
    loadBalancerClass: 'string',
    loadBalancerSourceRanges: list('string'),
    allocateLoadBalancerNodePorts: 'boolean',
    ports: list(fields({ port: 'integer', protocol: 'string', targetPort: 'intOrString', nodePort: 'integer' })),
  }),
});

const endpointAddresses = list(fields({ ip: 'string' }));

/** core/v1 Endpoints. */
export const endpoints = fields({
  metadata,
  subsets: list(fields({ addresses: endpointAddresses, notReadyAddresses: endpointAddresses })),
});

/** discovery.k8s.io/v1 EndpointSlice. */
export const endpointSlice = fields({
  metadata,
  addressType: 'string',
  ports: list(fields({ port: 'integer', protocol: 'string' })),
  endpoints: list(fields({ addresses: list('string') })),
});

/** networking.k8s.io/v1 IngressClass. */
export const ingressClass = fields({ metadata, spec: fields({ controller: 'string' }) });

/** networking.k8s.io/v1 Ingress. */
export const ingress = fields({
  metadata,
  spec: fields({
    ingressClassName: 'string',
    defaultBackend: anything,
    rules: list(fields({ host: 'string' })),
    tls: list(fields({ hosts: list('string') })),
  }),
});

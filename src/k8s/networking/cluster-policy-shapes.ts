import { fields, list, metadata } from '../shape.ts';
import { selector } from './shapes.ts';

const namespacedPods = fields({ namespaceSelector: selector, podSelector: selector });
const subject = fields({ namespaces: selector, pods: namespacedPods });

const sources = list(fields({ namespaces: selector, pods: namespacedPods }));
const destinations = list(
  fields({
    namespaces: selector,
    pods: namespacedPods,
    nodes: selector,
    networks: list('string'),
    domainNames: list('string'),
  }),
);

const destinationPort = fields({ number: 'integer', range: fields({ start: 'integer', end: 'integer' }) });
const protocol = fields({ destinationPort });
const protocols = list(fields({ tcp: protocol, udp: protocol, sctp: protocol, destinationNamedPort: 'string' }));

/** policy.networking.k8s.io/v1beta1 and v1alpha2 ClusterNetworkPolicy, which are the same. */
export const clusterNetworkPolicy = fields({
  metadata,
  spec: fields({
    tier: 'string',
    subject,
    ingress: list(fields({ action: 'string', from: sources, protocols })),
    egress: list(fields({ action: 'string', to: destinations, protocols })),
  }),
});

const ports = list(
  fields({
    portNumber: fields({ protocol: 'string', port: 'integer' }),
    portRange: fields({ protocol: 'string', start: 'integer', end: 'integer' }),
    namedPort: 'string',
  }),
);

/** policy.networking.k8s.io/v1alpha1 AdminNetworkPolicy, from which ClusterNetworkPolicy was made. */
export const adminNetworkPolicy = fields({
  metadata,
  spec: fields({
    subject,
    ingress: list(fields({ action: 'string', from: sources, ports })),
    egress: list(fields({ action: 'string', to: destinations, ports })),
  }),
});

import { anything, fields, list, metadata } from '../shape.ts';
import { selector } from './shapes.ts';

const ranges = list(
  fields({ cidr: 'string', except: list('string'), cidrGroupRef: 'string', cidrGroupSelector: selector }),
);
const toPorts = list(
  fields({
    ports: list(fields({ port: 'string', endPort: 'integer', protocol: 'string' })),
    listener: anything,
  }),
);

const rule = fields({
  endpointSelector: selector,
  nodeSelector: selector,
  ingress: list(
    fields({
      fromEndpoints: list(selector),
      fromNodes: list(selector),
      fromEntities: list('string'),
      fromCIDR: list('string'),
      fromCIDRSet: ranges,
      fromGroups: list(anything),
      toPorts,
      icmps: list(anything),
    }),
  ),
  egress: list(
    fields({
      toEndpoints: list(selector),
      toNodes: list(selector),
      toEntities: list('string'),
      toCIDR: list('string'),
      toCIDRSet: ranges,
      toGroups: list(anything),
      toServices: list(
        fields({ k8sService: fields({ serviceName: 'string', namespace: 'string' }), k8sServiceSelector: anything }),
      ),
      toFQDNs: list(fields({ matchName: 'string', matchPattern: 'string' })),
      toPorts,
      icmps: list(anything),
    }),
  ),
});

/** cilium.io/v2 CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy. */
export const ciliumPolicy = fields({ metadata, spec: rule, specs: list(rule) });

/** Those whose connections a listener takes over; of backendServices it only learns where they are. */
const services = list(fields({ name: 'string', namespace: 'string' }));

/** cilium.io/v2 CiliumEnvoyConfig and CiliumClusterwideEnvoyConfig. */
export const ciliumEnvoyConfig = fields({
  metadata,
  spec: fields({ services, resources: list(anything) }),
});

/** cilium.io/v2 CiliumLocalRedirectPolicy. */
export const ciliumLocalRedirectPolicy = fields({ metadata, spec: fields({ redirectFrontend: anything }) });

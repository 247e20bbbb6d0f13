import { fields, list, metadata } from '../shape.ts';

const listeners = list(
  fields({
    name: 'string',
    port: 'integer',
    protocol: 'string',
    tls: fields({ mode: 'string', certificateRefs: list(fields({ name: 'string' })) }),
  }),
);

/** gateway.networking.k8s.io/v1 Gateway. */
export const gateway = fields({
  metadata,
  spec: fields({
    gatewayClassName: 'string',
    listeners,
    addresses: list(fields({ type: 'string', value: 'string' })),
  }),
});

/** gateway.networking.k8s.io/v1 GatewayClass. */
export const gatewayClass = fields({ metadata, spec: fields({ controllerName: 'string' }) });

/** gateway.networking.k8s.io/v1 ListenerSet: listeners that a Gateway has besides its own. */
export const listenerSet = fields({ metadata, spec: fields({ listeners }) });

/** HTTPRoute, GRPCRoute, TCPRoute, TLSRoute and UDPRoute: what they attach to. */
export const route = fields({
  metadata,
  spec: fields({
    parentRefs: list(
      fields({
        group: 'string',
        kind: 'string',
        namespace: 'string',
        name: 'string',
        sectionName: 'string',
        port: 'integer',
      }),
    ),
  }),
});

/** gateway.networking.k8s.io/v1 ReferenceGrant: what in other namespaces may refer to what in its own. */
export const referenceGrant = fields({
  metadata,
  spec: fields({
    from: list(fields({ group: 'string', kind: 'string', namespace: 'string' })),
    to: list(fields({ group: 'string', kind: 'string', name: 'string' })),
  }),
});

import type { Finding } from '../../engine/rule.ts';
import { isKind } from '../../k8s/kinds.ts';
import { listenerProblem } from '../../network/listeners.ts';
import { attachedListeners, type RouteParent } from '../../network/route-parents.ts';
import type { Mesh } from '../../network/settings.ts';
import { defineRule } from '../define.ts';

const PARENTS = ['spec.parentRefs'] as const;

export const routeGateways = defineRule({
  id: 'route-gateways',
  title: 'A route attaches only to listeners that speak TLS',
  promise: 'network',
  why: 'A Gateway of another namespace takes connections for this one: without TLS on its listener everybody on the way reads keys, vectors and payloads.',
  fix: 'spec:\n  parentRefs:\n    - { name: shared, namespace: gateways, sectionName: https }',
  controls: [],
  needs: ['routeGateways'],
  reads: {
    'GRPCRoute.gateway.networking.k8s.io': PARENTS,
    'HTTPRoute.gateway.networking.k8s.io': PARENTS,
    'TCPRoute.gateway.networking.k8s.io': PARENTS,
    'TLSRoute.gateway.networking.k8s.io': PARENTS,
    'UDPRoute.gateway.networking.k8s.io': PARENTS,
  },
  check({ object, subject: { namespace }, facts, settings: { network } }) {
    return facts.routeGateways.flatMap((parent): Finding[] => {
      const path = `spec.parentRefs[${parent.index}]`;
      if (isKind(object, 'UDPRoute.gateway.networking.k8s.io')) {
        return [{ path, found: `is ${parent.ref}`, required: 'remove it: UDP carries no TLS' }];
      }
      if (parent.kind === 'Service') return inMesh(parent, path, namespace, network.mesh);
      if (parent.listeners === undefined) {
        return [{ path, found: `is ${parent.ref}`, required: 'attach to a Gateway or a ListenerSet' }];
      }
      return onListeners(parent, path);
    });
  },
});

/** A mesh encrypts what goes to a Service of its own. Where there is none, nobody reads such a route, and nobody knows who will. */
function inMesh(parent: RouteParent, path: string, own: string, mesh: Mesh): Finding[] {
  const found = `is ${parent.ref}`;
  if (parent.namespace !== own) return [{ path, found, required: 'attach to a Service of this namespace' }];
  return mesh === 'none'
    ? [{ path, found, required: 'attach to a Gateway: network.mesh of the configuration names no service mesh' }]
    : [];
}

function onListeners(parent: RouteParent, path: string): Finding[] {
  const attached = attachedListeners(parent);
  const encrypted = parent.listeners?.find((listener) => !listenerProblem(listener))?.name;
  const required =
    encrypted === undefined || encrypted === null
      ? 'give it a listener with protocol HTTPS and a certificate first, and name that in sectionName'
      : `name a listener with TLS, such as sectionName ${encrypted}`;
  if (attached.length === 0) return [{ path, found: `fits no listener of ${parent.ref}`, required }];
  const open = attached.filter((listener) => listenerProblem(listener)).map(({ name }) => name ?? '(no name)');
  return open.length === 0
    ? []
    : [{ path, found: `reaches listeners of ${parent.ref} without TLS: ${open.join(', ')}`, required }];
}

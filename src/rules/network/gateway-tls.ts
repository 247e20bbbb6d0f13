import { listenerProblem } from '../../network/listeners.ts';
import { defineRule } from '../define.ts';

const LISTENER_FIELDS = [
  'spec.listeners[*].protocol',
  'spec.listeners[*].tls.mode',
  'spec.listeners[*].tls.certificateRefs',
] as const;

export const gatewayTls = defineRule({
  id: 'gateway-tls',
  title: 'Every listener of a Gateway speaks TLS',
  promise: 'network',
  why: 'On a listener without TLS keys, vectors and payloads pass through foreign networks for everybody to read and to change.',
  fix: 'spec:\n  listeners:\n    - name: https\n      port: 443\n      protocol: HTTPS\n      tls:\n        certificateRefs: [{ name: qdrant-tls }]',
  controls: [],
  reads: {
    'Gateway.gateway.networking.k8s.io': LISTENER_FIELDS,
    'ListenerSet.gateway.networking.k8s.io': LISTENER_FIELDS,
    'XListenerSet.gateway.networking.x-k8s.io': LISTENER_FIELDS,
  },
  check: ({ object: { spec } }) =>
    (spec?.listeners ?? []).flatMap((listener, index) => {
      const problem = listenerProblem(listener);
      if (!problem) return [];
      const { field, ...rest } = problem;
      return { path: `spec.listeners[${index}].${field}`, ...rest };
    }),
});

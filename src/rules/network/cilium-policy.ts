import { ciliumRedirectFindings } from '../../network/cilium-redirects.ts';
import { pluginPolicyFindings } from '../../network/plugin-policies.ts';
import { defineRule } from '../define.ts';

export const ciliumPolicy = defineRule({
  id: 'cilium-policy',
  title: 'Cilium opens no more to protected pods than their NetworkPolicies may, and redirects nothing of theirs',
  promise: 'network',
  why: "What a CiliumNetworkPolicy allows adds up with what NetworkPolicies allow, and what a proxy of Cilium's sends on leaves by the node, past the policies of the pod.",
  fix: 'spec:\n  endpointSelector: { matchLabels: { app: qdrant } }\n  egress:\n    - toEndpoints: [{ matchLabels: { app: qdrant } }]\n      toPorts: [{ ports: [{ port: "6335", protocol: TCP }] }]',
  controls: ['cis:5.3.2'],
  needs: ['apiServer'],
  reads: {
    'CiliumClusterwideEnvoyConfig.cilium.io': ['spec'],
    'CiliumClusterwideNetworkPolicy.cilium.io': ['spec', 'specs'],
    'CiliumEnvoyConfig.cilium.io': ['spec'],
    'CiliumLocalRedirectPolicy.cilium.io': ['spec'],
    'CiliumNetworkPolicy.cilium.io': ['spec', 'specs'],
  },
  check({ object, subject: { namespace }, facts: { apiServer }, settings }) {
    return [
      ...ciliumRedirectFindings(object, namespace),
      ...pluginPolicyFindings(object, { namespace, settings: settings.network, apiServer }),
    ];
  },
});

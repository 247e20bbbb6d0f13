import { defineRule } from '../define.ts';

export const externalIps = defineRule({
  id: 'external-ips',
  title: 'No Service takes addresses of its own choice',
  promise: 'network',
  why: 'Every node sends what goes to such an address to the Service, whoever it belongs to: it opens the Service to the outside, and takes the connections of others.',
  fix: 'spec:\n  externalIPs: []',
  controls: [],
  reads: { Service: ['spec.externalIPs'] },
  check: ({ object: { spec } }) =>
    (spec?.externalIPs ?? []).map((value, index) => ({
      path: `spec.externalIPs[${index}]`,
      value,
      required: 'remove it: who calls from outside comes through a load balancer with source ranges',
    })),
});

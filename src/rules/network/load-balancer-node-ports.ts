import type { Finding } from '../../engine/rule.ts';
import { defineRule } from '../define.ts';

export const loadBalancerNodePorts = defineRule({
  id: 'load-balancer-node-ports',
  title: 'A load balancer opens no port of the nodes',
  promise: 'network',
  why: 'The source ranges of a Service are held against what comes to the address of its load balancer: the node port beside it stays open to whoever reaches a node.',
  fix: 'spec:\n  type: LoadBalancer\n  allocateLoadBalancerNodePorts: false',
  controls: [],
  reads: { Service: ['spec.type', 'spec.allocateLoadBalancerNodePorts', 'spec.ports[*].nodePort'] },
  check({ object: { spec } }) {
    if (spec?.type !== 'LoadBalancer') return [];
    const allocate = spec.allocateLoadBalancerNodePorts;
    const findings: Finding[] = [];
    if (allocate !== false) {
      const path = 'spec.allocateLoadBalancerNodePorts';
      findings.push({
        path,
        value: allocate ?? undefined,
        required: 'set it to false: a load balancer that needs ports of the nodes cannot be held to its ranges',
      });
    }
    // What a port asks for itself it gets all the same, and keeps it when the field becomes false.
    for (const [index, { nodePort }] of (allocate === false ? (spec.ports ?? []) : []).entries()) {
      if (nodePort) findings.push({ path: `spec.ports[${index}].nodePort`, value: nodePort, required: 'remove it' });
    }
    return findings;
  },
});

import { defineRule } from '../define.ts';

export const nodePorts = defineRule({
  id: 'node-ports',
  title: 'No Service is of the type NodePort',
  promise: 'network',
  why: 'A node port is open on every node to whoever reaches one, and no range of addresses can be set for it.',
  fix: 'spec:\n  type: ClusterIP',
  controls: [],
  reads: { Service: ['spec.type'] },
  check: ({ object: { spec } }) =>
    spec?.type === 'NodePort'
      ? [
          {
            path: 'spec.type',
            value: spec.type,
            required: 'set it to ClusterIP, or to LoadBalancer with source ranges and without node ports',
          },
        ]
      : [],
});

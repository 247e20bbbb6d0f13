import { podFinding } from '../../engine/findings.ts';
import { definePodRule } from '../define.ts';

const FIELDS = ['hostNetwork', 'hostPID', 'hostIPC'] as const;

export const hostNamespaces = definePodRule({
  id: 'host-namespaces',
  title: 'No pod shares the network, process or IPC namespace of its node',
  promise: 'containers',
  why: "In the node's namespaces a pod sees the node's traffic and processes, and no NetworkPolicy applies to it.",
  fix: 'spec:\n  hostNetwork: false\n  hostPID: false\n  hostIPC: false',
  controls: ['pss:hostNamespaces', 'cis:5.2.3', 'cis:5.2.4', 'cis:5.2.5'],
  reads: FIELDS.map((field) => `spec.${field}`),
  podSecurity: { check: 'hostNamespaces', level: 'baseline' },
  check: ({ pod }) =>
    FIELDS.filter((field) => pod.spec[field]).map((field) =>
      podFinding(pod, `spec.${field}`, true, 'set it to false, or leave it out'),
    ),
});

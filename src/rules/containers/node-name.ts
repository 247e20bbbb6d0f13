import { podFinding } from '../../engine/findings.ts';
import { definePodRule } from '../define.ts';

export const nodeName = definePodRule({
  id: 'node-name',
  title: 'No pod names the node that it wants: the scheduler chooses',
  promise: 'containers',
  why: 'A node named by hand goes past the scheduler, so neither taints nor free resources keep a pod off the node of a database.',
  fix: 'spec:\n  nodeSelector:\n    kubernetes.io/hostname: node-1',
  controls: [],
  reads: ['spec.nodeName'],
  check({ pod, subject: { operation } }) {
    // Of a pod that stands already nobody can tell who chose its node. A template has none unless somebody wrote it.
    if (pod.base === '' && operation !== 'CREATE') return [];
    const node = pod.spec.nodeName;
    return node ? [podFinding(pod, 'spec.nodeName', node, 'leave it out; use a nodeSelector')] : [];
  },
});

import { podFinding } from '../../engine/findings.ts';
import { definePodRule } from '../define.ts';

/** The classes that every cluster has, for what it cannot live without. */
const SYSTEM_CLASSES = ['system-cluster-critical', 'system-node-critical'];

export const systemPriorityClass = definePodRule({
  id: 'system-priority-class',
  title: 'No pod takes a priority that is kept for the cluster itself',
  promise: 'containers',
  why: 'A pod with a system priority drives others off their node, databases and the parts of the cluster among them.',
  fix: 'spec:\n  priorityClassName: databases',
  controls: [],
  reads: ['spec.priorityClassName'],
  check({ pod }) {
    const name = pod.spec.priorityClassName ?? '';
    if (!SYSTEM_CLASSES.includes(name)) return [];
    return [podFinding(pod, 'spec.priorityClassName', name, 'use a PriorityClass of your own, or leave it out')];
  },
});

import { definePodRule } from '../../engine/define.ts';
import { podFinding } from '../../engine/findings.ts';

export const sharedProcessNamespace = definePodRule({
  id: 'shared-process-namespace',
  title: 'The containers of a pod do not share one process namespace',
  promise: 'containers',
  why: "In a shared process namespace every container sees the others' command lines, environments and files, API keys among them.",
  fix: 'spec:\n  shareProcessNamespace: false',
  controls: [],
  reads: ['spec.shareProcessNamespace'],
  check: (pod) =>
    pod.spec.shareProcessNamespace
      ? [podFinding(pod, 'spec.shareProcessNamespace', true, 'set it to false, or leave it out')]
      : [],
});

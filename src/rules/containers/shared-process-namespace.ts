import { containerFinding, podFinding } from '../../engine/findings.ts';
import { definePodRule } from '../define.ts';

export const sharedProcessNamespace = definePodRule({
  id: 'shared-process-namespace',
  title: 'The containers of a pod do not share one process namespace',
  promise: 'containers',
  why: "In a shared process namespace every container sees the others' command lines, environments and files, API keys among them.",
  fix: 'spec:\n  shareProcessNamespace: false',
  controls: [],
  reads: ['spec.shareProcessNamespace', 'spec.ephemeralContainers[*].targetContainerName'],
  check: ({ pod }) => [
    ...(pod.spec.shareProcessNamespace
      ? [podFinding(pod, 'spec.shareProcessNamespace', true, 'set it to false, or leave it out')]
      : []),
    // `kubectl debug --target` puts a debug container into the process namespace of another.
    ...pod.containers.flatMap((at) =>
      at.list === 'ephemeralContainers' && at.container.targetContainerName
        ? [containerFinding(pod, at, 'targetContainerName', at.container.targetContainerName, 'leave it out')]
        : [],
    ),
  ],
});

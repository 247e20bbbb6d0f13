import { eachContainer } from '../../engine/findings.ts';
import { inContainers } from '../../engine/reads.ts';
import { isWindows } from '../../k8s/pod-template.ts';
import { definePodRule } from '../define.ts';

export const readOnlyRootFilesystem = definePodRule({
  id: 'read-only-root-filesystem',
  title: 'The root filesystem of every container is read-only',
  promise: 'containers',
  why: 'On a root filesystem that can be written, an attacker in the container keeps tools, changes programs, and hides what was done.',
  fix: 'securityContext:\n  readOnlyRootFilesystem: true',
  controls: ['cis:5.7.3'],
  reads: [...inContainers('securityContext.readOnlyRootFilesystem'), 'spec.os.name'],
  check: ({ pod }) =>
    isWindows(pod)
      ? []
      : eachContainer(
          pod,
          'securityContext.readOnlyRootFilesystem',
          ({ container }) => container.securityContext?.readOnlyRootFilesystem,
          (value) => (value === true ? undefined : 'set it to true; mount an emptyDir where it must write'),
        ),
});

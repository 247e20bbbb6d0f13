import { eachContainer } from '../../engine/findings.ts';
import { inContainers } from '../../engine/reads.ts';
import { isWindows } from '../../k8s/pod-template.ts';
import { definePodRule } from '../define.ts';

export const allowPrivilegeEscalation = definePodRule({
  id: 'allow-privilege-escalation',
  title: 'No process may gain more privileges than its parent',
  promise: 'containers',
  why: 'With escalation allowed, a set-uid program in the image is enough to become root in the container.',
  fix: 'securityContext:\n  allowPrivilegeEscalation: false',
  controls: ['pss:allowPrivilegeEscalation', 'cis:5.2.6'],
  reads: [...inContainers('securityContext.allowPrivilegeEscalation'), 'spec.os.name'],
  podSecurity: { check: 'allowPrivilegeEscalation', level: 'restricted' },
  check: ({ pod }) =>
    isWindows(pod)
      ? []
      : eachContainer(
          pod,
          'securityContext.allowPrivilegeEscalation',
          ({ container }) => container.securityContext?.allowPrivilegeEscalation,
          (value) => (value === false ? undefined : 'set it to false'),
        ),
});

import { eachContainer, podFinding } from '../../engine/findings.ts';
import { inContainers } from '../../engine/reads.ts';
import { isWindows } from '../../k8s/pod-template.ts';
import { definePodRule } from '../define.ts';

const FIELD = 'securityContext.seccompProfile.type';
const TYPES = ['RuntimeDefault', 'Localhost'];
const REQUIRED = 'set it to RuntimeDefault';

export const seccompProfileRestricted = definePodRule({
  id: 'seccomp-profile-restricted',
  title: 'Every container has a seccomp profile, its own or that of its pod',
  promise: 'containers',
  why: 'Without seccomp a container reaches every system call of the kernel, and most ways out of containers begin there.',
  fix: 'spec:\n  securityContext:\n    seccompProfile:\n      type: RuntimeDefault',
  controls: ['pss:seccompProfile_restricted', 'cis:5.7.2'],
  reads: [`spec.${FIELD}`, ...inContainers(FIELD), 'spec.os.name'],
  podSecurity: { check: 'seccompProfile_restricted', level: 'restricted' },
  check({ pod }) {
    if (isWindows(pod)) return [];
    const right = (type: unknown) => TYPES.includes(type as string);
    const type = pod.spec.securityContext?.seccompProfile?.type;
    return [
      // A wrong value at the pod fails even where every container overrides it: containers may be added later.
      ...(type == null || right(type) ? [] : [podFinding(pod, `spec.${FIELD}`, type, REQUIRED)]),
      ...eachContainer(
        pod,
        FIELD,
        ({ container }) => container.securityContext?.seccompProfile?.type,
        (own) => (right(own ?? type) || (own === undefined && type != null) ? undefined : REQUIRED),
      ),
    ];
  },
});

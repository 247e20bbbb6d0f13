import { eachContainer, podFinding } from '../../engine/findings.ts';
import { inContainers } from '../../engine/reads.ts';
import { definePodRule } from '../define.ts';

const FIELD = 'securityContext.seccompProfile.type';
const TYPES = ['RuntimeDefault', 'Localhost'];
const REQUIRED = `use ${TYPES.join(' or ')}`;

export const seccompProfileBaseline = definePodRule({
  id: 'seccomp-profile-baseline',
  title: 'No seccomp profile is Unconfined',
  promise: 'containers',
  why: 'Without seccomp a container reaches every system call of the kernel, and most ways out of containers begin there.',
  fix: 'securityContext:\n  seccompProfile:\n    type: RuntimeDefault',
  controls: ['pss:seccompProfile_baseline', 'cis:5.7.2'],
  reads: [`spec.${FIELD}`, ...inContainers(FIELD)],
  overriddenBy: 'seccomp-profile-restricted',
  podSecurity: { check: 'seccompProfile_baseline', level: 'baseline' },
  check({ pod }) {
    const forbidden = (type: unknown) => (type == null || TYPES.includes(type as string) ? undefined : REQUIRED);
    const type = pod.spec.securityContext?.seccompProfile?.type;
    return [
      ...(forbidden(type) ? [podFinding(pod, `spec.${FIELD}`, type, REQUIRED)] : []),
      ...eachContainer(pod, FIELD, ({ container }) => container.securityContext?.seccompProfile?.type, forbidden),
    ];
  },
});

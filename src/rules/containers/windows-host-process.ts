import { eachContainer, podFinding } from '../../engine/findings.ts';
import { inContainers } from '../../engine/reads.ts';
import { definePodRule } from '../define.ts';

const FIELD = 'securityContext.windowsOptions.hostProcess';
const REQUIRED = 'set it to false, or leave it out';

export const windowsHostProcess = definePodRule({
  id: 'windows-host-process',
  title: 'No container is a Windows HostProcess container',
  promise: 'containers',
  why: 'A HostProcess container runs on its Windows node as an administrator, not in a container.',
  fix: 'securityContext:\n  windowsOptions:\n    hostProcess: false',
  controls: ['pss:windowsHostProcess', 'cis:5.2.11'],
  reads: [`spec.${FIELD}`, ...inContainers(FIELD)],
  podSecurity: { check: 'windowsHostProcess', level: 'baseline' },
  check: ({ pod }) => [
    ...(pod.spec.securityContext?.windowsOptions?.hostProcess
      ? [podFinding(pod, `spec.${FIELD}`, true, REQUIRED)]
      : []),
    ...eachContainer(
      pod,
      FIELD,
      ({ container }) => container.securityContext?.windowsOptions?.hostProcess,
      (value) => (value ? REQUIRED : undefined),
    ),
  ],
});

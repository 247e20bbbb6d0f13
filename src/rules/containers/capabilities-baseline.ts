import { containerFinding } from '../../engine/findings.ts';
import { inContainers } from '../../engine/reads.ts';
import { definePodRule } from '../define.ts';

/** What a container runtime grants by itself. Compared exactly: `CAP_CHOWN` and `chown` are other strings. */
const DEFAULT_CAPABILITIES = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

export const capabilitiesBaseline = definePodRule({
  id: 'capabilities-baseline',
  title: 'No container adds capabilities beyond the default set',
  promise: 'containers',
  why: 'Capabilities such as SYS_ADMIN or NET_RAW are most of what root can do to a node or to its network.',
  fix: 'securityContext:\n  capabilities:\n    drop: [ALL]',
  controls: ['pss:capabilities_baseline', 'cis:5.2.8', 'cis:5.2.9'],
  reads: inContainers('securityContext.capabilities.add'),
  overriddenBy: 'capabilities-restricted',
  podSecurity: { check: 'capabilities_baseline', level: 'baseline' },
  check: ({ pod }) =>
    pod.containers.flatMap((at) =>
      (at.container.securityContext?.capabilities?.add ?? []).flatMap((capability, index) =>
        DEFAULT_CAPABILITIES.has(capability)
          ? []
          : [containerFinding(pod, at, `securityContext.capabilities.add[${index}]`, capability, 'remove it')],
      ),
    ),
});

import { eachContainer } from '../../engine/findings.ts';
import { inContainers } from '../../engine/reads.ts';
import { definePodRule } from '../define.ts';

export const procMountRestricted = definePodRule({
  id: 'proc-mount-restricted',
  title: 'No container unmasks /proc, not even in a user namespace',
  promise: 'containers',
  why: 'An unmasked /proc shows and changes settings of the kernel that all containers of the node share.',
  fix: 'securityContext:\n  procMount: Default',
  controls: ['pss:procMount_restricted', 'cis:5.7.3'],
  reads: inContainers('securityContext.procMount'),
  podSecurity: { check: 'procMount_restricted', level: 'restricted' },
  check: ({ pod }) =>
    eachContainer(
      pod,
      'securityContext.procMount',
      ({ container }) => container.securityContext?.procMount,
      (value) => (value === undefined || value === 'Default' ? undefined : 'set it to Default, or leave it out'),
    ),
});

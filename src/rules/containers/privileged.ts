import { eachContainer } from '../../engine/findings.ts';
import { inContainers } from '../../engine/reads.ts';
import { definePodRule } from '../define.ts';

export const privileged = definePodRule({
  id: 'privileged',
  title: 'No container is privileged',
  promise: 'containers',
  why: 'A privileged container has every capability and every device of its node: it reads the disks of all databases there.',
  fix: 'securityContext:\n  privileged: false',
  controls: ['pss:privileged', 'cis:5.2.2'],
  reads: inContainers('securityContext.privileged'),
  podSecurity: { check: 'privileged', level: 'baseline' },
  check: ({ pod }) =>
    eachContainer(
      pod,
      'securityContext.privileged',
      ({ container }) => container.securityContext?.privileged,
      (value) => (value ? 'set it to false, or leave it out' : undefined),
    ),
});

import { z } from 'zod';
import { eachContainer } from '../../engine/findings.ts';
import { inContainers } from '../../engine/reads.ts';
import { hasUserNamespace } from '../../k8s/pod-template.ts';
import { definePodRule } from '../define.ts';
import { userNamespaces } from '../shared/user-namespaces.ts';

export const procMount = definePodRule({
  id: 'proc-mount',
  title: 'No container unmasks /proc',
  promise: 'containers',
  why: 'An unmasked /proc shows and changes settings of the kernel that all containers of the node share.',
  fix: 'securityContext:\n  procMount: Default',
  controls: ['pss:procMount', 'cis:5.7.3'],
  reads: [...inContainers('securityContext.procMount'), 'spec.hostUsers'],
  options: z.strictObject({ userNamespaces }),
  overriddenBy: 'proc-mount-restricted',
  podSecurity: { check: 'procMount', level: 'baseline' },
  check({ pod, options }) {
    if (options.userNamespaces && hasUserNamespace(pod)) return [];
    return eachContainer(
      pod,
      'securityContext.procMount',
      ({ container }) => container.securityContext?.procMount,
      (value) => (value === undefined || value === 'Default' ? undefined : 'set it to Default, or leave it out'),
    );
  },
});

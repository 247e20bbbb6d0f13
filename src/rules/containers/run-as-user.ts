import { z } from 'zod';
import { eachContainer, podFinding } from '../../engine/findings.ts';
import { inContainers } from '../../engine/reads.ts';
import { hasUserNamespace } from '../../k8s/pod-template.ts';
import { definePodRule } from '../define.ts';
import { userNamespaces } from '../shared/user-namespaces.ts';

const FIELD = 'securityContext.runAsUser';
const REQUIRED = 'set it to a user id other than 0';

export const runAsUser = definePodRule({
  id: 'run-as-user',
  title: 'No user id is 0',
  promise: 'containers',
  why: 'User id 0 is root to the kernel: one hole in a runtime or a mount, and it owns the node and its volumes.',
  fix: 'securityContext:\n  runAsUser: 1000',
  controls: ['pss:runAsUser', 'cis:5.2.7'],
  reads: [`spec.${FIELD}`, ...inContainers(FIELD), 'spec.hostUsers'],
  options: z.strictObject({ userNamespaces }),
  podSecurity: { check: 'runAsUser', level: 'restricted' },
  check({ pod, options }) {
    if (options.userNamespaces && hasUserNamespace(pod)) return [];
    return [
      ...(pod.spec.securityContext?.runAsUser === 0 ? [podFinding(pod, `spec.${FIELD}`, 0, REQUIRED)] : []),
      ...eachContainer(
        pod,
        FIELD,
        ({ container }) => container.securityContext?.runAsUser,
        (value) => (value === 0 ? REQUIRED : undefined),
      ),
    ];
  },
});

import { z } from 'zod';
import { eachContainer, podFinding } from '../../engine/findings.ts';
import { inContainers } from '../../engine/reads.ts';
import { hasUserNamespace } from '../../k8s/pod-template.ts';
import { definePodRule } from '../define.ts';
import { userNamespaces } from '../shared/user-namespaces.ts';

const FIELD = 'securityContext.runAsNonRoot';
const REQUIRED = 'set it to true';

export const runAsNonRoot = definePodRule({
  id: 'run-as-non-root',
  title: 'Every container must run as a user other than root',
  promise: 'containers',
  why: 'Root in a container is root to the kernel: one hole in a runtime or a mount, and it owns the node and its volumes.',
  fix: 'spec:\n  securityContext:\n    runAsNonRoot: true',
  controls: ['pss:runAsNonRoot', 'cis:5.2.7'],
  reads: [`spec.${FIELD}`, ...inContainers(FIELD), 'spec.hostUsers'],
  options: z.strictObject({ userNamespaces }),
  podSecurity: { check: 'runAsNonRoot', level: 'restricted' },
  check({ pod, options }) {
    if (options.userNamespaces && hasUserNamespace(pod)) return [];
    const inherited = pod.spec.securityContext?.runAsNonRoot;
    return [
      // False at the pod fails even where every container says true: containers may be added later.
      ...(inherited === false ? [podFinding(pod, `spec.${FIELD}`, false, REQUIRED)] : []),
      ...eachContainer(
        pod,
        FIELD,
        ({ container }) => container.securityContext?.runAsNonRoot,
        (own) => (own === true || (own === undefined && inherited != null) ? undefined : REQUIRED),
      ),
    ];
  },
});

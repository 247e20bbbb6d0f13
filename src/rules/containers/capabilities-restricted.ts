import { containerFinding } from '../../engine/findings.ts';
import { inContainers } from '../../engine/reads.ts';
import { isWindows } from '../../k8s/pod-template.ts';
import { definePodRule } from '../define.ts';

export const capabilitiesRestricted = definePodRule({
  id: 'capabilities-restricted',
  title: 'Every container drops all capabilities and adds none but NET_BIND_SERVICE',
  promise: 'containers',
  why: 'Even the default capabilities (CHOWN, SETUID, NET_RAW, …) turn a hole in a program into a way to other data.',
  fix: 'securityContext:\n  capabilities:\n    drop: [ALL]',
  controls: ['pss:capabilities_restricted', 'cis:5.2.8', 'cis:5.2.9', 'cis:5.2.10'],
  reads: [...inContainers('securityContext.capabilities'), 'spec.os.name'],
  podSecurity: { check: 'capabilities_restricted', level: 'restricted' },
  check({ pod }) {
    if (isWindows(pod)) return [];
    return pod.containers.flatMap((at) => {
      const { add, drop } = at.container.securityContext?.capabilities ?? {};
      const added = (add ?? []).flatMap((capability, index) =>
        capability === 'NET_BIND_SERVICE'
          ? []
          : [containerFinding(pod, at, `securityContext.capabilities.add[${index}]`, capability, 'remove it')],
      );
      // Only this exact string drops everything; `all` and a list of every name do not.
      if (drop?.includes('ALL')) return added;
      return [containerFinding(pod, at, 'securityContext.capabilities.drop', drop, 'set it to [ALL]'), ...added];
    });
  },
});

import { containerFinding } from '../../engine/findings.ts';
import { inContainers } from '../../engine/reads.ts';
import { definePodRule } from '../define.ts';

export const hostPorts = definePodRule({
  id: 'host-ports',
  title: 'No container binds a port of its node',
  promise: 'containers',
  why: "A host port is reachable on the node's address, past Services, source ranges and most NetworkPolicies.",
  fix: 'ports:\n  - containerPort: 6333',
  controls: ['pss:hostPorts', 'cis:5.2.13'],
  reads: inContainers('ports[*].hostPort'),
  podSecurity: { check: 'hostPorts', level: 'baseline' },
  check: ({ pod }) =>
    pod.containers.flatMap((at) =>
      (at.container.ports ?? []).flatMap(({ hostPort }, index) =>
        hostPort
          ? [containerFinding(pod, at, `ports[${index}].hostPort`, hostPort, 'leave it out; use a Service')]
          : [],
      ),
    ),
});

import { containerFinding } from '../../engine/findings.ts';
import { inContainers } from '../../engine/reads.ts';
import type { Finding } from '../../engine/rule.ts';
import type { Container } from '../../k8s/core/pod-shape.ts';
import { definePodRule } from '../define.ts';

/** Where a container may tell its kubelet to call an address, and how to read it. */
const HANDLERS: readonly {
  readonly path: string;
  readonly of: (container: Container) => Container['livenessProbe'];
}[] = [
  { path: 'livenessProbe', of: ({ livenessProbe }) => livenessProbe },
  { path: 'readinessProbe', of: ({ readinessProbe }) => readinessProbe },
  { path: 'startupProbe', of: ({ startupProbe }) => startupProbe },
  { path: 'lifecycle.postStart', of: ({ lifecycle }) => lifecycle?.postStart },
  { path: 'lifecycle.preStop', of: ({ lifecycle }) => lifecycle?.preStop },
];
const CALLS = ['httpGet', 'tcpSocket'] as const;

export const hostProbesAndHostLifecycle = definePodRule({
  id: 'host-probes-and-host-lifecycle',
  title: 'Probes and lifecycle hooks name no host',
  promise: 'containers',
  why: "The kubelet makes the call from the node's network, so a host turns it into a probe of other machines that no NetworkPolicy sees.",
  fix: 'livenessProbe:\n  httpGet:\n    path: /livez\n    port: 6333',
  controls: ['pss:hostProbesAndHostLifecycle', 'cis:5.7.3'],
  reads: inContainers(...HANDLERS.flatMap(({ path }) => CALLS.map((call) => `${path}.${call}.host`))),
  podSecurity: { check: 'hostProbesAndHostLifecycle', level: 'baseline' },
  check({ pod }) {
    const findings: Finding[] = [];
    for (const at of pod.containers) {
      for (const { path, of } of HANDLERS) {
        const handler = of(at.container);
        if (!handler) continue;
        for (const call of CALLS) {
          const host = handler[call]?.host;
          if (host) findings.push(containerFinding(pod, at, `${path}.${call}.host`, host, 'leave it out'));
        }
      }
    }
    return findings;
  },
});

import { containerFinding, podFinding } from '../../engine/findings.ts';
import { inContainers } from '../../engine/reads.ts';
import type { Finding } from '../../engine/rule.ts';
import type { SecurityContext } from '../../k8s/core/pod-shape.ts';
import { definePodRule } from '../define.ts';

const TYPES = ['container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'];
const FIELDS = ['type', 'user', 'role'] as const;
const READS = FIELDS.map((field) => `securityContext.seLinuxOptions.${field}`);

export const seLinuxOptions = definePodRule({
  id: 'se-linux-options',
  title: 'SELinux types are those made for containers, and users and roles are not set',
  promise: 'containers',
  why: 'Another SELinux type, user or role lifts the confinement that keeps a container off the files of its node.',
  fix: 'securityContext:\n  seLinuxOptions:\n    type: container_t',
  controls: ['pss:seLinuxOptions', 'cis:5.7.3'],
  reads: [...READS.map((field) => `spec.${field}`), ...inContainers(...READS)],
  podSecurity: { check: 'seLinuxOptions', level: 'baseline' },
  check({ pod }) {
    const findings: Finding[] = [];
    for (const { field, value, required } of broken(pod.spec.securityContext)) {
      findings.push(podFinding(pod, `spec.${field}`, value, required));
    }
    for (const at of pod.containers) {
      for (const { field, value, required } of broken(at.container.securityContext)) {
        findings.push(containerFinding(pod, at, field, value, required));
      }
    }
    return findings;
  },
});

function broken(context: SecurityContext | null | undefined) {
  return FIELDS.flatMap((field) => {
    const value = context?.seLinuxOptions?.[field] ?? '';
    if (value === '' || (field === 'type' && TYPES.includes(value))) return [];
    const required = field === 'type' ? `use one of ${TYPES.join(', ')}, or leave it out` : 'leave it out';
    return [{ field: `securityContext.seLinuxOptions.${field}`, value, required }];
  });
}

import { podFinding } from '../../engine/findings.ts';
import type { Finding } from '../../engine/rule.ts';
import { definePodRule } from '../define.ts';

/** The labels by which nodes tell their operating system; the second is the older form. */
const OS_LABELS = ['kubernetes.io/os', 'beta.kubernetes.io/os'];

export const linuxOnly = definePodRule({
  id: 'linux-only',
  title: 'Pods run on Linux',
  promise: 'containers',
  why: 'A pod that says it is for Windows is excused from seccomp, capabilities and privilege escalation. Qdrant runs on Linux.',
  fix: 'spec:\n  os:\n    name: linux\n  nodeSelector:\n    kubernetes.io/os: linux',
  controls: [],
  reads: ['spec.os.name', 'spec.nodeSelector'],
  check({ pod }) {
    const findings: Finding[] = [];
    const required = 'set it to linux, or leave it out';
    const name = pod.spec.os?.name;
    if (name != null && name !== 'linux') findings.push(podFinding(pod, 'spec.os.name', name, required));
    for (const label of OS_LABELS) {
      const selector = pod.spec.nodeSelector ?? {};
      if (!Object.hasOwn(selector, label) || selector[label] === 'linux') continue;
      findings.push(podFinding(pod, `spec.nodeSelector[${JSON.stringify(label)}]`, selector[label], required));
    }
    return findings;
  },
});

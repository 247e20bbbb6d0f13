import { z } from 'zod';
import { podFinding } from '../../engine/findings.ts';
import type { Finding } from '../../engine/rule.ts';
import type { Pod } from '../../k8s/pod-template.ts';
import { definePodRule } from '../define.ts';

const SELECTOR = 'spec.nodeSelector';
const TOLERATIONS = 'spec.tolerations';
const SPREAD = 'spec.topologySpreadConstraints';

/** Every node has these, with few values, so they keep no node for anybody. */
const COMMON_LABELS = ['kubernetes.io/os', 'kubernetes.io/arch', 'beta.kubernetes.io/os', 'beta.kubernetes.io/arch'];

export const dedicatedNodes = definePodRule({
  id: 'dedicated-nodes',
  title: 'Database pods run on nodes that are kept for them',
  promise: 'resources',
  why: 'On a shared node a database shares disks, caches and the network with others, whatever its requests and limits say.',
  fix: 'spec:\n  nodeSelector:\n    example.com/pool: qdrant\n  tolerations:\n    - { key: example.com/pool, operator: Exists }',
  controls: [],
  roles: ['database'],
  reads: [SELECTOR, TOLERATIONS, SPREAD],
  options: z.strictObject({
    nodeSelector: z
      .record(z.string().min(1), z.string())
      .default({})
      .describe(
        'Labels that the nodeSelector must name, with their values. Empty: any label will do but operating system and architecture.',
      ),
    tolerations: z
      .array(z.string().min(1))
      .default([])
      .describe('Taints that the pod must tolerate, each by its key: those that keep others off the nodes.'),
    requireTopologySpread: z
      .boolean()
      .default(false)
      .describe('Whether a topology spread constraint with `DoNotSchedule` must keep the pods apart.'),
  }),
  check({ pod, options: { nodeSelector, tolerations, requireTopologySpread } }) {
    const findings = selectorFindings(pod, nodeSelector);
    const tolerated = pod.spec.tolerations ?? undefined;
    for (const key of tolerations) {
      // One without a key tolerates everything, and so says nothing of these nodes.
      if (tolerated?.some((toleration) => toleration.key === key)) continue;
      findings.push(podFinding(pod, TOLERATIONS, tolerated, `add one with the key ${JSON.stringify(key)}`));
    }
    const spread = pod.spec.topologySpreadConstraints ?? undefined;
    if (requireTopologySpread && !spread?.some(({ whenUnsatisfiable }) => whenUnsatisfiable === 'DoNotSchedule')) {
      findings.push(podFinding(pod, SPREAD, spread, 'add one with whenUnsatisfiable: DoNotSchedule'));
    }
    return findings;
  },
});

function selectorFindings(pod: Pod, wanted: Readonly<Record<string, string>>): Finding[] {
  const selector = pod.spec.nodeSelector ?? {};
  if (Object.keys(wanted).length === 0) {
    if (Object.keys(selector).some((label) => !COMMON_LABELS.includes(label))) return [];
    return [podFinding(pod, SELECTOR, pod.spec.nodeSelector, 'name a label of the nodes that are kept for databases')];
  }
  return Object.entries(wanted).flatMap(([label, value]) => {
    const found = Object.hasOwn(selector, label) ? selector[label] : undefined;
    if (found === value) return [];
    const path = `${SELECTOR}[${JSON.stringify(label)}]`;
    return [podFinding(pod, path, found, `set it to ${JSON.stringify(value)}`)];
  });
}

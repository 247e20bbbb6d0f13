import { podFinding } from '../../engine/findings.ts';
import type { Finding } from '../../engine/rule.ts';
import { definePodRule } from '../define.ts';

const SOURCES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];
const REQUIRED = `use one of ${SOURCES.join(', ')}`;

export const restrictedVolumes = definePodRule({
  id: 'restricted-volumes',
  title: 'Volumes are of a type that reaches neither the node nor a server chosen by the pod',
  promise: 'containers',
  why: "Other types mount the node's disk, or a file server that no claim, class or NetworkPolicy has approved.",
  fix: 'volumes:\n  - name: data\n    persistentVolumeClaim: { claimName: data }',
  controls: ['pss:restrictedVolumes', 'cis:5.2.12'],
  reads: ['spec.volumes'],
  podSecurity: { check: 'restrictedVolumes', level: 'restricted' },
  check({ pod }) {
    const findings: Finding[] = [];
    for (const [index, volume] of pod.volumes.entries()) {
      const path = `spec.volumes[${index}]`;
      const name = volume.name ?? '';
      const sources = Object.keys(volume).filter((key) => key !== 'name' && volume[key] != null);
      // A source that is not known is refused: a type that a later Kubernetes brings, or a second one beside a good one.
      for (const source of sources) {
        if (SOURCES.includes(source)) continue;
        findings.push({
          ...podFinding(pod, `${path}.${source}`, volume[source], REQUIRED),
          name,
          found: 'is not allowed',
        });
      }
      if (sources.length === 0) {
        findings.push({ ...podFinding(pod, path, undefined, REQUIRED), name, found: 'names no source' });
      }
    }
    return findings;
  },
});

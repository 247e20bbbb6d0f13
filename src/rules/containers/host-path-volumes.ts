import { podFinding } from '../../engine/findings.ts';
import { definePodRule } from '../define.ts';

export const hostPathVolumes = definePodRule({
  id: 'host-path-volumes',
  title: 'No volume is a directory of the node',
  promise: 'containers',
  why: "A hostPath volume reads and writes the node's own disk: other tenants' data, the kubelet's keys, the container runtime.",
  fix: 'volumes:\n  - name: data\n    persistentVolumeClaim: { claimName: data }',
  controls: ['pss:hostPathVolumes', 'cis:5.2.12'],
  reads: ['spec.volumes'],
  overriddenBy: 'restricted-volumes',
  podSecurity: { check: 'hostPathVolumes', level: 'baseline' },
  check: ({ pod }) =>
    pod.volumes.flatMap((volume, index) =>
      volume['hostPath'] == null
        ? []
        : [
            {
              ...podFinding(pod, `spec.volumes[${index}].hostPath`, volume['hostPath'], 'use a persistentVolumeClaim'),
              name: volume.name ?? '',
            },
          ],
    ),
});

import { eachContainer, podFinding } from '../../engine/findings.ts';
import { inContainers } from '../../engine/reads.ts';
import { definePodRule } from '../define.ts';

const GROUP = 'securityContext.runAsGroup';
const FS_GROUP = 'spec.securityContext.fsGroup';
const SUPPLEMENTAL = 'spec.securityContext.supplementalGroups';
const REQUIRED = 'set it to a group id other than 0';

export const rootGroups = definePodRule({
  id: 'root-groups',
  title: 'No group id is 0',
  promise: 'containers',
  why: "The group root owns much of what is in an image, of a node's devices and of shared volumes. The Pod Security Standards do not ask.",
  fix: 'securityContext:\n  runAsGroup: 2000\n  fsGroup: 3000',
  controls: ['cis:5.2.7', 'cis:5.7.3'],
  overriddenBy: 'user-and-group-ids',
  reads: [`spec.${GROUP}`, ...inContainers(GROUP), FS_GROUP, SUPPLEMENTAL],
  check({ pod }) {
    const { runAsGroup, fsGroup, supplementalGroups } = pod.spec.securityContext ?? {};
    return [
      // At the pod it fails even where every container says otherwise: containers may be added later.
      ...(runAsGroup === 0 ? [podFinding(pod, `spec.${GROUP}`, 0, REQUIRED)] : []),
      ...(fsGroup === 0 ? [podFinding(pod, FS_GROUP, 0, REQUIRED)] : []),
      ...(supplementalGroups ?? []).flatMap((group, index) =>
        group === 0 ? [podFinding(pod, `${SUPPLEMENTAL}[${index}]`, 0, 'remove it')] : [],
      ),
      ...eachContainer(
        pod,
        GROUP,
        ({ container }) => container.securityContext?.runAsGroup,
        (value) => (value === 0 ? REQUIRED : undefined),
      ),
    ];
  },
});

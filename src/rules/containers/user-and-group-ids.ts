import { z } from 'zod';
import { containerFinding, podFinding } from '../../engine/findings.ts';
import { inContainers } from '../../engine/reads.ts';
import type { Finding } from '../../engine/rule.ts';
import { isWindows, type Pod } from '../../k8s/pod-template.ts';
import { definePodRule } from '../define.ts';

const FS_GROUP = 'securityContext.fsGroup';
const SUPPLEMENTAL = 'securityContext.supplementalGroups';

const least = z.int().min(1, 'expected 1 or more: 0 is root').default(1000);
const options = z.strictObject({
  minUser: least.describe('The least user id. The default lets the ids of the published charts pass.'),
  minGroup: least.describe('The least group id, of runAsGroup, fsGroup and supplementalGroups.'),
});

export const userAndGroupIds = definePodRule({
  id: 'user-and-group-ids',
  title: 'Every container has a user id and a group id, and none is below a given number',
  promise: 'containers',
  why: 'Small ids belong to accounts of the node: what gets out of a container has the rights of whoever has that id there.',
  fix: 'securityContext:\n  runAsUser: 1000\n  runAsGroup: 2000',
  controls: ['cis:5.2.7', 'cis:5.7.3'],
  reads: [
    ...['securityContext.runAsUser', 'securityContext.runAsGroup'].flatMap((id) => [`spec.${id}`, ...inContainers(id)]),
    `spec.${FS_GROUP}`,
    `spec.${SUPPLEMENTAL}`,
    'spec.os.name',
  ],
  options,
  check({ pod, options: { minUser, minGroup } }) {
    return [...volumeGroups(pod, minGroup), ...idsOf(pod, 'runAsUser', minUser), ...idsOf(pod, 'runAsGroup', minGroup)];
  },
});

/** What each container runs as: its own id, or that of its pod. */
function idsOf(pod: Pod, field: 'runAsUser' | 'runAsGroup', least: number): Finding[] {
  const required = `set it to ${least} or more`;
  const inherited = pod.spec.securityContext?.[field];
  // Windows has no numbers for users, so there is nothing to set.
  const mayBeUnset = inherited != null || isWindows(pod);
  const path = `securityContext.${field}`;
  const findings: Finding[] = [];
  if (inherited != null && inherited < least) findings.push(podFinding(pod, `spec.${path}`, inherited, required));
  for (const at of pod.containers) {
    const own = at.container.securityContext?.[field];
    if (own == null ? mayBeUnset : own >= least) continue;
    findings.push(containerFinding(pod, at, path, own, required));
  }
  return findings;
}

function volumeGroups(pod: Pod, least: number): Finding[] {
  const required = `set it to ${least} or more, or leave it out`;
  const { fsGroup, supplementalGroups } = pod.spec.securityContext ?? {};
  return [
    ...(fsGroup != null && fsGroup < least ? [podFinding(pod, `spec.${FS_GROUP}`, fsGroup, required)] : []),
    ...(supplementalGroups ?? []).flatMap((group, index) =>
      group < least ? [podFinding(pod, `spec.${SUPPLEMENTAL}[${index}]`, group, required)] : [],
    ),
  ];
}

import { containerFinding, podFinding } from '../../engine/findings.ts';
import { inContainers } from '../../engine/reads.ts';
import type { Finding } from '../../engine/rule.ts';
import type { Pod } from '../../k8s/pod-template.ts';

/** Every field of a pod that makes its node pull an image. */
export const IMAGE_FIELDS = [...inContainers('image'), 'spec.volumes[*].image'];

/** Every image of a pod, judged one by one: the findings of those for which `judge` names what is required. */
export function imageFindings(pod: Pod, judge: (image: string) => string | undefined): Finding[] {
  const findings: Finding[] = [];
  for (const at of pod.containers) {
    const image = at.container.image ?? undefined;
    const required = image === undefined ? 'set it' : judge(image);
    if (required !== undefined) findings.push(containerFinding(pod, at, 'image', image, required));
  }
  for (const [index, { name, image: source }] of pod.volumes.entries()) {
    if (source == null) continue;
    const image = source.reference ?? undefined;
    const required = image === undefined ? 'set it' : judge(image);
    if (required === undefined) continue;
    findings.push({ ...podFinding(pod, `spec.volumes[${index}].image.reference`, image, required), name: name ?? '' });
  }
  return findings;
}

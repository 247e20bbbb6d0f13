import { eachContainer, podFinding } from '../../engine/findings.ts';
import { inContainers } from '../../engine/reads.ts';
import type { Finding } from '../../engine/rule.ts';
import { APP_ARMOR_ANNOTATIONS } from '../../k8s/pod-template.ts';
import { definePodRule } from '../define.ts';

const FIELD = 'securityContext.appArmorProfile.type';
const TYPES = ['RuntimeDefault', 'Localhost'];

export const appArmorProfile = definePodRule({
  id: 'app-armor-profile',
  title: "AppArmor profiles are the runtime's default or one of the node's own",
  promise: 'containers',
  why: 'An unconfined container may do all that its user may: AppArmor no longer stops it from mounting or tracing.',
  fix: 'securityContext:\n  appArmorProfile:\n    type: RuntimeDefault',
  controls: ['pss:appArmorProfile', 'cis:5.7.3'],
  reads: [`spec.${FIELD}`, ...inContainers(FIELD), `metadata.annotations{${APP_ARMOR_ANNOTATIONS}}`],
  podSecurity: { check: 'appArmorProfile', level: 'baseline' },
  check({ pod }) {
    const required = `use ${TYPES.join(' or ')}, or leave it out`;
    const forbidden = (type: unknown) => (type == null || TYPES.includes(type as string) ? undefined : required);
    const findings: Finding[] = [];
    const type = pod.spec.securityContext?.appArmorProfile?.type;
    if (forbidden(type)) findings.push(podFinding(pod, `spec.${FIELD}`, type, required));
    findings.push(
      ...eachContainer(pod, FIELD, ({ container }) => container.securityContext?.appArmorProfile?.type, forbidden),
    );
    for (const [key, value] of Object.entries(pod.metadata.annotations ?? {})) {
      // Matched for any suffix, also one that names no container: containers may come later.
      if (!key.startsWith(APP_ARMOR_ANNOTATIONS) || allowedAnnotation(value ?? '')) continue;
      findings.push(podFinding(pod, `metadata.annotations[${JSON.stringify(key)}]`, value, 'use runtime/default'));
    }
    return findings;
  },
});

function allowedAnnotation(profile: string): boolean {
  return profile === '' || profile === 'runtime/default' || profile.startsWith('localhost/');
}

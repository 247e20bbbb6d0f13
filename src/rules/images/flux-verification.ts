import type { Finding } from '../../engine/rule.ts';
import { patternProblem } from '../../images/flux-identities.ts';
import { isKind, type ObjectOf } from '../../k8s/kinds.ts';
import { defineRule } from '../define.ts';

type Source = ObjectOf<'HelmChart.source.toolkit.fluxcd.io' | 'OCIRepository.source.toolkit.fluxcd.io'>;
type Verification = NonNullable<NonNullable<Source['spec']>['verify']>;

const VERIFY = ['spec.verify.provider', 'spec.verify.secretRef.name', 'spec.verify.matchOIDCIdentity'] as const;

export const fluxVerification = defineRule({
  id: 'flux-verification',
  title: 'Flux uses charts and manifests of a registry only when cosign has verified who signed them',
  promise: 'images',
  why: 'Flux applies whatever a chart or an artifact holds, with rights of its own: who can push to the registry, or answer in its name, then writes into the namespace.',
  fix: 'spec:\n  verify:\n    provider: cosign\n    matchOIDCIdentity:\n      - issuer: ^https://token\\.actions\\.githubusercontent\\.com$\n        subject: ^https://github\\.com/team/charts/\\.github/workflows/release\\.yml@refs/tags/.*$',
  controls: ['cis:5.5.1'],
  reads: {
    'HelmChart.source.toolkit.fluxcd.io': ['spec.sourceRef.kind', ...VERIFY],
    'OCIRepository.source.toolkit.fluxcd.io': VERIFY,
  },
  check: ({ object }) => {
    const kind = isKind(object, 'HelmChart.source.toolkit.fluxcd.io') ? object.spec?.sourceRef?.kind : undefined;
    if (kind != null && kind !== 'HelmRepository') {
      const required = 'take the chart from a HelmRepository of type oci: Flux verifies no other';
      return [{ path: 'spec.sourceRef.kind', value: kind, required }];
    }
    const verify = object.spec?.verify;
    return verify
      ? verificationFindings(verify)
      : [{ path: 'spec.verify', required: 'set provider cosign and who signs' }];
  },
});

function verificationFindings({ provider, secretRef, matchOIDCIdentity }: Verification): Finding[] {
  const findings: Finding[] = [];
  if (provider !== 'cosign') {
    findings.push({ path: 'spec.verify.provider', value: provider ?? undefined, required: 'set it to cosign' });
  }
  // With a Secret the keys in it count, and identities do not.
  if (secretRef?.name) return findings;
  const identities = matchOIDCIdentity ?? [];
  if (identities.length === 0) {
    const required = 'name who signs, or keys in secretRef: without either anybody may have signed';
    findings.push({ path: 'spec.verify.matchOIDCIdentity', required });
  }
  for (const [index, identity] of identities.entries()) {
    for (const field of ['issuer', 'subject'] as const) {
      const pattern = identity[field] ?? '';
      const required = patternProblem(pattern);
      if (required === undefined) continue;
      findings.push({ path: `spec.verify.matchOIDCIdentity[${index}].${field}`, value: pattern, required });
    }
  }
  return findings;
}

import type { Operation } from '../../engine/subject.ts';
import { claimsOf, LEGACY_CLASS } from '../../k8s/claims.ts';
import { CLAIM_ANNOTATIONS, overridingAnnotation } from '../../storage/claim-annotations.ts';
import { defineRule } from '../define.ts';
import { claimFinding, inClaims } from '../shared/claim-findings.ts';

/** Written by the controller that binds claims to volumes. A claim that comes with them is bound without any check. */
const BINDING = 'pv.kubernetes.io/';

export const claimAnnotations = defineRule({
  id: 'claim-annotations',
  title: 'Claims carry no annotation that overrides their class or their binding',
  promise: 'storage',
  why: 'Some drivers take encryption and keys from annotations of the claim, and Kubernetes itself an older name of the class: what the class promises then does not hold.',
  fix: 'metadata:\n  annotations: {}\nspec:\n  storageClassName: encrypted',
  controls: [],
  // The binding is the last moment before data is written: annotations are looked at again.
  reads: inClaims(
    'spec.volumeName',
    `metadata.annotations{${LEGACY_CLASS}}`,
    ...CLAIM_ANNOTATIONS.map(({ key }) => `metadata.annotations{${key}}`),
  ),
  check: ({ object, pod, subject: { operation } }) =>
    claimsOf(object, pod).flatMap((claim) =>
      Object.entries(claim.metadata.annotations ?? {}).flatMap(([key, value]) => {
        const required = requiredOf(key, value ?? '', operation);
        return required === undefined
          ? []
          : claimFinding(claim, `metadata.annotations[${JSON.stringify(key)}]`, value, { required });
      }),
    ),
});

function requiredOf(key: string, value: string, operation: Operation): string | undefined {
  if (key === LEGACY_CLASS) return 'remove it, and name the class in spec.storageClassName';
  if (key.startsWith(BINDING) && operation === 'CREATE')
    return 'remove it: the controller that binds the claim writes it';
  const row = overridingAnnotation(key, value);
  if (!row) return undefined;
  return row.allowed === undefined
    ? `remove it: it ${row.why}`
    : `set it to ${JSON.stringify(row.allowed)} or remove it: it ${row.why}`;
}

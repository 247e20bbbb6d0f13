import type { FieldPath } from '../../engine/reads.ts';
import type { Finding } from '../../engine/rule.ts';
import type { Claim } from '../../k8s/claims.ts';
import { LEGACY_CLASS } from '../../k8s/claims.ts';
import type { UnplacedFinding } from '../../storage/class-problems.ts';

/** What a rule reads that judges claims, wherever they stand: these fields of a claim, and all templates of claims. */
export function inClaims(...fields: readonly FieldPath[]) {
  return {
    PersistentVolumeClaim: fields,
    'StatefulSet.apps': ['spec.volumeClaimTemplates'],
    Pod: ['spec.volumes'],
  } as const;
}

/** The fields that name the class of a claim. */
export const CLASS_FIELDS = ['spec.storageClassName', `metadata.annotations{${LEGACY_CLASS}}`] as const;

/** A finding on a field of a claim: `field` is written from the claim, `spec.volumeName`. */
export function claimFinding(claim: Claim, field: string, value: unknown, problem: UnplacedFinding): Finding {
  const { found, required } = problem;
  return {
    path: claim.base + field,
    ...(claim.base !== '' && { name: claim.name }),
    value: value ?? undefined,
    ...(found !== undefined && { found }),
    required,
  };
}

/** The same on the class of a claim, where it is named. */
export function classFinding(claim: Claim, problem: UnplacedFinding): Finding {
  const legacy = claim.metadata.annotations?.[LEGACY_CLASS];
  return legacy === undefined
    ? claimFinding(claim, 'spec.storageClassName', claim.spec.storageClassName, problem)
    : claimFinding(claim, `metadata.annotations[${JSON.stringify(LEGACY_CLASS)}]`, legacy, problem);
}

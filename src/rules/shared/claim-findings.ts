import type { Finding, ReadsByKind } from '../../engine/rule.ts';
import { LEGACY_CLASS } from '../../k8s/core/claims.ts';
import type { Claim } from '../../k8s/storage.ts';
import type { Doubt } from '../../storage/evidence.ts';

/** What a rule reads that judges claims, wherever they stand: these fields of a claim, and all templates of claims. */
export function inClaims(...fields: readonly string[]): ReadsByKind {
  return { PersistentVolumeClaim: fields, StatefulSet: ['spec.volumeClaimTemplates'], Pod: ['spec.volumes'] };
}

/** The fields that name the class of a claim. */
export const CLASS_FIELDS = ['spec.storageClassName', `metadata.annotations{${LEGACY_CLASS}}`] as const;

/** A finding on a field of a claim: `field` is written from the claim, `spec.volumeName`. */
export function claimFinding(claim: Claim, field: string, value: unknown, doubt: Doubt): Finding {
  const { found, required } = doubt;
  return {
    path: claim.base + field,
    ...(claim.base !== '' && { name: claim.name }),
    value: value ?? undefined,
    ...(found !== undefined && { found }),
    required,
  };
}

/** The same on the class of a claim, where it is named. */
export function classFinding(claim: Claim, doubt: Doubt): Finding {
  const legacy = claim.metadata.annotations?.[LEGACY_CLASS];
  return legacy === undefined
    ? claimFinding(claim, 'spec.storageClassName', claim.spec.storageClassName, doubt)
    : claimFinding(claim, `metadata.annotations[${JSON.stringify(LEGACY_CLASS)}]`, legacy, doubt);
}

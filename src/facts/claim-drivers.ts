import { type Known, known } from '../engine/fact.ts';
import { type Claim, claimsOf } from '../k8s/claims.ts';
import { carriesDriverKeys } from '../storage/claim-keys.ts';
import type { ClaimWithDriver } from '../storage/linked-objects.ts';
import { defineFact, type ObjectReader } from './define.ts';
import { resolveClass } from './storage-classes.ts';

/** Each claim that the subject is or makes, with the driver of its class where some driver reads its labels. */
export const claimDrivers = defineFact({
  name: 'claimDrivers',
  title: 'the driver of every claim with labels or annotations that drivers read',
  watched: ['StorageClass.storage.k8s.io'],
  learn({
    subject: { object, pod },
    objects,
  }): Known<readonly ClaimWithDriver[]> | Promise<Known<readonly ClaimWithDriver[]>> {
    const claims = claimsOf(object, pod);
    if (claims.some(carriesDriverKeys)) return driversOf(claims, objects);
    return known(claims.map((claim) => ({ claim, provisioner: undefined })));
  },
});

async function driversOf(
  claims: readonly Claim[],
  objects: ObjectReader<'StorageClass.storage.k8s.io'>,
): Promise<Known<readonly ClaimWithDriver[]>> {
  const driven: ClaimWithDriver[] = [];
  for (const claim of claims) {
    const resolved = await resolveClass(claim.metadata, claim.spec, objects);
    if (!resolved.known) return resolved;
    driven.push({ claim, provisioner: resolved.value.storageClass?.provisioner ?? undefined });
  }
  return known(driven);
}

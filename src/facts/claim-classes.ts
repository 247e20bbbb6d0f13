import { type Known, known } from '../engine/fact.ts';
import { type Claim, claimsOf } from '../k8s/claims.ts';
import { isKind, type ObjectOf } from '../k8s/kinds.ts';
import type { ClaimWithClass } from '../storage/linked-objects.ts';
import { defineFact, type ObjectReader } from './define.ts';
import { resolveClass } from './storage-classes.ts';

type Kinds = 'StorageClass.storage.k8s.io' | 'PersistentVolumeClaim';

/** Each claim that the subject is or makes, with the class that its volume would be made by. */
export const claimClasses = defineFact({
  name: 'claimClasses',
  title: 'the class of every claim',
  // Claims for the order in which a class and a claim of the same second were made.
  watched: ['StorageClass.storage.k8s.io', 'PersistentVolumeClaim'],
  learn({
    subject: { object, pod, operation },
    objects,
  }): Known<readonly ClaimWithClass[]> | Promise<Known<readonly ClaimWithClass[]>> {
    const claims = claimsOf(object, pod);
    if (claims.length === 0) return known([]);
    const existing = operation === 'UPDATE' && isKind(object, 'PersistentVolumeClaim') ? object : undefined;
    return classesOf(claims, existing, objects);
  },
});

async function classesOf(
  claims: readonly Claim[],
  existing: ObjectOf<'PersistentVolumeClaim'> | undefined,
  objects: ObjectReader<Kinds>,
): Promise<Known<readonly ClaimWithClass[]>> {
  const classed: ClaimWithClass[] = [];
  for (const claim of claims) {
    const resolved = await resolveClass(claim.metadata, claim.spec, objects);
    if (!resolved.known) return resolved;
    const { storageClass } = resolved.value;
    const classIsOlder = !existing || !storageClass || (await objects.isOlder(storageClass, existing));
    classed.push({ claim, class: resolved.value, classIsOlder });
  }
  return known(classed);
}

import { type Known, known } from '../engine/fact.ts';
import { type Claim, claimsOf } from '../k8s/claims.ts';
import type { ClaimWithAttributesClass } from '../storage/linked-objects.ts';
import { defineFact, type ObjectReader } from './define.ts';

const CLASS = 'VolumeAttributesClass.storage.k8s.io';

/** Those of the subject's claims that name a VolumeAttributesClass, with it. */
export const attributesClasses = defineFact({
  name: 'attributesClasses',
  title: 'the VolumeAttributesClass of every claim that names one',
  watched: [CLASS],
  learn({
    subject: { object, pod },
    objects,
  }): Known<readonly ClaimWithAttributesClass[]> | Promise<Known<readonly ClaimWithAttributesClass[]>> {
    const claims = claimsOf(object, pod).filter(({ spec }) => spec.volumeAttributesClassName);
    return claims.length === 0 ? known([]) : attributesOf(claims, objects);
  },
});

async function attributesOf(
  claims: readonly Claim[],
  objects: ObjectReader<typeof CLASS>,
): Promise<Known<readonly ClaimWithAttributesClass[]>> {
  const attributed: ClaimWithAttributesClass[] = [];
  for (const claim of claims) {
    const name = claim.spec.volumeAttributesClassName ?? '';
    const found = await objects.read(CLASS, '', name);
    if (!found.known) return found;
    attributed.push({ claim, name, attributesClass: found.value });
  }
  return known(attributed);
}

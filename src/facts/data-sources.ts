import { type Known, known } from '../engine/fact.ts';
import { type Claim, claimsOf } from '../k8s/claims.ts';
import type { DataOrigin } from '../storage/linked-objects.ts';
import { defineFact } from './define.ts';
import { CLAIM_KINDS, dataOrigin, SNAPSHOT_KINDS } from './linked-claims.ts';

/** Of each claim that the subject is or makes, in their order: what its volume is filled from. */
export const dataSources = defineFact({
  name: 'dataSources',
  title: 'what the volumes of new claims are filled from',
  watched: CLAIM_KINDS,
  live: SNAPSHOT_KINDS,
  learn({
    subject: { object, pod, namespace },
    objects,
  }): Known<readonly DataOrigin[]> | Promise<Known<readonly DataOrigin[]>> {
    const claims = claimsOf(object, pod);
    return claims.length === 0 ? known([]) : dataOriginsOf(claims);

    async function dataOriginsOf(all: readonly Claim[]): Promise<Known<readonly DataOrigin[]>> {
      const found: DataOrigin[] = [];
      for (const claim of all) {
        const origin = await dataOrigin(claim, { namespace, depth: 0 }, objects);
        if (!origin.known) return origin;
        found.push(origin.value);
      }
      return known(found);
    }
  },
});

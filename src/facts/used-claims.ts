import { type Known, known } from '../engine/fact.ts';
import type { Pod } from '../k8s/pod-template.ts';
import type { MountedClaim } from '../storage/linked-objects.ts';
import { defineFact, type ObjectReader } from './define.ts';
import { CLAIM_KINDS, linkedClaim } from './linked-claims.ts';

/** The claims that the pod mounts, and what is behind them. */
export const usedClaims = defineFact({
  name: 'usedClaims',
  title: 'the claims that the pod mounts, their classes and volumes',
  watched: CLAIM_KINDS,
  learn({
    subject: { pod, namespace },
    objects,
  }): Known<readonly MountedClaim[]> | Promise<Known<readonly MountedClaim[]>> {
    const uses = pod?.spec.volumes?.some((volume) => volume.persistentVolumeClaim);
    return pod && uses ? claimsUsedBy(pod, namespace, objects) : known([]);
  },
});

async function claimsUsedBy(
  { spec }: Pod,
  namespace: string,
  objects: ObjectReader<(typeof CLAIM_KINDS)[number]>,
): Promise<Known<readonly MountedClaim[]>> {
  const used: MountedClaim[] = [];
  for (const [index, volume] of (spec.volumes ?? []).entries()) {
    const name = volume.persistentVolumeClaim?.claimName;
    if (!name) continue;
    const linked = await linkedClaim(name, namespace, objects);
    if (!linked.known) return linked;
    used.push({ index, stored: linked.value });
  }
  return known(used);
}

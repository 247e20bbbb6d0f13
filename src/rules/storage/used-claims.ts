import { podFinding } from '../../engine/findings.ts';
import type { Finding } from '../../engine/rule.ts';
import { describeFinding } from '../../engine/wording.ts';
import type { LinkedClaim } from '../../storage/linked-objects.ts';
import type { StorageSettings } from '../../storage/settings.ts';
import { linkedClaimProblems, lostSinceAdmission } from '../../storage/volume-problems.ts';
import { definePodRule } from '../define.ts';

export const usedClaims = definePodRule({
  id: 'used-claims',
  title: 'A pod mounts only claims whose volumes are encrypted as required',
  promise: 'storage',
  why: 'A claim from the time before this program was there may be a plain disk, and the database writes to it all the same.',
  fix: 'volumes:\n  - name: storage\n    persistentVolumeClaim: { claimName: encrypted-storage }',
  controls: [],
  needs: ['usedClaims'],
  reads: ['spec.volumes'],
  check: ({ pod, facts: { usedClaims }, subject: { now }, settings: { storage, enforcedSince } }) =>
    usedClaims.flatMap(({ index, stored }) => {
      // A claim that comes later is judged when it comes.
      if (!stored.claim) return [];
      const tolerated = enforcedSince && toleranceOf(stored, enforcedSince, storage, now);
      return linkedClaimProblems(stored, storage, now).map((problem): Finding => {
        const path = `spec.volumes[${index}].persistentVolumeClaim.claimName`;
        const required = `in the claim ${describeFinding(problem)}`;
        return {
          ...podFinding(pod, path, stored.name, required),
          name: pod.volumes[index]?.name ?? '',
          found: `is ${stored.name}, which is not shown to be encrypted as required`,
          ...(tolerated !== undefined && { tolerated }),
        };
      });
    }),
});

/**
 * A running database goes on with the claim that it has: refusing its pod would stop it at the next restart. That is so
 * for claims from the time before; those that came in later were let in by what stood there then.
 */
function toleranceOf(
  stored: LinkedClaim,
  enforcedSince: Date,
  settings: StorageSettings,
  now: Date,
): string | undefined {
  const created = Date.parse(stored.claim?.metadata.creationTimestamp ?? '');
  if (created < enforcedSince.getTime()) {
    return `the claim is older than enforcedSince, ${enforcedSince.toISOString()}`;
  }
  const lapse = lostSinceAdmission(stored, settings, now);
  return lapse && `${lapse} since the claim was let in`;
}

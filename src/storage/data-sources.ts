import { describeFinding } from '../engine/wording.ts';
import type { VolumeSnapshotContent } from '../k8s/storage/objects.ts';
import { attestedHandle } from './attestations.ts';
import { provisionerOf } from './catalog.ts';
import type { UnplacedFinding } from './class-problems.ts';
import type { DataOrigin, LinkedClaim, LinkedSnapshot, ResolvedClass } from './linked-objects.ts';
import type { StorageSettings } from './settings.ts';
import { linkedClaimProblems } from './volume-problems.ts';

const FROM_NOTHING = 'start from an empty volume, or from a claim or snapshot that is encrypted as required';

/** A claim whose volume is filled from another. */
export interface FilledClaim {
  readonly class: ResolvedClass;
  /** Undefined where it is a template, or stands in a file. */
  readonly created: string | null | undefined;
}

/**
 * Why what a new volume is filled from is not shown to be encrypted as required; empty where it is. What the source is
 * counts also for drivers that give a copy what its class says: they are few, and nothing in the cluster shows it.
 */
export function dataSourceProblems(
  origin: DataOrigin,
  target: FilledClaim,
  settings: StorageSettings,
  now: Date,
): readonly UnplacedFinding[] {
  switch (origin.kind) {
    case 'none':
      return [];
    case 'claim':
      return claimProblems(origin.claim, settings, now);
    case 'snapshot':
      return snapshotProblems(origin.snapshot, target, settings, now);
    case 'other':
      return [{ found: origin.found, required: 'use a claim or a VolumeSnapshot of this namespace' }];
    case 'too-deep':
      return [{ found: 'is a copy of a copy of a copy, further than can be followed', required: FROM_NOTHING }];
  }
}

/**
 * Whether a claim was cloned from one that is no longer there. That is nothing to worry about once there is a volume: a
 * claim of its name was judged as well. A snapshot stays for as long as a claim that is not bound restores from it.
 */
export function isCloneOfGone(origin: DataOrigin): boolean {
  return origin.kind === 'claim' && origin.claim.claim === undefined;
}

function claimProblems(stored: LinkedClaim, settings: StorageSettings, now: Date): readonly UnplacedFinding[] {
  const { name, claim, class: resolved, source } = stored;
  if (!claim) return [{ found: `is the claim ${name}, and there is no such claim`, required: 'create it first' }];
  return [
    ...linkedClaimProblems(stored, settings, now).map((problem) => ({
      found: `is the claim ${name}, which is not shown to be encrypted as required`,
      required: `in that claim ${describeFinding(problem)}`,
    })),
    // It may itself be a copy that its driver made as its source was.
    ...dataSourceProblems(source, { class: resolved, created: undefined }, settings, now),
  ];
}

function snapshotProblems(
  origin: LinkedSnapshot,
  target: FilledClaim,
  settings: StorageSettings,
  now: Date,
): readonly UnplacedFinding[] {
  const { name, snapshot, claim } = origin;
  const found = (what: string) => `is the snapshot ${name}, ${what}`;
  if (!snapshot) return [{ found: found('and there is no such VolumeSnapshot'), required: 'create it first' }];
  const byClass = restoresByClass(target.class, settings);
  // Deleted and taken anew, of another claim, before the volume was made: then it was not what the volume is made from.
  if (!byClass && Date.parse(snapshot.metadata?.creationTimestamp ?? '') >= Date.parse(target.created ?? '')) {
    return [{ found: found('which is not older than the claim'), required: 'create the claim again' }];
  }
  const { driver, handle } = contentOf(origin.content);
  if (handle !== undefined && attestedHandle('snapshot', driver, handle, settings, now).attested) return [];
  const attest = `take the snapshot of a claim that is encrypted, or state in storage.attestations of the configuration that it is`;
  if (!claim) return [{ found: found('which was brought in by its handle'), required: attest }];
  if (claim.claim && isOf(claim, origin)) return claimProblems(claim, settings, now);
  // Its claim is gone, as when a database is restored. What the new volume is then depends on the driver alone.
  if (byClass) return [];
  const why = `whose claim ${claim.name} is gone or was made anew, and its driver restores what was there`;
  return [{ found: found(why), required: attest }];
}

/**
 * Whether a snapshot is of the claim that has this name now. It may have been deleted and made anew since: the driver's
 * handle tells, or that the claim was there before.
 */
function isOf({ claim, volume }: LinkedClaim, { snapshot, content }: LinkedSnapshot): boolean {
  const { volumeHandle } = contentOf(content);
  if (volumeHandle !== undefined && volume?.volume?.spec?.csi?.volumeHandle === volumeHandle) return true;
  const [made, taken] = [claim, snapshot].map((each) => Date.parse(each?.metadata?.creationTimestamp ?? ''));
  return made !== undefined && taken !== undefined && made < taken;
}

/** Whether what a driver restores is encrypted as the class of the new volume says, whatever the snapshot is of. */
function restoresByClass({ storageClass }: ResolvedClass, { requireCustomerKey }: StorageSettings): boolean {
  const row = provisionerOf(storageClass?.provisioner ?? '');
  if (!row) return false;
  // Where the platform encrypts everything, only the key can differ.
  return row.restore !== 'source' || (row.level === 'platform' && row.storage === 'block' && !requireCustomerKey);
}

/** What a VolumeSnapshotContent says of itself: the driver, the volume it was taken of, and how the driver calls it. */
function contentOf(content: VolumeSnapshotContent | undefined) {
  const { spec } = content ?? {};
  const volumeHandle = spec?.source?.volumeHandle ?? undefined;
  return { driver: spec?.driver ?? '', volumeHandle, handle: restoredHandle(content) };
}

/**
 * The driver's name of what is restored from a content: the one in its status, whatever its spec says
 * (kubernetes-csi/external-provisioner@0688604: pkg/controller/controller.go).
 */
export function restoredHandle(content: VolumeSnapshotContent | undefined): string | undefined {
  return content?.status?.snapshotHandle ?? content?.spec?.source?.snapshotHandle ?? undefined;
}

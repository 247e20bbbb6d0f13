import { describeFinding } from '../engine/wording.ts';
import type { KubernetesObject } from '../k8s/object.ts';
import { attestedHandle } from './attestations.ts';
import { provisionerOf } from './catalog.ts';
import { type Doubt, storedClaimDoubts } from './evidence.ts';
import type { DataOrigin, ResolvedClass, SnapshotOrigin, StoredClaim } from './origins.ts';
import type { StorageSettings } from './settings.ts';

const FROM_NOTHING = 'start from an empty volume, or from a claim or snapshot that is encrypted as required';

/**
 * Why what a new volume is filled from is not shown to be encrypted as required; empty where it is. What the source is
 * counts also for drivers that give a copy what its class says: they are few, and nothing in the cluster shows it.
 * @param target the class of the new volume
 */
export function sourceDoubts(
  origin: DataOrigin,
  target: ResolvedClass,
  settings: StorageSettings,
  now: Date,
): readonly Doubt[] {
  switch (origin.kind) {
    case 'none':
      return [];
    case 'claim':
      return claimDoubts(origin.claim, settings, now);
    case 'snapshot':
      return snapshotDoubts(origin.snapshot, target, settings, now);
    case 'other':
      return [{ found: origin.found, required: 'use a claim or a VolumeSnapshot of this namespace' }];
    case 'too-deep':
      return [{ found: 'is a copy of a copy of a copy, further than can be followed', required: FROM_NOTHING }];
  }
}

function claimDoubts(stored: StoredClaim, settings: StorageSettings, now: Date): readonly Doubt[] {
  const { name, claim, class: resolved, source } = stored;
  if (!claim) return [{ found: `is the claim ${name}, and there is no such claim`, required: 'create it first' }];
  return [
    ...storedClaimDoubts(stored, settings, now).map((problem) => ({
      found: `is the claim ${name}, which is not shown to be encrypted as required`,
      required: `in that claim ${describeFinding(problem)}`,
    })),
    // It may itself be a copy that its driver made as its source was.
    ...sourceDoubts(source, resolved, settings, now),
  ];
}

function snapshotDoubts(
  origin: SnapshotOrigin,
  target: ResolvedClass,
  settings: StorageSettings,
  now: Date,
): readonly Doubt[] {
  const { name, snapshot, claim } = origin;
  const found = (what: string) => `is the snapshot ${name}, ${what}`;
  if (!snapshot) return [{ found: found('and there is no such VolumeSnapshot'), required: 'create it first' }];
  const { driver = '', handles } = contentOf(origin.content);
  if (handles.some((handle) => attestedHandle('snapshot', driver, handle, settings, now).attested)) return [];
  const attest = `take the snapshot of a claim that is encrypted, or state in storage.attestations of the configuration that it is`;
  if (!claim) return [{ found: found('which was brought in by its handle'), required: attest }];
  if (claim.claim && isOf(claim, origin.content)) return claimDoubts(claim, settings, now);
  // Its claim is gone, as when a database is restored. What the new volume is then depends on the driver alone.
  if (restoresByClass(target)) return [];
  return [
    { found: found(`whose claim ${claim.name} is gone, and its driver restores what was there`), required: attest },
  ];
}

/** A claim may have been deleted and made anew since the snapshot was taken: the driver's handle tells. */
function isOf({ volume }: StoredClaim, content: KubernetesObject | undefined): boolean {
  const { volumeHandle } = contentOf(content);
  return volumeHandle !== undefined && volume?.volume?.spec?.csi?.volumeHandle === volumeHandle;
}

function restoresByClass({ storageClass }: ResolvedClass): boolean {
  const row = provisionerOf(storageClass?.provisioner ?? '');
  return row !== undefined && row.restore !== 'source';
}

/** What a VolumeSnapshotContent says of itself: the driver, the volume it was taken of, and how the driver calls it. */
function contentOf(content: KubernetesObject | undefined) {
  const { spec, status } = (content ?? {}) as {
    spec?: { driver?: string; source?: { volumeHandle?: string; snapshotHandle?: string } };
    status?: { snapshotHandle?: string };
  };
  const handles = [spec?.source?.snapshotHandle, status?.snapshotHandle].filter((handle) => handle !== undefined);
  return { driver: spec?.driver, volumeHandle: spec?.source?.volumeHandle, handles };
}

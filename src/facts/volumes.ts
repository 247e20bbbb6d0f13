import { type Known, known } from '../engine/facts.ts';
import type { Subject } from '../engine/subject.ts';
import { claimOf, claimsOf, namedClass } from '../k8s/core/claims.ts';
import type { KubernetesObject } from '../k8s/object.ts';
import type { Claim, ClaimSpec, DataSource, PersistentVolume } from '../k8s/storage.ts';
import type {
  DataOrigin,
  SnapshotOrigin,
  SourceField,
  StoredClaim,
  UsedClaim,
  VolumeOrigin,
} from '../storage/origins.ts';
import { resolveClass } from './claims.ts';
import { readTyped } from './typed.ts';
import { liveView, type World } from './world.ts';

const CLAIM = { group: '', kind: 'PersistentVolumeClaim' };
const VOLUME = { group: '', kind: 'PersistentVolume' };
const SNAPSHOT = { group: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot' };
const CONTENT = { group: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshotContent' };

/** A clone of a clone of a clone …: beyond this nobody can tell in the time of one admission. */
const DEEPEST = 4;
const NOT_FOLLOWED = Number.POSITIVE_INFINITY;

/**
 * The volume that a claim is bound to, or the one that the subject is. Always read live: this is the last look before
 * data is written, and a class that was deleted and made anew since must not be taken for the one that was admitted.
 */
export async function learnBoundVolume(
  { object, namespace }: Subject,
  world: World,
  signal: AbortSignal,
): Promise<Known<VolumeOrigin | undefined>> {
  const now = liveView(world);
  if (object.kind !== 'PersistentVolume') {
    const { metadata, spec } = claimOf(object);
    if (!spec.volumeName) return known(undefined);
    return readVolume(
      spec.volumeName,
      { class: namedClass(metadata, spec), created: metadata.creationTimestamp },
      now,
      signal,
    );
  }
  const volume = object as PersistentVolume;
  const { claimRef } = volume.spec ?? {};
  const claim = claimRef?.name
    ? await readTyped(now, CLAIM, { namespace, name: claimRef.name }, signal)
    : known(undefined);
  if (!claim.known && world.readLive) return claim;
  // Files that bring no such claim tell nothing of it; the volume can be judged by itself.
  return originOf(volume, undefined, claim.known ? claim.value?.metadata?.creationTimestamp : undefined, now, signal);
}

async function readVolume(
  name: string,
  claim: { readonly class: string | undefined; readonly created: string | null | undefined },
  world: World,
  signal: AbortSignal,
): Promise<Known<VolumeOrigin>> {
  const found = await readTyped<PersistentVolume>(world, VOLUME, { namespace: '', name }, signal);
  if (!found.known) return found;
  if (found.value) return originOf(found.value, claim.class, claim.created, world, signal);
  const none = { name: claim.class, byDefault: false, storageClass: undefined };
  return known({ name, volume: undefined, class: none, claimCreated: claim.created ?? undefined });
}

/** @param className that of the claim, where there is one: the volume's own is a label */
async function originOf(
  volume: PersistentVolume,
  className: string | undefined,
  claimCreated: string | null | undefined,
  world: World,
  signal: AbortSignal,
): Promise<Known<VolumeOrigin>> {
  const storageClassName = className ?? namedClass(volume.metadata, volume.spec) ?? '';
  const resolved = await resolveClass(undefined, { storageClassName }, world, signal);
  if (!resolved.known) return resolved;
  const name = volume.metadata?.name ?? '';
  return known({ name, volume, class: resolved.value, claimCreated: claimCreated ?? undefined });
}

/** What the volumes of the subject's claims are filled from. */
export function learnDataSources(
  { object, pod, namespace }: Subject,
  world: World,
  signal: AbortSignal,
): Known<readonly DataOrigin[]> | Promise<Known<readonly DataOrigin[]>> {
  const claims = claimsOf(object, pod);
  return claims.length === 0 ? known([]) : originsOf(claims, namespace, world, signal);
}

async function originsOf(
  claims: readonly Claim[],
  namespace: string,
  world: World,
  signal: AbortSignal,
): Promise<Known<readonly DataOrigin[]>> {
  const origins: DataOrigin[] = [];
  for (const { spec } of claims) {
    const origin = await dataOrigin(spec, namespace, world, signal, 0);
    if (!origin.known) return origin;
    origins.push(origin.value);
  }
  return known(origins);
}

/** The claims that a pod mounts, and what is behind them. */
export function learnUsedClaims(
  subject: Subject,
  world: World,
  signal: AbortSignal,
): Known<readonly UsedClaim[]> | Promise<Known<readonly UsedClaim[]>> {
  const uses = subject.pod?.spec.volumes?.some((volume) => volume.persistentVolumeClaim);
  return uses ? claimsUsedBy(subject, world, signal) : known([]);
}

async function claimsUsedBy(
  { pod, namespace }: Subject,
  world: World,
  signal: AbortSignal,
): Promise<Known<readonly UsedClaim[]>> {
  const used: UsedClaim[] = [];
  for (const [index, volume] of (pod?.spec.volumes ?? []).entries()) {
    const name = volume.persistentVolumeClaim?.claimName;
    if (!name) continue;
    // Where its content once came from was looked at when the claim was let in.
    const stored = await storedClaim(name, namespace, world, signal, NOT_FOLLOWED);
    if (!stored.known) return stored;
    used.push({ index, stored: stored.value });
  }
  return known(used);
}

async function storedClaim(
  name: string,
  namespace: string,
  world: World,
  signal: AbortSignal,
  depth: number,
): Promise<Known<StoredClaim>> {
  const found = await readTyped(world, CLAIM, { namespace, name }, signal);
  if (!found.known) return found;
  if (!found.value) {
    const none = { name: undefined, byDefault: false, storageClass: undefined };
    return known({ name, claim: undefined, class: none, volume: undefined, source: { kind: 'none' } });
  }
  const claim = claimOf(found.value);
  const { metadata, spec } = claim;
  const resolved = await resolveClass(metadata, spec, world, signal);
  if (!resolved.known) return resolved;
  const bound = { class: resolved.value.name, created: metadata.creationTimestamp };
  const volume = spec.volumeName ? await readVolume(spec.volumeName, bound, world, signal) : known(undefined);
  if (!volume.known) return volume;
  const source: Known<DataOrigin> =
    depth === NOT_FOLLOWED ? known({ kind: 'none' }) : await dataOrigin(spec, namespace, world, signal, depth);
  return source.known
    ? known({ name, claim, class: resolved.value, volume: volume.value, source: source.value })
    : source;
}

async function dataOrigin(
  spec: ClaimSpec,
  namespace: string,
  world: World,
  signal: AbortSignal,
  depth: number,
): Promise<Known<DataOrigin>> {
  const field: SourceField = spec.dataSourceRef ? 'dataSourceRef' : 'dataSource';
  const source = spec[field];
  if (!source) return known({ kind: 'none' });
  const found = strangeness(spec, source, namespace);
  if (found !== undefined) return known({ kind: 'other', field, found });
  if (depth === DEEPEST) return known({ kind: 'too-deep', field });
  const name = source.name ?? '';
  if (source.kind === CLAIM.kind) {
    const claim = await storedClaim(name, namespace, world, signal, depth + 1);
    return claim.known ? known({ kind: 'claim', field, claim: claim.value }) : claim;
  }
  const snapshot = await snapshotOrigin(name, namespace, world, signal, depth + 1);
  return snapshot.known ? known({ kind: 'snapshot', field, snapshot: snapshot.value }) : snapshot;
}

/** Why a source is neither a claim nor a snapshot of this namespace; undefined where it is. */
function strangeness(
  { dataSource, dataSourceRef }: ClaimSpec,
  source: DataSource,
  namespace: string,
): string | undefined {
  if (
    dataSource &&
    dataSourceRef &&
    (dataSource.name !== dataSourceRef.name || dataSource.kind !== dataSourceRef.kind)
  ) {
    return 'differs from dataSource';
  }
  if (source.namespace && source.namespace !== namespace) return `names another namespace, ${source.namespace}`;
  const [group, kind] = [source.apiGroup ?? '', source.kind];
  if ([CLAIM, SNAPSHOT].some((known) => known.group === group && known.kind === kind)) return undefined;
  return `names a ${kind} of ${group === '' ? 'the core group' : group}`;
}

async function snapshotOrigin(
  name: string,
  namespace: string,
  world: World,
  signal: AbortSignal,
  depth: number,
): Promise<Known<SnapshotOrigin>> {
  const found = await readTyped(world, SNAPSHOT, { namespace, name }, signal);
  if (!found.known) return found;
  const snapshot = found.value as Snapshot | undefined;
  const of = snapshot?.spec?.source;
  const bound = snapshot?.status?.boundVolumeSnapshotContentName ?? of?.volumeSnapshotContentName;
  const content = bound ? await readTyped(world, CONTENT, { namespace: '', name: bound }, signal) : known(undefined);
  if (!content.known) return content;
  const own = isContentOf(content.value, snapshot, namespace) ? content.value : undefined;
  const origin = { name, snapshot, content: own };
  if (!of?.persistentVolumeClaimName) return known({ ...origin, claim: undefined });
  const claim = await storedClaim(of.persistentVolumeClaimName, namespace, world, signal, depth);
  return claim.known ? known({ ...origin, claim: claim.value }) : claim;
}

/** Whether a content says itself that it is of this snapshot; what a snapshot says of it anybody may have written. */
function isContentOf(
  content: KubernetesObject | undefined,
  snapshot: Snapshot | undefined,
  namespace: string,
): boolean {
  const { volumeSnapshotRef: ref } = (content?.['spec'] ?? {}) as {
    volumeSnapshotRef?: { namespace?: string; name?: string; uid?: string };
  };
  const { name, uid } = snapshot?.metadata ?? {};
  const sameUid = !ref?.uid || !uid || ref.uid === uid;
  return ref?.namespace === namespace && ref.name === name && sameUid;
}

/** snapshot.storage.k8s.io/v1 VolumeSnapshot, the fields we read. */
interface Snapshot extends KubernetesObject {
  readonly spec?: {
    readonly source?: { readonly persistentVolumeClaimName?: string; readonly volumeSnapshotContentName?: string };
  };
  readonly status?: { readonly boundVolumeSnapshotContentName?: string };
}

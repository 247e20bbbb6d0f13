import { type Known, known } from '../engine/fact.ts';
import { type Claim, claimOf, namedClass } from '../k8s/claims.ts';
import type { ClaimSpec, DataSource } from '../k8s/core/claim-shape.ts';
import { kindOf } from '../k8s/kinds.ts';
import type { ObjectMeta } from '../k8s/object.ts';
import type { PersistentVolume, VolumeSnapshot, VolumeSnapshotContent } from '../k8s/storage/objects.ts';
import type { DataOrigin, LinkedClaim, LinkedSnapshot, LinkedVolume, SourceField } from '../storage/linked-objects.ts';
import type { ObjectReader } from './define.ts';
import { NO_CLASS, resolveClass } from './storage-classes.ts';

const CLAIM = 'PersistentVolumeClaim';
const VOLUME = 'PersistentVolume';
const CLASS = 'StorageClass.storage.k8s.io';
const SNAPSHOT = 'VolumeSnapshot.snapshot.storage.k8s.io';
const CONTENT = 'VolumeSnapshotContent.snapshot.storage.k8s.io';

/** What claims, volumes and their classes are read of. */
export const CLAIM_KINDS = [CLAIM, VOLUME, CLASS] as const;
/** What the content of a volume may come from besides claims. */
export const SNAPSHOT_KINDS = [SNAPSHOT, CONTENT] as const;

type ClaimReader = ObjectReader<(typeof CLAIM_KINDS)[number]>;
type SourceReader = ObjectReader<(typeof CLAIM_KINDS)[number] | (typeof SNAPSHOT_KINDS)[number]>;

/** A clone of a clone of a clone …: beyond this nobody can tell in the time of one admission. */
const DEEPEST = 4;

/** Where a claim is looked for. */
interface Place {
  readonly namespace: string;
  /** How many copies lie between the subject and it. */
  readonly depth: number;
}

/** A volume by its name, for a claim that is bound to it. */
export async function linkedVolume(
  name: string,
  claim: { readonly class: string | undefined; readonly metadata: ObjectMeta },
  objects: ClaimReader,
): Promise<Known<LinkedVolume>> {
  const found = await objects.read(VOLUME, '', name);
  if (!found.known) return found;
  const claimCreated = claim.metadata.creationTimestamp ?? undefined;
  if (!found.value) {
    const none = { name: claim.class, byDefault: false, storageClass: undefined };
    return known({ name, volume: undefined, class: none, claimCreated, classIsOlder: false });
  }
  const resolved = await classOfVolume(found.value, claim.class, objects);
  if (!resolved.known) return resolved;
  const since = Date.parse(resolved.value.storageClass?.metadata?.creationTimestamp ?? '');
  // The binding of a volume in use was judged when it came about, to less than a second.
  const classIsOlder = claimCreated === undefined || since <= Date.parse(claimCreated);
  return known({ name, volume: found.value, class: resolved.value, claimCreated, classIsOlder });
}

/**
 * The class of a volume.
 * @param className that of the claim, where there is one: the volume's own is a label
 */
export function classOfVolume(
  { metadata, spec }: PersistentVolume,
  className: string | undefined,
  objects: ObjectReader<typeof CLASS>,
): ReturnType<typeof resolveClass> {
  return resolveClass(undefined, { storageClassName: className ?? namedClass(metadata, spec) ?? '' }, objects);
}

/** A claim by its name, with its class and its volume. Where its content came from was looked at when it was let in. */
export async function linkedClaim(name: string, namespace: string, objects: ClaimReader): Promise<Known<LinkedClaim>> {
  const found = await objects.read(CLAIM, namespace, name);
  if (!found.known) return found;
  if (!found.value) {
    return known({ name, claim: undefined, class: NO_CLASS, volume: undefined, source: { kind: 'none' } });
  }
  const claim = claimOf(found.value);
  const { metadata, spec } = claim;
  const resolved = await resolveClass(metadata, spec, objects);
  if (!resolved.known) return resolved;
  const own = { class: resolved.value.name, metadata };
  const volume = spec.volumeName ? await linkedVolume(spec.volumeName, own, objects) : known(undefined);
  if (!volume.known) return volume;
  return known({ name, claim, class: resolved.value, volume: volume.value, source: { kind: 'none' } });
}

/** The same of a claim that another is copied from: what it was itself filled from counts as well. */
async function sourceClaim(
  name: string,
  { namespace, depth }: Place,
  objects: SourceReader,
): Promise<Known<LinkedClaim>> {
  const linked = await linkedClaim(name, namespace, objects);
  if (!linked.known || !linked.value.claim) return linked;
  const source = await dataOrigin(linked.value.claim, { namespace, depth }, objects);
  return source.known ? known({ ...linked.value, source: source.value }) : source;
}

/** What the volume of a claim is filled from. */
export async function dataOrigin(
  { spec }: Pick<Claim, 'spec'>,
  { namespace, depth }: Place,
  objects: SourceReader,
): Promise<Known<DataOrigin>> {
  const field: SourceField = spec.dataSourceRef ? 'dataSourceRef' : 'dataSource';
  const source = spec[field];
  if (!source) return known({ kind: 'none' });
  const found = unsupported(spec, source, namespace);
  if (found !== undefined) return known({ kind: 'other', field, found });
  if (depth === DEEPEST) return known({ kind: 'too-deep', field });
  const name = source.name ?? '';
  const next = { namespace, depth: depth + 1 };
  if (source.kind === CLAIM) {
    const claim = await sourceClaim(name, next, objects);
    return claim.known ? known({ kind: 'claim', field, claim: claim.value }) : claim;
  }
  const snapshot = await linkedSnapshot(name, next, objects);
  return snapshot.known ? known({ kind: 'snapshot', field, snapshot: snapshot.value }) : snapshot;
}

/** Why a source is neither a claim nor a snapshot of this namespace; undefined where it is. */
function unsupported(
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
  const [group, kind] = [source.apiGroup ?? '', source.kind ?? ''];
  const { name } = kindOf({ apiVersion: group === '' ? 'v1' : `${group}/v1`, kind }) ?? {};
  if (name === CLAIM || name === SNAPSHOT) return undefined;
  return `names ${kind === '' ? 'something' : `a ${kind}`} of ${group === '' ? 'the core group' : group}`;
}

async function linkedSnapshot(name: string, place: Place, objects: SourceReader): Promise<Known<LinkedSnapshot>> {
  const { namespace } = place;
  const found = await objects.read(SNAPSHOT, namespace, name);
  if (!found.known) return found;
  const snapshot = found.value;
  const of = snapshot?.spec?.source;
  const bound = snapshot?.status?.boundVolumeSnapshotContentName ?? of?.volumeSnapshotContentName;
  const content = bound ? await objects.read(CONTENT, '', bound) : known(undefined);
  if (!content.known) return content;
  const own = isContentOf(content.value, snapshot, namespace) ? content.value : undefined;
  const origin = { name, snapshot, content: own };
  if (!of?.persistentVolumeClaimName) return known({ ...origin, claim: undefined });
  const claim = await sourceClaim(of.persistentVolumeClaimName, place, objects);
  return claim.known ? known({ ...origin, claim: claim.value }) : claim;
}

/** Whether a content says itself that it is of this snapshot; what a snapshot says of it anybody may have written. */
function isContentOf(
  content: VolumeSnapshotContent | undefined,
  snapshot: VolumeSnapshot | undefined,
  namespace: string,
): boolean {
  const ref = content?.spec?.volumeSnapshotRef;
  const { name, uid } = snapshot?.metadata ?? {};
  const sameUid = !ref?.uid || !uid || ref.uid === uid;
  return ref?.namespace === namespace && ref.name === name && sameUid;
}

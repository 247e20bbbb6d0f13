import { type Known, known } from '../engine/fact.ts';
import { namedClass } from '../k8s/claims.ts';
import { isKind, type ObjectOf } from '../k8s/kinds.ts';
import type { PersistentVolume } from '../k8s/storage/objects.ts';
import type { AttributesOfVolume, LinkedVolume } from '../storage/linked-objects.ts';
import { defineFact, type ObjectReader } from './define.ts';
import { CLAIM_KINDS, classOfVolume, linkedVolume } from './linked-claims.ts';

type Claim = ObjectOf<'PersistentVolumeClaim'>;
const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
const ATTRIBUTES = 'VolumeAttributesClass.storage.k8s.io';
const KINDS = [...CLAIM_KINDS, ATTRIBUTES] as const;
type Reader = ObjectReader<(typeof KINDS)[number]>;

/**
 * The volume that the claim names, or that the subject itself is; undefined where there is none yet. Always read live:
 * this is the last look before data is written, and a class that was deleted and made anew since must not be taken for
 * the one that was admitted.
 */
export const boundVolume = defineFact({
  name: 'boundVolume',
  title: 'the volume, its claim and its classes',
  // Watched as well, for the order in which a class and a claim of the same second were made.
  watched: ['PersistentVolumeClaim', 'StorageClass.storage.k8s.io', ATTRIBUTES],
  live: KINDS,
  async learn({ subject: { object, namespace }, objects }): Promise<Known<LinkedVolume | undefined>> {
    if (isKind(object, 'PersistentVolume')) return ofVolume(object, namespace, objects);
    const { metadata, spec } = object as Claim;
    if (!spec?.volumeName) return known(undefined);
    const linked = await linkedVolume(
      spec.volumeName,
      { class: namedClass(metadata, spec), metadata: metadata ?? {} },
      objects,
    );
    return linked.known
      ? atBinding({ ...linked.value, claimUid: metadata?.uid ?? undefined }, object as Claim, objects)
      : linked;
  },
});

async function ofVolume(
  volume: PersistentVolume,
  namespace: string,
  objects: Reader,
): Promise<Known<LinkedVolume | undefined>> {
  const { claimRef } = volume.spec ?? {};
  const claim = claimRef?.name
    ? await objects.read('PersistentVolumeClaim', namespace, claimRef.name)
    : known(undefined);
  if (!claim.known && objects.hasLive) return claim;
  const resolved = await classOfVolume(volume, undefined, objects);
  if (!resolved.known) return resolved;
  // Files that bring no such claim tell nothing of it; the volume can be judged by itself.
  const own = claim.known ? claim.value : undefined;
  const linked = {
    name: volume.metadata?.name ?? '',
    volume,
    class: resolved.value,
    claimCreated: own?.metadata?.creationTimestamp ?? undefined,
    classIsOlder: own === undefined,
  };
  if (!own) return known(linked);
  // The volume of a claim that has long been bound may be changed to what came later.
  const isInUse = own.spec?.volumeName === linked.name && own.metadata?.annotations?.[BIND_COMPLETED] !== undefined;
  const claimUid = isInUse ? undefined : (claimRef?.uid ?? own.metadata?.uid ?? undefined);
  return atBinding({ ...linked, claimUid }, own, objects, isInUse);
}

/** At the binding classes have to be older than the claim by what can be shown, be it within one second. */
async function atBinding(
  linked: LinkedVolume,
  claim: Claim,
  objects: Reader,
  isInUse = false,
): Promise<Known<LinkedVolume>> {
  const { storageClass } = linked.class;
  const classIsOlder = storageClass !== undefined && (await objects.isOlder(storageClass, claim));
  const attributes = await attributesOf(linked.volume, claim, objects, isInUse);
  if (!attributes.known) return attributes;
  return known({ ...linked, classIsOlder, ...(attributes.value && { attributes: attributes.value }) });
}

/** What the volume was made with, by its own account: the claim may name another by now. */
async function attributesOf(
  volume: PersistentVolume | undefined,
  claim: Claim,
  objects: Reader,
  isInUse: boolean,
): Promise<Known<AttributesOfVolume | undefined>> {
  const name = volume?.spec?.volumeAttributesClassName;
  if (!name) return known(undefined);
  const found = await objects.read(ATTRIBUTES, '', name);
  if (!found.known) return found;
  const isOlder = found.value !== undefined && (isInUse || (await objects.isOlder(found.value, claim)));
  return known({ name, attributesClass: found.value, isOlder });
}

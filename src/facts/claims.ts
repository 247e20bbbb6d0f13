import { type Known, known } from '../engine/facts.ts';
import type { Subject } from '../engine/subject.ts';
import { claimOf, claimsOf, defaultClass, namedClass } from '../k8s/core/claims.ts';
import type { KubernetesObject, ObjectMeta } from '../k8s/object.ts';
import type { Claim, StorageClass, VolumeAttributesClass } from '../k8s/storage.ts';
import type { AttributedClaim, ClassedClaim, ResolvedClass } from '../storage/origins.ts';
import { listTyped, readTyped } from './typed.ts';
import type { World } from './world.ts';

const STORAGE_CLASS = { group: 'storage.k8s.io', kind: 'StorageClass' };
const ATTRIBUTES_CLASS = { group: 'storage.k8s.io', kind: 'VolumeAttributesClass' };
const CLAIM = { group: '', kind: 'PersistentVolumeClaim' };

/** The class of every claim that the subject is or makes. */
export function learnClaimClasses(
  { object, pod }: Subject,
  world: World,
  signal: AbortSignal,
): Known<readonly ClassedClaim[]> | Promise<Known<readonly ClassedClaim[]>> {
  const claims = claimsOf(object, pod);
  return claims.length === 0 ? known([]) : classesOf(claims, world, signal);
}

async function classesOf(
  claims: readonly Claim[],
  world: World,
  signal: AbortSignal,
): Promise<Known<readonly ClassedClaim[]>> {
  const classed: ClassedClaim[] = [];
  for (const claim of claims) {
    const resolved = await resolveClass(claim.metadata, claim.spec, world, signal);
    if (!resolved.known) return resolved;
    classed.push({ claim, class: resolved.value });
  }
  return known(classed);
}

/** The VolumeAttributesClass of every claim that names one. */
export function learnAttributesClasses(
  { object, pod }: Subject,
  world: World,
  signal: AbortSignal,
): Known<readonly AttributedClaim[]> | Promise<Known<readonly AttributedClaim[]>> {
  const claims = claimsOf(object, pod).filter(({ spec }) => spec.volumeAttributesClassName);
  return claims.length === 0 ? known([]) : attributesOf(claims, world, signal);
}

async function attributesOf(
  claims: readonly Claim[],
  world: World,
  signal: AbortSignal,
): Promise<Known<readonly AttributedClaim[]>> {
  const attributed: AttributedClaim[] = [];
  for (const claim of claims) {
    const name = claim.spec.volumeAttributesClassName ?? '';
    const found = await readTyped<VolumeAttributesClass>(world, ATTRIBUTES_CLASS, { namespace: '', name }, signal);
    if (!found.known) return found;
    attributed.push({ claim, name, attributesClass: found.value });
  }
  return known(attributed);
}

/** The class that a claim or a volume is made by. The API server fills in the default on CREATE of a claim, a template has none yet. */
export async function resolveClass(
  metadata: ObjectMeta | undefined,
  spec: { readonly storageClassName?: string | null } | undefined,
  world: World,
  signal: AbortSignal,
): Promise<Known<ResolvedClass>> {
  const name = namedClass(metadata, spec);
  if (name === '') return known({ name, byDefault: false, storageClass: undefined });
  if (name !== undefined) {
    const found = await readTyped<StorageClass>(world, STORAGE_CLASS, { namespace: '', name }, signal);
    return found.known ? known({ name, byDefault: false, storageClass: found.value }) : found;
  }
  const listed = await listTyped<StorageClass>(world, STORAGE_CLASS, '', signal);
  if (!listed.known) return listed;
  const storageClass = defaultClass(listed.value);
  return known({ name: storageClass?.metadata?.name, byDefault: true, storageClass });
}

/** Claims of the namespace that wait for a volume of the class that the subject is. */
export async function learnWaitingClaims(
  { object, namespace }: Subject,
  world: World,
  signal: AbortSignal,
): Promise<Known<readonly string[]>> {
  const listed = await listTyped<KubernetesObject>(world, CLAIM, namespace, signal);
  if (!listed.known) return listed;
  const name = object.metadata?.name;
  const waiting = listed.value
    .map(claimOf)
    .filter(({ metadata, spec }) => !spec.volumeName && namedClass(metadata, spec) === name);
  return known(waiting.map((claim) => claim.name).sort());
}

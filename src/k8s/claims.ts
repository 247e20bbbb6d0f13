import type { ClaimSpec } from './core/claim-shape.ts';
import { isKind, type ObjectOf } from './kinds.ts';
import type { KubernetesObject, ObjectMeta } from './object.ts';
import { type Pod, podOf } from './pod-template.ts';

/** A claim, or a template of claims, and its place in the object that carries it. */
export interface Claim {
  /** Field path before `metadata` and `spec`: '' for a claim, `spec.volumeClaimTemplates[0].` in a StatefulSet. */
  readonly base: string;
  /** For people: the name of the claim, of the template, or of the pod's volume. */
  readonly name: string;
  readonly metadata: ObjectMeta;
  readonly spec: ClaimSpec;
}

/** Names a class like `spec.storageClassName`, and wins over it wherever the key is there, even with an empty value. */
export const LEGACY_CLASS = 'volume.beta.kubernetes.io/storage-class';

/** The claims that an object is or makes. The object's shape has been checked (`shape-check.ts`). */
export function claimsOf(object: KubernetesObject, pod: Pod | undefined = podOf(object)): readonly Claim[] {
  if (isKind(object, 'PersistentVolumeClaim')) return [claimOf(object)];
  const templates = isKind(object, 'StatefulSet.apps') ? templatesOf(object) : [];
  return pod ? [...templates, ...ephemeralClaims(pod)] : templates;
}

/** A claim that is there. */
export function claimOf({ metadata, spec }: ObjectOf<'PersistentVolumeClaim'>): Claim {
  return { base: '', name: metadata?.name ?? '', metadata: metadata ?? {}, spec: spec ?? {} };
}

function templatesOf({ spec }: ObjectOf<'StatefulSet.apps'>): Claim[] {
  return (spec?.volumeClaimTemplates ?? []).map(({ metadata, spec: claim }, index) => ({
    base: `spec.volumeClaimTemplates[${index}].`,
    name: metadata?.name ?? '',
    metadata: metadata ?? {},
    spec: claim ?? {},
  }));
}

function ephemeralClaims({ base, spec }: Pod): Claim[] {
  return (spec.volumes ?? []).flatMap((volume, index) => {
    const template = volume.ephemeral?.volumeClaimTemplate;
    if (!volume.ephemeral) return [];
    return {
      base: `${base}spec.volumes[${index}].ephemeral.volumeClaimTemplate.`,
      name: volume.name ?? '',
      metadata: template?.metadata ?? {},
      spec: template?.spec ?? {},
    };
  });
}

/**
 * The class that a claim or a volume names: the legacy annotation wherever its key is there, else the field. Undefined:
 * none is named. The empty string: no class is wanted.
 */
export function namedClass(
  metadata: ObjectMeta | null | undefined,
  spec: { readonly storageClassName?: string | null } | null | undefined,
): string | undefined {
  const annotations = metadata?.annotations ?? {};
  if (Object.hasOwn(annotations, LEGACY_CLASS)) return annotations[LEGACY_CLASS] ?? '';
  return spec?.storageClassName ?? undefined;
}

/** Whether a class is marked as the cluster's default. */
export function isDefaultClass({ metadata }: KubernetesObject): boolean {
  const annotations = metadata?.annotations ?? {};
  return DEFAULT_MARKS.some((key) => Object.hasOwn(annotations, key) && annotations[key] === 'true');
}

/** The default of a cluster's classes, as the API server chooses it: the newest, then the first by name. */
export function defaultClass<T extends KubernetesObject>(classes: readonly T[]): T | undefined {
  return classes.filter(isDefaultClass).toSorted(byAgeAndName)[0];
}

const DEFAULT_MARKS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

function byAgeAndName({ metadata: a }: KubernetesObject, { metadata: b }: KubernetesObject): number {
  const age = (b?.creationTimestamp ?? '').localeCompare(a?.creationTimestamp ?? '');
  return age === 0 ? compare(a?.name ?? '', b?.name ?? '') : age;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

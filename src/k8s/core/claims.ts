import { groupOf, type KubernetesObject, type ObjectMeta } from '../object.ts';
import type { Claim, ClaimSpec } from '../storage.ts';
import { type Pod, podOf } from './pods.ts';

/** Names a class like `spec.storageClassName`, and wins over it wherever the key is there, even with an empty value. */
export const LEGACY_CLASS = 'volume.beta.kubernetes.io/storage-class';

/** The claims that an object is or makes. The object's shape has been checked (`shapes.ts`). */
export function claimsOf(object: KubernetesObject, pod: Pod | undefined = podOf(object)): readonly Claim[] {
  const group = groupOf(object.apiVersion);
  if (object.kind === 'PersistentVolumeClaim' && group === '') return [claimOf(object)];
  const templates = object.kind === 'StatefulSet' && group === 'apps' ? templatesOf(object) : [];
  return pod ? [...templates, ...ephemeralClaims(pod)] : templates;
}

/** A claim that is there. */
export function claimOf(object: KubernetesObject): Claim {
  const spec = (object['spec'] ?? {}) as ClaimSpec;
  return { base: '', name: object.metadata?.name ?? '', metadata: object.metadata ?? {}, spec };
}

function templatesOf(object: KubernetesObject): Claim[] {
  const { volumeClaimTemplates } = (object['spec'] ?? {}) as {
    volumeClaimTemplates?: readonly { metadata?: ObjectMeta; spec?: ClaimSpec }[] | null;
  };
  return (volumeClaimTemplates ?? []).map(({ metadata, spec }, index) => ({
    base: `spec.volumeClaimTemplates[${index}].`,
    name: metadata?.name ?? '',
    metadata: metadata ?? {},
    spec: spec ?? {},
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
  metadata: ObjectMeta | undefined,
  spec: { readonly storageClassName?: string | null } | null | undefined,
): string | undefined {
  const annotations = metadata?.annotations ?? {};
  if (Object.hasOwn(annotations, LEGACY_CLASS)) return annotations[LEGACY_CLASS] ?? '';
  return spec?.storageClassName ?? undefined;
}

/** The default of a cluster's classes, as the API server chooses it: the newest, then the first by name. */
export function defaultClass<T extends KubernetesObject>(classes: readonly T[]): T | undefined {
  const marked = classes.filter(({ metadata }) => DEFAULT_MARKS.some((key) => metadata?.annotations?.[key] === 'true'));
  return marked.toSorted(byAgeAndName)[0];
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

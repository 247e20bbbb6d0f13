import type { metadata, TypeOf } from './shape.ts';

/** A value as it arrives in JSON or YAML. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** A JSON object; read own properties only (`Object.hasOwn`), a label may be called `constructor`. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

/** metav1.ObjectMeta, the fields we read. */
export type ObjectMeta = TypeOf<typeof metadata>;

/** metav1.OwnerReference. Written by whoever creates the object: a claim, never a fact. */
export type OwnerReference = NonNullable<ObjectMeta['ownerReferences']>[number];

/** Any Kubernetes object, exactly as on the wire. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: ObjectMeta | null;
  readonly [field: string]: unknown;
}

/** Whether a parsed value is a JSON object (not null, not a list). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a parsed value carries the two fields that every Kubernetes object has. */
export function isKubernetesObject(value: unknown): value is KubernetesObject & JsonObject {
  return isJsonObject(value) && typeof value['apiVersion'] === 'string' && typeof value['kind'] === 'string';
}

/** The API group of an apiVersion; the core group is the empty string. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash === -1 ? '' : apiVersion.slice(0, slash);
}

/** The version in an apiVersion: `v1` of `apps/v1`. */
export function versionOf(apiVersion: string): string {
  return apiVersion.slice(apiVersion.indexOf('/') + 1);
}

/** `Kind namespace/name`, as messages and reports name an object. */
export function refOf(object: KubernetesObject, namespace?: string): string {
  const meta = object.metadata;
  const name = meta?.name || (meta?.generateName ? `${meta.generateName}*` : '(no name)');
  const space = meta?.namespace ?? namespace;
  return space ? `${object.kind} ${space}/${name}` : `${object.kind} ${name}`;
}

/** What stands at a path of fields, own properties only; undefined where nothing does. */
export function fieldAt(object: unknown, path: readonly string[]): unknown {
  let at: unknown = object;
  for (const field of path) at = isJsonObject(at) && Object.hasOwn(at, field) ? at[field] : undefined;
  return at;
}

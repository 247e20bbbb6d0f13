import { type Known, known, unknown } from '../engine/facts.ts';
import { isKubernetesObject, type KubernetesObject } from '../k8s/object.ts';
import { shapeErrors } from '../k8s/shapes.ts';
import { type KindName, readObject, type World } from './world.ts';

/**
 * One object by its name, its fields of the types that we expect. An API server sends no others; files may, and what
 * cannot be read is unknown.
 */
export async function readTyped<T extends KubernetesObject>(
  world: World,
  kind: KindName,
  at: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<Known<T | undefined>> {
  const found = await readObject(world, kind, at, signal);
  if (!found.known || !found.value) return found as Known<undefined>;
  if (!isKubernetesObject(found.value)) return unknown(`${kind.kind} ${at.name} has no apiVersion and kind`);
  const [error] = shapeErrors(found.value);
  if (error) return unknown(`${kind.kind} ${at.name} cannot be read: ${error.path} is ${error.found}`);
  return known(found.value as KubernetesObject as T);
}

/** All objects of a kind, in the same way. */
export async function listTyped<T extends KubernetesObject>(
  world: World,
  kind: KindName,
  namespace: string,
  signal: AbortSignal,
): Promise<Known<readonly T[]>> {
  const listed = await world.list(kind, namespace, signal);
  if (!listed.known) return listed;
  const objects = listed.value.filter(isKubernetesObject);
  const errors = objects.flatMap(shapeErrors);
  return errors[0]
    ? unknown(`a ${kind.kind} cannot be read: ${errors[0].path} is ${errors[0].found}`)
    : known(objects as readonly KubernetesObject[] as readonly T[]);
}

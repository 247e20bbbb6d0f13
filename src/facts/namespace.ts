import { type Known, known, unknown } from '../engine/facts.ts';
import type { Subject } from '../engine/subject.ts';
import type { JsonObject } from '../k8s/object.ts';
import { readObject, type World } from './world.ts';

const NAMESPACE = { group: '', kind: 'Namespace' };

/** The Namespace object that the subject stands in, as the API server holds it. */
export async function learnNamespace(subject: Subject, world: World, signal: AbortSignal): Promise<Known<JsonObject>> {
  const found = await readObject(world, NAMESPACE, { namespace: '', name: subject.namespace }, signal);
  if (!found.known) return found;
  return found.value ? known(found.value) : unknown(`Namespace ${subject.namespace} is not there`);
}

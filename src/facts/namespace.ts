import { type Known, known, unknown } from '../engine/facts.ts';
import type { Subject } from '../engine/subject.ts';
import { isJsonObject, type JsonObject } from '../k8s/object.ts';
import type { World } from './world.ts';

const NAMESPACE = { group: '', kind: 'Namespace' };

/** The Namespace object that the subject stands in, as the API server holds it. */
export async function learnNamespace(subject: Subject, world: World, signal: AbortSignal): Promise<Known<JsonObject>> {
  const listed = await world.list(NAMESPACE, '', signal);
  if (!listed.known) return listed;
  const found = listed.value.find(({ metadata }) => isJsonObject(metadata) && metadata['name'] === subject.namespace);
  if (found) return known(found);
  // A pod may follow its namespace faster than the watch does.
  const live = await world.readLive?.(NAMESPACE, '', subject.namespace, signal);
  if (live && !live.known) return live;
  return live?.value ? known(live.value) : unknown(`Namespace ${subject.namespace} is not there`);
}

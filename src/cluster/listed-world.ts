import type { Known } from '../engine/fact.ts';
import type { World } from '../facts/ports.ts';
import type { JsonObject } from '../k8s/object.ts';
import type { KubeClient } from './client.ts';
import { createLiveObjects } from './live-objects.ts';

/**
 * A world that asks the API server once for each list and keeps the answer: one look at a cluster, without watches.
 * Its lists are as live as that look is.
 */
export function createListedWorld(client: KubeClient): World {
  const objects = createLiveObjects(client);
  const listed = new Map<string, Promise<Known<readonly JsonObject[]>>>();

  const list: World['list'] = (kind, namespace, signal) => {
    const key = `${kind} ${namespace}`;
    const answer = listed.get(key) ?? objects.list(kind, namespace, signal);
    listed.set(key, answer);
    return answer;
  };

  return {
    list,
    async read(kind, namespace, name, signal) {
      const all = await list(kind, namespace, signal);
      if (!all.known) return all;
      const value = all.value.find(({ metadata }) => (metadata as JsonObject | undefined)?.['name'] === name);
      // It may have come since.
      return value ? { known: true, value } : objects.read(kind, namespace, name, signal);
    },
    live: { list, read: objects.read },
  };
}

import { type Known, known, unknown } from '../engine/fact.ts';
import type { ObjectSource } from '../facts/ports.ts';
import { type KindName, kindNamed } from '../k8s/kinds.ts';
import type { JsonObject } from '../k8s/object.ts';
import type { KubeClient } from './client.ts';
import { listIfServed, readIfServed } from './optional-kinds.ts';

/** The API server itself: what it holds at the moment of the question. */
export function createLiveObjects(client: KubeClient): ObjectSource {
  return {
    async list(kind, namespace, signal): Promise<Known<readonly JsonObject[]>> {
      const row = kindNamed(kind);
      const objects: JsonObject[] = [];
      try {
        for await (const page of listIfServed(client, row, { namespace, optional: row.optional ?? false }, signal)) {
          objects.push(...page.items);
        }
      } catch (error) {
        return unknown(`${row.plural}${inside(namespace)} cannot be listed: ${reasonOf(error)}`);
      }
      return known(objects);
    },

    async read(kind, namespace, name, signal): Promise<Known<JsonObject | undefined>> {
      const row = kindNamed(kind);
      try {
        const options = { namespace, name, optional: row.optional ?? false };
        const object = await readIfServed(client, row, options, signal);
        return known(object && { ...object, apiVersion: apiVersionOf(kind), kind: row.kind });
      } catch (error) {
        return unknown(`${row.kind} ${name}${inside(namespace)} cannot be read: ${reasonOf(error)}`);
      }
    },
  };
}

/**
 * The same for many who ask at once: who asks for what is being read already waits for the next reading, which begins
 * after the question, and shares it. A burst of refusals costs two readings of a kind, and not one each.
 * @param ending ends all readings; each caller's own time is the caller's to keep
 */
export function shareReadings(source: ObjectSource, ending: AbortSignal): ObjectSource {
  const share = createSharing();
  return {
    list: (kind, namespace, signal) =>
      inTime(
        share(`${kind} ${namespace}`, () => source.list(kind, namespace, ending)),
        signal,
      ),
    read: (kind, namespace, name, signal) =>
      inTime(
        share(`${kind} ${namespace}/${name}`, () => source.read(kind, namespace, name, ending)),
        signal,
      ),
  };
}

/** A reading goes on for the others who wait for it; who has no time left waits no longer. */
async function inTime<T>(reading: Promise<Known<T>>, signal: AbortSignal): Promise<Known<T>> {
  const late = Promise.withResolvers<Known<T>>();
  const giveUp = (): void => late.resolve(unknown('there was no time left to read it'));
  signal.addEventListener('abort', giveUp, { once: true });
  if (signal.aborted) giveUp();
  try {
    return await Promise.race([reading, late.promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

function createSharing(): <T>(key: string, start: () => Promise<T>) => Promise<T> {
  const running = new Map<string, Promise<unknown>>();
  const waiting = new Map<string, Promise<unknown>>();

  function begin<T>(key: string, start: () => Promise<T>): Promise<T> {
    const work = start().finally(() => running.delete(key));
    running.set(key, work);
    return work;
  }

  return <T>(key: string, start: () => Promise<T>): Promise<T> => {
    const current = running.get(key);
    if (!current) return begin(key, start);
    const next =
      waiting.get(key) ??
      current
        .catch(() => undefined)
        .then(() => {
          waiting.delete(key);
          return begin(key, start);
        });
    waiting.set(key, next);
    return next as Promise<T>;
  };
}

function apiVersionOf(kind: KindName): string {
  const { group, version } = kindNamed(kind);
  return group === '' ? version : `${group}/${version}`;
}

function inside(namespace: string): string {
  return namespace === '' ? '' : ` in ${namespace}`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import type { Known } from '../engine/facts.ts';
import { isJsonObject, type JsonObject } from '../k8s/object.ts';

/** Where facts come from: a cluster, or the files that were given. One port, so that every face asks in one way. */
export interface World {
  /**
   * All objects of a kind in a namespace (the empty string: cluster-scoped). What cannot be told is unknown with a
   * reason, never an empty list.
   */
  list(kind: KindName, namespace: string, signal: AbortSignal): Promise<Known<readonly JsonObject[]>>;

  /**
   * One object by its name; undefined where it is known not to be there. A world that leaves it out is asked for the
   * whole list.
   */
  read?(kind: KindName, namespace: string, name: string, signal: AbortSignal): Promise<Known<JsonObject | undefined>>;

  /**
   * One object as it is at this moment, past every cache; undefined where it is not there. For what rests on another
   * object that may have come just now. A world that does not change (files) leaves it out: its `list` is as good.
   */
  readLive?(
    kind: KindName,
    namespace: string,
    name: string,
    signal: AbortSignal,
  ): Promise<Known<JsonObject | undefined>>;
}

/** One object, from memory where it is there; what memory lacks may have come just now, and is looked for live. */
export async function readObject(
  world: World,
  kind: KindName,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<Known<JsonObject | undefined>> {
  const found = world.read
    ? await world.read(kind, namespace, name, signal)
    : namedIn(await world.list(kind, namespace, signal), name);
  if (!found.known || found.value || !world.readLive) return found;
  return world.readLive(kind, namespace, name, signal);
}

function namedIn(listed: Known<readonly JsonObject[]>, wanted: string): Known<JsonObject | undefined> {
  if (!listed.known) return listed;
  const found = listed.value.find(({ metadata }) => isJsonObject(metadata) && metadata['name'] === wanted);
  return { known: true, value: found };
}

/** The same world past its memory, for an answer that would refuse because of another object, or lets a volume in. */
export function liveView(world: World): World {
  const { readLive } = world;
  if (!readLive) return world;
  const live: World['read'] = (kind, namespace, name, signal) => readLive.call(world, kind, namespace, name, signal);
  return { list: (...asked) => world.list(...asked), read: live, readLive: live };
}

/** A kind that facts are learnt from. */
export interface KindName {
  readonly group: string;
  readonly kind: string;
}

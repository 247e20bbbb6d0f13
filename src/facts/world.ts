import type { Known } from '../engine/facts.ts';
import type { JsonObject } from '../k8s/object.ts';

/** Where facts come from: a cluster, or the files that were given. One port, so that every face asks in one way. */
export interface World {
  /**
   * All objects of a kind in a namespace (the empty string: cluster-scoped). What cannot be told is unknown with a
   * reason, never an empty list.
   */
  list(kind: KindName, namespace: string, signal: AbortSignal): Promise<Known<readonly JsonObject[]>>;

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

/** A kind that facts are learnt from. */
export interface KindName {
  readonly group: string;
  readonly kind: string;
}

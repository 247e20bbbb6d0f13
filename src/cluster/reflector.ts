import { type Known, known, unknown } from '../engine/fact.ts';
import { isJsonObject, type JsonObject } from '../k8s/object.ts';
import { type Clock, REAL_CLOCK } from '../runtime/clock.ts';
import type { KubeClient } from './client.ts';
import { FirstSeenVersions, isLaterVersion } from './first-seen.ts';
import { listIfServed } from './optional-kinds.ts';
import { KubeError, type Resource, refusal, type WatchEvent } from './wire.ts';

/** How often a reflector and its API server hear of each other. Milliseconds unless it says seconds. */
export interface ReflectorTiming {
  /**
   * The server is asked to end each watch after this many seconds, and up to half as many more, so that not all
   * replicas come back at once. It sends a bookmark every minute and one shortly before the end.
   */
  readonly watchSeconds: number;
  /** A watch that goes on for so much longer than it was asked to is a dead connection. */
  readonly graceMs: number;
  /**
   * The content counts as unknown when the last sign of life is older. Three minutes: a connection that died without
   * a word is noticed after 100 s at the latest, which leaves time for several fresh attempts; and nothing is admitted
   * on what was true longer ago.
   */
  readonly staleMs: number;
  readonly firstBackoffMs: number;
  readonly longestBackoffMs: number;
  /** How often a kind that the cluster does not have is looked for. */
  readonly absentMs: number;
}

const TIMING: ReflectorTiming = {
  watchSeconds: 60,
  graceMs: 10_000,
  staleMs: 180_000,
  firstBackoffMs: 250,
  longestBackoffMs: 10_000,
  absentMs: 30_000,
};

/** What a reflector tells while it works, for logs and metrics. */
interface ReflectorHooks {
  /** A complete list replaced the content. */
  readonly onList?: (objects: number) => void;
  /** Something failed and will be tried again. */
  readonly onError?: (reason: string) => void;
}

export interface ReflectorOptions {
  readonly client: KubeClient;
  readonly resource: Resource;
  /** Empty or left out: the whole cluster. */
  readonly namespace?: string;
  /** The kind comes with a CRD: a cluster that lacks it has no objects of it. */
  readonly optional?: boolean;
  /** What is kept of an object; `metadata.managedFields` never is. */
  readonly project?: (object: JsonObject) => JsonObject;
  readonly timing?: Partial<ReflectorTiming>;
  readonly clock?: Clock;
  readonly hooks?: ReflectorHooks;
}

type Content = Map<string, Map<string, JsonObject>>;

/**
 * All objects of one kind as JSON from the wire, kept current by a list and a watch. It says `unknown` until the first
 * list is complete, and again when the API server was not heard of for too long; it never says `empty` instead.
 *
 * A sign of life is something that the API server can only know from its storage: a list, an event, or a bookmark
 * whose resourceVersion moved on. A watch that merely stays open, or is ended in good order, is none: an API server
 * that lost its storage keeps serving watches from memory. So a watch that ended, in whatever way, without a sign of
 * life is followed by a new list, and one that showed life is resumed where it was.
 */
export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #timing: ReflectorTiming;
  readonly #clock: Clock;
  readonly #firstSync = Promise.withResolvers<void>();
  /** Since when its objects have been there. */
  readonly firstSeen = new FirstSeenVersions();
  #content: Content = new Map();
  /** Where to watch from; undefined: a list is due. */
  #version: string | undefined;
  #lastContact: number | undefined;
  #lastError: string | undefined;
  #failures = 0;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#timing = { ...TIMING, ...options.timing };
    this.#clock = options.clock ?? REAL_CLOCK;
  }

  /** Whether a first list was complete. */
  get synced(): boolean {
    return this.#lastContact !== undefined;
  }

  /** Resolves when a first list is complete. */
  whenSynced(): Promise<void> {
    return this.#firstSync.promise;
  }

  /** Milliseconds since the last sign of life; undefined before the first. */
  contactAgeMs(): number | undefined {
    return this.#lastContact === undefined ? undefined : this.#clock.now() - this.#lastContact;
  }

  /** The objects of a namespace; the empty string stands for those that are in none. */
  list(namespace: string): Known<readonly JsonObject[]> {
    return this.#trouble() ?? known([...(this.#content.get(namespace)?.values() ?? [])]);
  }

  /** One of them; undefined where there is none of that name. */
  read(namespace: string, name: string): Known<JsonObject | undefined> {
    return this.#trouble() ?? known(this.#content.get(namespace)?.get(name));
  }

  /** Why nothing can be told now; undefined where it can. */
  #trouble(): Known<never> | undefined {
    const { plural } = this.#options.resource;
    const because = this.#lastError === undefined ? '' : ` (${this.#lastError})`;
    const age = this.contactAgeMs();
    if (age === undefined) return unknown(`${plural} have not been listed yet${because}`);
    if (age > this.#timing.staleMs) {
      return unknown(`nothing was heard of ${plural} for ${Math.round(age / 1000)} s${because}`);
    }
    return undefined;
  }

  /** Lists and watches until the signal fires; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#version === undefined && !(await this.#relist(signal))) {
          const { absentMs } = this.#timing;
          await this.#clock.sleep(absentMs * (0.75 + this.#clock.random() / 2), signal);
          continue;
        }
        await this.#watch(signal);
      } catch (error) {
        if (signal.aborted) return;
        await this.#backOff(error, signal);
      }
    }
  }

  /** Replaces the content, or reports that the cluster does not have the kind. What is there stays until then. */
  async #relist(signal: AbortSignal): Promise<boolean> {
    const { client, resource, namespace = '', optional = false, hooks } = this.#options;
    const asked = this.#clock.now();
    const content: Content = new Map();
    const uids = new Set<string>();
    let version: string | undefined;
    let count = 0;
    for await (const page of listIfServed(client, resource, { namespace, optional }, signal)) {
      for (const item of page.items) {
        this.#put(content, item);
        const { uid, resourceVersion } = identityOf(item);
        uids.add(uid);
        this.firstSeen.found(uid, resourceVersion);
      }
      count += page.items.length;
      version = page.resourceVersion;
    }
    this.#content = content;
    this.firstSeen.keep(uids);
    this.#version = version;
    this.#alive(asked);
    hooks?.onList?.(count);
    return version !== undefined;
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { client, resource, namespace = '' } = this.#options;
    const timeoutSeconds = Math.round(this.#timing.watchSeconds * (1 + this.#clock.random() / 2));
    const from = this.#version ?? '';
    const opened = this.#clock.now();
    let alive = false;
    try {
      const deadlineMs = timeoutSeconds * 1000 + this.#timing.graceMs;
      const options = { resourceVersion: from, timeoutSeconds, deadlineMs };
      for await (const event of client.watch(resource, namespace, options, signal)) {
        if (this.#take(event)) {
          alive = true;
          this.#failures = 0;
          this.#alive(this.#clock.now());
        }
      }
    } catch (error) {
      // What the API server itself refused (410 Gone above all) it would refuse again.
      if (!alive || (error instanceof KubeError && error.status !== undefined)) this.#version = undefined;
      throw error;
    }
    if (!alive) this.#version = undefined;
    const lasted = this.#clock.now() - opened;
    if (lasted < (timeoutSeconds * 1000) / 2) throw new KubeError('the watch was ended early');
    this.#failures = 0;
  }

  /** Takes an event in; whether it is a sign of life. */
  #take({ type, object }: WatchEvent): boolean {
    if (type === 'ERROR') {
      const code = object['code'];
      throw refusal(typeof code === 'number' ? code : 500, object);
    }
    const { metadata } = object;
    const version = isJsonObject(metadata) ? metadata['resourceVersion'] : undefined;
    if (typeof version !== 'string') throw new KubeError('the watch sent an event without a resourceVersion');
    if (type === 'BOOKMARK') {
      const moved = isLaterVersion(version, this.#version ?? '');
      if (moved) this.#version = version;
      return moved;
    }
    if (type === 'DELETED') this.#remove(object);
    else this.#put(this.#content, object);
    const { uid } = identityOf(object);
    if (type === 'ADDED') this.firstSeen.added(uid, version);
    else if (type === 'MODIFIED') this.firstSeen.found(uid, version);
    else this.firstSeen.removed(uid);
    this.#version = version;
    return true;
  }

  #put(content: Content, object: JsonObject): void {
    const [namespace, name] = keyOf(object);
    const slim = withoutManagedFields(object);
    const kept = this.#options.project?.(slim) ?? slim;
    const names = content.get(namespace);
    if (names) names.set(name, kept);
    else content.set(namespace, new Map([[name, kept]]));
  }

  #remove(object: JsonObject): void {
    const [namespace, name] = keyOf(object);
    const names = this.#content.get(namespace);
    names?.delete(name);
    if (names?.size === 0) this.#content.delete(namespace);
  }

  #alive(at: number): void {
    this.#lastContact = at;
    this.#lastError = undefined;
    this.#firstSync.resolve();
  }

  async #backOff(error: unknown, signal: AbortSignal): Promise<void> {
    const { firstBackoffMs, longestBackoffMs } = this.#timing;
    // A list replaces what is gone; that is how watches go, not a failure.
    if (!(error instanceof KubeError && error.status === 410)) {
      this.#lastError = error instanceof Error ? error.message : String(error);
      this.#options.hooks?.onError?.(this.#lastError);
    }
    const delay = Math.min(longestBackoffMs, firstBackoffMs * 2 ** this.#failures);
    this.#failures += 1;
    await this.#clock.sleep(delay * (0.5 + this.#clock.random() / 2), signal);
  }
}

function identityOf({ metadata }: JsonObject): { readonly uid: string; readonly resourceVersion: string } {
  const { uid, resourceVersion } = isJsonObject(metadata) ? metadata : {};
  return { uid: String(uid ?? ''), resourceVersion: String(resourceVersion ?? '') };
}

function keyOf({ metadata }: JsonObject): readonly [string, string] {
  const { namespace, name } = isJsonObject(metadata) ? metadata : {};
  if (typeof name !== 'string' || name === '') throw new KubeError('the API server sent an object without a name');
  return [typeof namespace === 'string' ? namespace : '', name];
}

/** Who wrote which field: half of an object's size, and nobody here reads it. */
function withoutManagedFields(object: JsonObject): JsonObject {
  if (!isJsonObject(object['metadata'])) return object;
  const { managedFields: _, ...metadata } = object['metadata'];
  return { ...object, metadata };
}

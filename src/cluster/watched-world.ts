import { unknown } from '../engine/fact.ts';
import { factNamed } from '../facts/index.ts';
import type { ObjectKey, World } from '../facts/ports.ts';
import { KINDS, type Kind, type KindName, kindNamed } from '../k8s/kinds.ts';
import { onlyRead } from '../k8s/projection.ts';
import type { Policy } from '../rules/define.ts';
import type { Clock } from '../runtime/clock.ts';
import type { KubeClient } from './client.ts';
import { wasFirst } from './first-seen.ts';
import { createLiveObjects, shareReadings } from './live-objects.ts';
import { Reflector, type ReflectorTiming } from './reflector.ts';

/** What the watches tell of themselves, by the plural of their kind. */
interface WorldHooks {
  readonly onList?: (plural: string, objects: number) => void;
  readonly onError?: (plural: string, reason: string) => void;
}

export interface WatchedWorldOptions {
  readonly client: KubeClient;
  /** Ends all watches. */
  readonly signal: AbortSignal;
  readonly hooks?: WorldHooks;
  readonly timing?: Partial<ReflectorTiming>;
  readonly clock?: Clock;
}

/** A cluster, kept in memory by watches on what the active rules need. */
export interface WatchedWorld extends Required<World> {
  /** Watches what the rules of these policies need, by protected namespace, and no longer what none of them does. */
  follow(policies: ReadonlyMap<string, Policy>): void;
  /** Whether every watch has had its first complete list. */
  ready(): boolean;
  /** Resolves when that is so. */
  whenReady(): Promise<void>;
  /** Seconds since the last sign of life, by the plural of the kind; the longest where there are several watches. */
  contactAges(): ReadonlyMap<string, number>;
}

interface Watch {
  readonly kind: Kind;
  readonly reflector: Reflector;
  readonly stop: AbortController;
}

/** Watched whatever the rules need: it tells whether there is anything to protect. */
const ALWAYS_WATCHED: KindName = 'Namespace';

/** How long a watch may take to report what the API server has just answered with. */
const WATCH_LAG_MS = 1000;

/** A world over the API server. It says `unknown` for whatever it does not watch, or has not heard of for too long. */
export function createWatchedWorld(options: WatchedWorldOptions): WatchedWorld {
  const { client, signal, hooks } = options;
  const watches = new Map<string, Watch>();
  const live = shareReadings(createLiveObjects(client), signal);

  function start(kind: Kind, namespace: string): Watch {
    const stop = new AbortController();
    const reflector = new Reflector({
      client,
      resource: kind,
      namespace,
      optional: kind.optional ?? false,
      project: (object) => onlyRead(object, kind),
      ...(options.timing && { timing: options.timing }),
      ...(options.clock && { clock: options.clock }),
      hooks: {
        onList: (objects) => hooks?.onList?.(kind.plural, objects),
        onError: (reason) => hooks?.onError?.(kind.plural, reason),
      },
    });
    const abort = (): void => stop.abort();
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    void reflector.run(stop.signal).finally(() => signal.removeEventListener('abort', abort));
    return { kind, reflector, stop };
  }

  function watchOf(kind: KindName, namespace: string): Watch | undefined {
    return watches.get(keyOf(kind, namespace)) ?? watches.get(keyOf(kind, ''));
  }

  /** When an object was first seen; what was made just now may take the watch a moment. */
  async function firstSeen({ kind, namespace, uid }: ObjectKey, patience: AbortSignal) {
    const reflector = watchOf(kind, namespace)?.reflector;
    if (!reflector?.synced) return undefined;
    let seen = reflector.firstSeen.of(uid);
    while (!seen && !patience.aborted) {
      await reflector.firstSeen.nextChange(patience);
      seen = reflector.firstSeen.of(uid);
    }
    return seen;
  }

  return {
    follow(policies) {
      const wanted = new Map(
        KINDS.flatMap((kind) =>
          scopesOf(kind, policies).map((namespace) => [keyOf(kind.name, namespace), { kind, namespace }]),
        ),
      );
      for (const [key, watch] of watches) {
        if (wanted.has(key)) continue;
        watch.stop.abort();
        watches.delete(key);
      }
      for (const [key, { kind, namespace }] of wanted) {
        if (!watches.has(key)) watches.set(key, start(kind, namespace));
      }
    },

    ready: () => [...watches.values()].every(({ reflector }) => reflector.synced),

    async whenReady() {
      await Promise.all([...watches.values()].map(({ reflector }) => reflector.whenSynced()));
    },

    contactAges() {
      const ages = new Map<string, number>();
      for (const { kind, reflector } of watches.values()) {
        const age = reflector.contactAgeMs();
        if (age !== undefined) ages.set(kind.plural, Math.max(ages.get(kind.plural) ?? 0, age / 1000));
      }
      return ages;
    },

    async list(kind, namespace) {
      return (
        watchOf(kind, namespace)?.reflector.list(namespace) ??
        unknown(`${kindNamed(kind).kind} is not watched${namespace === '' ? '' : ` in ${namespace}`}`)
      );
    },

    // What is not watched, or not there, may be at the API server.
    async read(kind, namespace, name, deadline) {
      const found = watchOf(kind, namespace)?.reflector.read(namespace, name);
      if (found && (!found.known || found.value)) return found;
      return live.read(kind, namespace, name, deadline);
    },

    live,

    async madeBefore(earlier, later, deadline) {
      const patience = AbortSignal.any([deadline, AbortSignal.timeout(WATCH_LAG_MS)]);
      const [first, second] = await Promise.all([firstSeen(earlier, patience), firstSeen(later, patience)]);
      return wasFirst(first, second);
    },
  };
}

/** Where a kind is watched: nowhere, in the whole cluster (the empty string), or in each of these namespaces. */
function scopesOf(kind: Kind, policies: ReadonlyMap<string, Policy>): string[] {
  if (kind.name === ALWAYS_WATCHED) return policies.size > 0 ? [''] : [];
  const needing = [...policies].filter(([, { rules }]) =>
    rules.some(({ rule }) => rule.needs.some((fact) => factNamed(fact).watched.includes(kind.name))),
  );
  if (needing.length === 0) return [];
  return kind.namespaced ? needing.map(([namespace]) => namespace) : [''];
}

function keyOf(kind: KindName, namespace: string): string {
  return `${kind} ${namespace}`;
}

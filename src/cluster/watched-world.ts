import { type FactName, type Known, known, unknown } from '../engine/facts.ts';
import type { Policy } from '../engine/policy.ts';
import { FACT_KINDS, type FactKind } from '../facts/kinds.ts';
import type { KindName, World } from '../facts/world.ts';
import type { JsonObject } from '../k8s/object.ts';
import type { Clock } from '../runtime/clock.ts';
import type { KubeClient } from './client.ts';
import { listIfServed, readIfServed } from './optional-kinds.ts';
import { Reflector, type ReflectorTiming } from './reflector.ts';

/** What the watches tell of themselves, by the plural of their kind. */
interface WorldHooks {
  readonly onList?: (plural: string, objects: number) => void;
  readonly onError?: (plural: string, reason: string) => void;
}

export interface LiveWorldOptions {
  readonly client: KubeClient;
  /** Ends all watches. */
  readonly signal: AbortSignal;
  readonly hooks?: WorldHooks;
  readonly timing?: Partial<ReflectorTiming>;
  readonly clock?: Clock;
  /** The kinds that there are to watch; others only in tests. */
  readonly kinds?: readonly FactKind[];
}

/** A cluster, kept in memory by watches on what the active rules need. */
export interface LiveWorld extends Required<World> {
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
  readonly row: FactKind;
  readonly reflector: Reflector;
  readonly stop: AbortController;
}

/** A world over the API server. It says `unknown` for whatever it does not watch, or has not heard of for too long. */
export function createLiveWorld(options: LiveWorldOptions): LiveWorld {
  const { client, signal, hooks, kinds = FACT_KINDS } = options;
  const watches = new Map<string, Watch>();

  function start(row: FactKind, namespace: string): Watch {
    const stop = new AbortController();
    const reflector = new Reflector({
      client,
      resource: row,
      namespace,
      optional: row.optional,
      ...(options.timing && { timing: options.timing }),
      ...(options.clock && { clock: options.clock }),
      hooks: {
        onList: (objects) => hooks?.onList?.(row.plural, objects),
        onError: (reason) => hooks?.onError?.(row.plural, reason),
      },
    });
    const abort = (): void => stop.abort();
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    void reflector.run(stop.signal).finally(() => signal.removeEventListener('abort', abort));
    return { row, reflector, stop };
  }

  function watchOf(kind: KindName, namespace: string): Watch | undefined {
    return watches.get(keyOf(kind, namespace)) ?? watches.get(keyOf(kind, ''));
  }

  return {
    follow(policies) {
      const wanted = new Map(
        kinds.flatMap((row) => scopesOf(row, policies).map((namespace) => [keyOf(row, namespace), { row, namespace }])),
      );
      for (const [key, watch] of watches) {
        if (wanted.has(key)) continue;
        watch.stop.abort();
        watches.delete(key);
      }
      for (const [key, { row, namespace }] of wanted) {
        if (!watches.has(key)) watches.set(key, start(row, namespace));
      }
    },

    ready: () => [...watches.values()].every(({ reflector }) => reflector.synced),

    async whenReady() {
      await Promise.all([...watches.values()].map(({ reflector }) => reflector.whenSynced()));
    },

    contactAges() {
      const ages = new Map<string, number>();
      for (const { row, reflector } of watches.values()) {
        const age = reflector.contactAgeMs();
        if (age !== undefined) ages.set(row.plural, Math.max(ages.get(row.plural) ?? 0, age / 1000));
      }
      return ages;
    },

    async list(kind, namespace) {
      return (
        watchOf(kind, namespace)?.reflector.list(namespace) ??
        unknown(`${kind.kind} is not watched${inside(namespace)}`)
      );
    },

    // What is not watched is read from the API server, each time.
    async read(kind, namespace, name, deadline) {
      const watch = watchOf(kind, namespace);
      return watch?.reflector.read(namespace, name) ?? this.readLive(kind, namespace, name, deadline);
    },

    readLive: (kind, namespace, name, deadline) => readLive(client, rowOf(kind, kinds), namespace, name, deadline),
  };
}

/**
 * A world that asks the API server once for each thing and keeps the answer: one look at a cluster, without watches.
 */
export function createListedWorld(client: KubeClient, kinds: readonly FactKind[] = FACT_KINDS): World {
  const listed = new Map<string, Promise<Known<readonly JsonObject[]>>>();
  return {
    list(kind, namespace, signal) {
      const key = keyOf(kind, namespace);
      const answer = listed.get(key) ?? listOnce(client, rowOf(kind, kinds), namespace, signal);
      listed.set(key, answer);
      return answer;
    },
    readLive: (kind, namespace, name, signal) => readLive(client, rowOf(kind, kinds), namespace, name, signal),
  };
}

/** Where a kind is watched: nowhere, in the whole cluster (the empty string), or in each of these namespaces. */
function scopesOf(row: FactKind, policies: ReadonlyMap<string, Policy>): string[] {
  const needing = [...policies].filter(([, { rules }]) =>
    rules.some(({ rule }) => rule.needs.some((fact: FactName) => row.facts.includes(fact))),
  );
  if (row.always) return policies.size > 0 ? [''] : [];
  if (needing.length === 0 || row.watched === 'nowhere') return [];
  return row.namespaced && row.watched === 'protected namespaces' ? needing.map(([namespace]) => namespace) : [''];
}

async function listOnce(
  client: KubeClient,
  row: FactKind | undefined,
  namespace: string,
  signal: AbortSignal,
): Promise<Known<readonly JsonObject[]>> {
  if (!row) return NOTHING_LEARNT;
  const { optional } = row;
  const objects: JsonObject[] = [];
  try {
    for await (const page of listIfServed(client, row, { namespace, optional }, signal)) objects.push(...page.items);
  } catch (error) {
    return unknown(`${row.plural}${inside(namespace)} cannot be listed: ${reasonOf(error)}`);
  }
  return known(objects);
}

async function readLive(
  client: KubeClient,
  row: FactKind | undefined,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<Known<JsonObject | undefined>> {
  if (!row) return NOTHING_LEARNT;
  try {
    return known(await readIfServed(client, row, { namespace, name, optional: row.optional }, signal));
  } catch (error) {
    return unknown(`${row.kind} ${name}${inside(namespace)} cannot be read: ${reasonOf(error)}`);
  }
}

const NOTHING_LEARNT = unknown('nothing is learnt from this kind');

function rowOf(kind: KindName, kinds: readonly FactKind[]): FactKind | undefined {
  return kinds.find((row) => row.group === kind.group && row.kind === kind.kind);
}

function keyOf({ group, kind }: KindName, namespace: string): string {
  return `${group}/${kind}/${namespace}`;
}

function inside(namespace: string): string {
  return namespace === '' ? '' : ` in ${namespace}`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import { type Fact, type Known, unknown } from '../engine/fact.ts';
import type { Subject } from '../engine/subject.ts';
import { isKind, type KindName, kindNamed, kindOf, type ObjectOf } from '../k8s/kinds.ts';
import { isKubernetesObject, type JsonObject, type KubernetesObject } from '../k8s/object.ts';
import { shapeErrors } from '../k8s/shape-check.ts';
import type { NamespaceSettings } from '../settings.ts';
import type { ObjectKey, ObjectSource, Ports, World } from './ports.ts';

/** Reads objects of the kinds that a fact declares, and of no others: what it forgets to declare does not compile. */
export interface ObjectReader<K extends KindName> {
  /** Whether what is read live is so: files do not change, and a cluster that is not there tells nothing. */
  readonly hasLive: boolean;
  /** One object by its name, its fields of the types that we expect; undefined where it is known not to be there. */
  read<N extends K>(kind: N, namespace: string, name: string): Promise<Known<ObjectOf<N> | undefined>>;
  /** All objects of a kind in a namespace, in the same way; the empty string stands for those that are in none. */
  list<N extends K>(kind: N, namespace: string): Promise<Known<readonly ObjectOf<N>[]>>;
  /**
   * Whether one object was there before another was made, by their creationTimestamps, or where those are of one second
   * as watches saw it. False where nothing tells.
   */
  isOlder<N extends K, M extends K>(earlier: ObjectOf<N>, later: ObjectOf<M>): Promise<boolean>;
}

/** What a fact is learnt from. */
export interface FactContext<K extends KindName> {
  readonly subject: Subject;
  readonly settings: NamespaceSettings;
  readonly objects: ObjectReader<K>;
  readonly ports: Ports;
  readonly signal: AbortSignal;
}

interface FactDefinition<Name extends string, T, W extends KindName, L extends KindName> {
  readonly name: Name;
  readonly title: string;
  readonly watched?: readonly W[];
  readonly live?: readonly L[];
  readonly remembers?: boolean;
  readonly lazy?: boolean;
  readonly learn: (context: FactContext<W | L>) => Known<T> | Promise<Known<T>>;
}

/**
 * A fact: its name, what it is read of and how fresh that has to be, and how it is learnt. Watches, the RBAC of the
 * program, the second look before a refusal, fixtures that declare it unknown, and the pages follow.
 */
export function defineFact<
  const Name extends string,
  T,
  const W extends KindName = never,
  const L extends KindName = never,
>(definition: FactDefinition<Name, T, W, L>): Fact<Name, T, NamespaceSettings, Ports> {
  const { name, title, watched = [], live = [], remembers = false, lazy = false, learn } = definition;
  return {
    name,
    title,
    watched,
    live,
    remembers,
    lazy,
    learn: ({ subject, settings, ports, signal }) =>
      learn({ subject, settings, ports, signal, objects: readerOf(ports.cluster, live, signal) }),
  };
}

function readerOf<K extends KindName>(world: World, live: readonly KindName[], signal: AbortSignal): ObjectReader<K> {
  const sourceOf = (kind: KindName): ObjectSource => (live.includes(kind) ? (world.live ?? world) : world);
  return {
    hasLive: world.live !== undefined,
    async read(kind, namespace, name) {
      const found = await sourceOf(kind).read(kind, namespace, name, signal);
      if (!found.known || !found.value) return found as Known<undefined>;
      return checked(kind, found.value, `${kindNamed(kind).kind} ${name}`);
    },
    async list(kind, namespace) {
      const listed = await sourceOf(kind).list(kind, namespace, signal);
      if (!listed.known) return listed;
      const objects: ObjectOf<typeof kind>[] = [];
      for (const each of listed.value) {
        const object = checked(kind, each, `a ${kindNamed(kind).kind}`);
        if (!object.known) return object;
        objects.push(object.value);
      }
      return { known: true, value: objects };
    },
    async isOlder(earlier, later) {
      // What has no time of its own is yet to be made.
      if (!later.metadata?.creationTimestamp) return true;
      const [since, until] = [earlier, later].map(({ metadata }) => Date.parse(metadata?.creationTimestamp ?? ''));
      if (since === undefined || until === undefined || !(since <= until)) return false;
      if (since < until) return true;
      const [first, second] = [keyOf(earlier), keyOf(later)];
      return (first && second && (await world.madeBefore?.(first, second, signal))) ?? false;
    },
  };
}

function keyOf(object: KubernetesObject): ObjectKey | undefined {
  const { namespace, name, uid } = object.metadata ?? {};
  const kind = kindOf(object);
  return kind && name && uid ? { kind: kind.name, namespace: namespace ?? '', name, uid } : undefined;
}

/** An API server sends nothing else; files may, and what cannot be read is unknown. */
function checked<N extends KindName>(kind: N, object: JsonObject, what: string): Known<ObjectOf<N>> {
  if (!isKubernetesObject(object)) return unknown(`${what} has no apiVersion and kind`);
  if (!isKind(object, kind)) return unknown(`${what} is a ${object.kind} of ${object.apiVersion}`);
  const [error] = shapeErrors(object);
  return error ? unknown(`${what} cannot be read: ${error.path} is ${error.found}`) : { known: true, value: object };
}

import { type FactName, type Known, known, unknown } from '../engine/facts.ts';
import { FACT_KINDS } from '../facts/kinds.ts';
import { type KindName, readObject, type World } from '../facts/world.ts';
import { groupOf, type JsonObject } from '../k8s/object.ts';
import type { Manifest } from './objects.ts';

export interface ManifestWorldOptions {
  /** That of objects that name none. */
  readonly namespace?: string | undefined;
  /**
   * Whether of each kind that they bring, the files bring all there is. Else that holds in a namespace only: classes
   * and volumes of the cluster are not what an application ships.
   */
  readonly complete: boolean;
}

/**
 * The world as far as files tell it. Where they bring at least one object of a kind in a namespace, they are taken
 * to bring all; of a kind that they do not bring, nothing is known.
 */
export function createManifestWorld(manifests: readonly Manifest[], options: ManifestWorldOptions): World {
  function find({ group, kind }: KindName, wanted: string): JsonObject[] {
    const found: JsonObject[] = [];
    for (const { object } of manifests) {
      if (object.kind !== kind || groupOf(object.apiVersion) !== group) continue;
      const own = object.metadata?.namespace || undefined;
      const matches = wanted === '' ? own === undefined : (own ?? options.namespace) === wanted;
      if (matches) found.push(placed(object, wanted));
    }
    return found;
  }

  return {
    async list(kind, namespace): Promise<Known<readonly JsonObject[]>> {
      const found = find(kind, namespace);
      if (found.length === 0) return unknown(`the files bring no ${describe(kind.kind, namespace)}`);
      if (namespace === '' && !options.complete) return unknown(`the files may not bring every ${kind.kind}`);
      return known(found);
    },

    async read(kind, namespace, name): Promise<Known<JsonObject | undefined>> {
      const all = find(kind, namespace);
      const found = all.find(({ metadata }) => (metadata as JsonObject | undefined)?.['name'] === name);
      const isTold = found !== undefined || (options.complete && all.length > 0);
      return isTold ? known(found) : unknown(`the files bring no ${describe(kind.kind, namespace)} called ${name}`);
    },
  };
}

/** A world in which some facts cannot be learnt, and why: what a fixture says of it. */
export function withUnknownFacts(world: World, reasons: Readonly<Partial<Record<FactName, string>>>): World {
  return {
    async list(kind, namespace, signal) {
      const reason = reasonFor(kind, reasons);
      return reason === undefined ? world.list(kind, namespace, signal) : unknown(reason);
    },
    async read(kind, namespace, name, signal) {
      const reason = reasonFor(kind, reasons);
      return reason === undefined ? readObject(world, kind, { namespace, name }, signal) : unknown(reason);
    },
  };
}

function reasonFor({ group, kind }: KindName, reasons: Readonly<Partial<Record<FactName, string>>>) {
  const known = FACT_KINDS.find((fact) => fact.kind === kind && fact.group === group);
  return known?.facts.map((fact) => reasons[fact]).find((reason) => reason !== undefined);
}

/** The object as the API server would hold it: in the namespace that it was asked for. */
function placed(object: JsonObject, namespace: string): JsonObject {
  const metadata = object['metadata'] as JsonObject | undefined;
  if (namespace === '' || metadata?.['namespace']) return object;
  return { ...object, metadata: { ...metadata, namespace } };
}

function describe(kind: string, namespace: string): string {
  return namespace === '' ? kind : `${kind} in the namespace ${namespace}`;
}

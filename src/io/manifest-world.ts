import { type FactName, type Known, known, unknown } from '../engine/facts.ts';
import { FACT_KINDS } from '../facts/kinds.ts';
import type { KindName, World } from '../facts/world.ts';
import { groupOf, type JsonObject } from '../k8s/object.ts';
import type { Manifest } from './manifests.ts';

/**
 * The world as far as files tell it. Where they bring at least one object of a kind in a namespace, they are taken
 * to bring all; of a kind that they do not bring, nothing is known.
 * @param namespace that of objects that name none
 */
export function createManifestWorld(manifests: readonly Manifest[], namespace?: string): World {
  return {
    async list({ group, kind }, wanted): Promise<Known<readonly JsonObject[]>> {
      const found: JsonObject[] = [];
      for (const { object } of manifests) {
        if (object.kind !== kind || groupOf(object.apiVersion) !== group) continue;
        const own = object.metadata?.namespace || undefined;
        if (wanted === '' ? own === undefined : (own ?? namespace) === wanted) found.push(placed(object, wanted));
      }
      return found.length > 0 ? known(found) : unknown(`the files bring no ${describe(kind, wanted)}`);
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

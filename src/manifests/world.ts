import { type Known, known, unknown } from '../engine/fact.ts';
import type { World } from '../facts/ports.ts';
import { isKind, type KindName, kindNamed } from '../k8s/kinds.ts';
import type { JsonObject } from '../k8s/object.ts';
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
  function find(kind: KindName, wanted: string): JsonObject[] {
    const found: JsonObject[] = [];
    for (const { object } of manifests) {
      if (!isKind(object, kind)) continue;
      const own = object.metadata?.namespace || undefined;
      const matches = wanted === '' ? own === undefined : (own ?? options.namespace) === wanted;
      if (matches) found.push(placed(object, wanted));
    }
    return found;
  }

  return {
    async list(kind, namespace): Promise<Known<readonly JsonObject[]>> {
      const found = find(kind, namespace);
      if (found.length === 0) return unknown(`the files bring no ${describe(kind, namespace)}`);
      if (namespace === '' && !options.complete) {
        return unknown(`the files may not bring every ${kindNamed(kind).kind}`);
      }
      return known(found);
    },

    async read(kind, namespace, name): Promise<Known<JsonObject | undefined>> {
      const all = find(kind, namespace);
      const found = all.find(({ metadata }) => (metadata as JsonObject | undefined)?.['name'] === name);
      const isTold = found !== undefined || (options.complete && all.length > 0);
      return isTold ? known(found) : unknown(`the files bring no ${describe(kind, namespace)} called ${name}`);
    },
  };
}

/** The object as the API server would hold it: in the namespace that it was asked for. */
function placed(object: JsonObject, namespace: string): JsonObject {
  const metadata = object['metadata'] as JsonObject | undefined;
  if (namespace === '' || metadata?.['namespace']) return object;
  return { ...object, metadata: { ...metadata, namespace } };
}

function describe(kind: KindName, namespace: string): string {
  const word = kindNamed(kind).kind;
  return namespace === '' ? word : `${word} in the namespace ${namespace}`;
}

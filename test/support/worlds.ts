import { type Known, known, unknown } from '../../src/engine/fact.ts';
import type { Ports, World } from '../../src/facts/ports.ts';
import { type KindName, kindOf } from '../../src/k8s/kinds.ts';
import { isJsonObject, type JsonObject } from '../../src/k8s/object.ts';

/** A world that only knows lists: one object is looked for in its list. */
export function listing(list: World['list']): World {
  return {
    list,
    async read(kind, namespace, name, signal): Promise<Known<JsonObject | undefined>> {
      const listed = await list(kind, namespace, signal);
      if (!listed.known) return listed;
      return known(listed.value.find(({ metadata }) => isJsonObject(metadata) && metadata['name'] === name));
    },
  };
}

/** A world that holds these objects and no others. */
export function holding(objects: readonly JsonObject[]): World {
  return listing(async (kind, namespace) =>
    known(objects.filter((object) => isOf(object, kind) && namespaceOf(object) === namespace)),
  );
}

/** The same for a judgement. */
export function portsOf(cluster: World): Ports {
  return { cluster };
}

/** Where nothing can be learnt: whoever asks gets `unknown`. */
export const NO_WORLD: Ports = portsOf(
  listing(async (kind) => unknown(`${kind}: there is no cluster behind this test`)),
);

/** Where nobody may ask. */
export const SILENT_WORLD: World = {
  list: () => Promise.reject(new Error('nobody may be asked')),
  read: () => Promise.reject(new Error('nobody may be asked')),
};

function isOf({ apiVersion, kind }: JsonObject, wanted: KindName): boolean {
  return kindOf({ apiVersion: String(apiVersion), kind: String(kind) })?.name === wanted;
}

function namespaceOf({ metadata }: JsonObject): string {
  return isJsonObject(metadata) ? String(metadata['namespace'] ?? '') : '';
}

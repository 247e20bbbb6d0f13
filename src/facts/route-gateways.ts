import { type Known, known, unknown } from '../engine/fact.ts';
import type { KindName } from '../k8s/kinds.ts';
import { parentsOf, type RouteParent } from '../network/route-parents.ts';
import { defineFact, type ObjectReader } from './define.ts';

const WITH_LISTENERS = [
  'Gateway.gateway.networking.k8s.io',
  'ListenerSet.gateway.networking.k8s.io',
  'XListenerSet.gateway.networking.x-k8s.io',
] as const satisfies readonly KindName[];

/** What a route attaches to, in the order of its parentRefs, with the listeners that are there now. */
export const routeGateways = defineFact({
  name: 'routeGateways',
  title: 'the Gateways that a route attaches to',
  // They may stand in any namespace: what watches would hold of all of them is needed for few requests.
  live: WITH_LISTENERS,
  learn({
    subject: { object, namespace },
    objects,
  }): Known<readonly RouteParent[]> | Promise<Known<readonly RouteParent[]>> {
    const parents = parentsOf(object, namespace);
    return parents.length === 0 ? known([]) : withListeners(parents, objects);
  },
});

async function withListeners(
  parents: readonly RouteParent[],
  objects: ObjectReader<(typeof WITH_LISTENERS)[number]>,
): Promise<Known<readonly RouteParent[]>> {
  const found: RouteParent[] = [];
  for (const parent of parents) {
    const { kind, namespace, name } = parent;
    const row = WITH_LISTENERS.find((each) => each === kind);
    if (row === undefined) {
      found.push(parent);
      continue;
    }
    const read = await objects.read(row, namespace, name);
    if (!read.known) return read;
    if (!read.value) return unknown(`${row.slice(0, row.indexOf('.'))} ${namespace}/${name} is not there`);
    found.push({ ...parent, listeners: read.value.spec?.listeners ?? [] });
  }
  return known(found);
}

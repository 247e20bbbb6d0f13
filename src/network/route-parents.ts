import { type KindName, kindOf, type ObjectOf } from '../k8s/kinds.ts';
import type { KubernetesObject } from '../k8s/object.ts';
import type { Listener } from './listeners.ts';

/** The kinds of routes. */
export const ROUTE_KINDS = [
  'GRPCRoute.gateway.networking.k8s.io',
  'HTTPRoute.gateway.networking.k8s.io',
  'TCPRoute.gateway.networking.k8s.io',
  'TLSRoute.gateway.networking.k8s.io',
  'UDPRoute.gateway.networking.k8s.io',
] as const satisfies readonly KindName[];

export type Route = ObjectOf<(typeof ROUTE_KINDS)[number]>;

/** What one parentRef of a route names. */
export interface RouteParent {
  readonly index: number;
  /** As the table of kinds names it; undefined where it knows none. */
  readonly kind: KindName | undefined;
  /** For people: the kind as it is written, and where the object stands. */
  readonly ref: string;
  readonly namespace: string;
  readonly name: string;
  /** The listener, where one is named. */
  readonly sectionName: string | undefined;
  readonly port: number | undefined;
  /** Of what it names, where that has listeners. */
  readonly listeners?: readonly Listener[];
}

/** The parents of a route in a namespace, with what the Gateway API takes where a field is left out. */
export function parentsOf(object: KubernetesObject, own: string): readonly RouteParent[] {
  const { spec } = object as Route;
  return (spec?.parentRefs ?? []).map((ref, index): RouteParent => {
    const group = ref.group ?? 'gateway.networking.k8s.io';
    const kind = ref.kind ?? 'Gateway';
    const namespace = ref.namespace || own;
    const name = ref.name ?? '';
    return {
      index,
      kind: kindOf({ apiVersion: group === '' ? 'v1' : `${group}/v1`, kind })?.name,
      ref: `${kind} ${namespace}/${name}`,
      namespace,
      name,
      sectionName: ref.sectionName || undefined,
      port: ref.port ?? undefined,
    };
  });
}

/** The listeners that a route attaches to by a parentRef: all that it does not rule out. */
export function attachedListeners({ listeners = [], sectionName, port }: RouteParent): readonly Listener[] {
  return listeners.filter(
    (listener) =>
      (sectionName === undefined || listener.name === sectionName) && (port === undefined || listener.port === port),
  );
}

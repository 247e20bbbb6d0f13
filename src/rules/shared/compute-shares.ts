import type { ComputeResources, QuantityText, ResourceRequirements } from '../../k8s/core/pod-shape.ts';
import { type Milli, parseQuantity } from '../../k8s/core/quantity.ts';
import type { ContainerAt, Pod } from '../../k8s/pod-template.ts';

/** What a node is shared by, each with the words that ask for it. */
export const COMPUTE = [
  { name: 'cpu', setIt: 'set it to a quantity such as 2' },
  { name: 'memory', setIt: 'set it to a quantity such as 8Gi' },
] as const;
export type Compute = (typeof COMPUTE)[number]['name'];

/** What one resource is limited to and what is reserved of it; undefined where that is not a quantity above zero. */
export interface Share {
  readonly limit: Milli | undefined;
  readonly request: Milli | undefined;
}

/** Reads one resource as the API server does: a request that is not set is the limit. */
export function shareOf(resources: ResourceRequirements | null | undefined, name: Compute): Share {
  const [limited, requested] = [resources?.limits?.[name], resources?.requests?.[name]];
  const limit = aboveZero(limited);
  // Most are written alike, and need not be read twice.
  if (!isSet(resources?.requests, name) || requested === limited) return { limit, request: limit };
  return { limit, request: aboveZero(requested) };
}

/** Whether a list names a resource. Null names it: the API server takes that for the quantity zero. */
export function isSet(list: ComputeResources | null | undefined, name: Compute): boolean {
  return list != null && Object.hasOwn(list, name);
}

/** The containers that can have resources: an ephemeral container takes what its pod has. */
export function containersWithResources(pod: Pod): readonly ContainerAt[] {
  return pod.containers.filter(({ list }) => list !== 'ephemeralContainers');
}

/** What they are limited to and request, and so does the pod as a whole. */
export const COMPUTE_FIELDS = ['spec', 'spec.initContainers[*]', 'spec.containers[*]'].flatMap((at) =>
  ['requests', 'limits'].flatMap((list) => COMPUTE.map(({ name }) => `${at}.resources.${list}.${name}`)),
);

function aboveZero(value: QuantityText | null | undefined): Milli | undefined {
  const quantity = value == null ? undefined : parseQuantity(value);
  return quantity !== undefined && quantity > 0n ? quantity : undefined;
}

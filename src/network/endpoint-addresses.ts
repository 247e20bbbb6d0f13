import type { UserInfo } from '../engine/subject.ts';
import { type AddressSet, subtract, union } from './addresses.ts';
import type { NetworkSettings } from './settings.ts';
import { METADATA_ADDRESSES } from './special-addresses.ts';

/**
 * Who writes the endpoints of Services from what it sees: for those with a selector the addresses of pods, for others a
 * copy of the Endpoints object, which is judged itself; and the API server its own. They must go on whatever happens here.
 * The accounts are in kube-system, and where controllers have none of their own they act as the controller manager.
 */
export const ENDPOINT_WRITERS: readonly string[] = [
  'system:apiserver',
  'system:kube-controller-manager',
  ...['endpoint-controller', 'endpointslice-controller', 'endpointslicemirroring-controller'].map(
    (controller) => `system:serviceaccount:kube-system:${controller}`,
  ),
];

/** Whether a request is one of theirs. Where nobody asks, as for files, it is not. */
export function writesEndpoints(user: UserInfo | undefined): boolean {
  return user !== undefined && ENDPOINT_WRITERS.includes(user.username);
}

/**
 * The addresses that anybody may put behind a Service: where pods of the namespace may go by the configuration. That an
 * address is one of their own pods only the controllers know: a targetRef is written by whoever writes the address.
 */
export function namedAddresses({ dns, apiServer, console }: NetworkSettings): AddressSet {
  const places = [...dns, ...apiServer, ...console];
  return subtract(
    union(...places.flatMap((place) => (place.of === 'addresses' ? [place.addresses] : []))),
    METADATA_ADDRESSES,
  );
}

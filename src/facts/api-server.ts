import { type Known, known, unknown } from '../engine/fact.ts';
import { isKind, type ObjectOf } from '../k8s/kinds.ts';
import { CONTROL_PLANE, rolesSelected } from '../network/allowances.ts';
import { clusterAddressesOf, endpointsOf } from '../network/api-server.ts';
import type { Addresses, Destination, NetworkSettings } from '../network/settings.ts';
import { defineFact } from './define.ts';

const POLICY = 'NetworkPolicy.networking.k8s.io';
const SLICE = 'EndpointSlice.discovery.k8s.io';

/** Where the Service of the API server, and the slice of its endpoints, always stand. */
const PLACE = { namespace: 'default', name: 'kubernetes' };

/** The API server's addresses: those of the configuration, else those that the cluster gives it. */
export const apiServer = defineFact({
  name: 'apiServer',
  title: 'the addresses of the API server',
  watched: [POLICY],
  live: ['Service', SLICE],
  async learn({
    subject: { object, namespace },
    settings,
    objects,
  }): Promise<Known<readonly Destination<Addresses>[]>> {
    const { apiServer: configured } = settings.network;
    if (configured.length > 0) return known(configured);
    const policies = isKind(object, POLICY) ? known([object]) : await objects.list(POLICY, namespace);
    if (!policies.known) return policies;
    // Nobody has to be asked where no policy names addresses for pods that may reach it.
    const asks = policies.value.some((policy) => namesAddresses(policy) && mayReachIt(policy, settings.network));
    if (!asks) return known([]);
    const slice = await objects.read(SLICE, PLACE.namespace, PLACE.name);
    if (!slice.known) return slice;
    if (!slice.value) return unknown('EndpointSlice default/kubernetes is not there: set network.apiServer');
    const service = await objects.read('Service', PLACE.namespace, PLACE.name);
    if (!service.known) return service;
    return known([...endpointsOf(slice.value), ...(service.value ? clusterAddressesOf(service.value) : [])]);
  },
});

function mayReachIt({ spec }: ObjectOf<typeof POLICY>, settings: NetworkSettings): boolean {
  return rolesSelected(spec?.podSelector ?? {}, settings).some((role) => CONTROL_PLANE.includes(role));
}

function namesAddresses({ spec }: ObjectOf<typeof POLICY>): boolean {
  return (spec?.egress ?? []).some(({ to }) => (to ?? []).some(({ ipBlock }) => ipBlock));
}

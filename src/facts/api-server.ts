import { type Known, known, unknown } from '../engine/fact.ts';
import { isKind, type ObjectOf } from '../k8s/kinds.ts';
import type { KubernetesObject } from '../k8s/object.ts';
import { CONTROL_PLANE, rolesSelected } from '../network/allowances.ts';
import { clusterAddressesOf, endpointsOf } from '../network/api-server.ts';
import { asksForApiServer } from '../network/plugin-policies.ts';
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
  async learn({ subject, settings, objects }): Promise<Known<readonly Destination<Addresses>[]>> {
    const { object, namespace, pod } = subject;
    const { apiServer: configured } = settings.network;
    if (configured.length > 0) return known(configured);
    // A pod is judged behind the policies that are there, and a policy by itself.
    const policies = pod ? await objects.list(POLICY, namespace) : known([object]);
    if (!policies.known) return policies;
    // Nobody has to be asked where no policy names addresses for pods that may reach it.
    if (!policies.value.some((policy) => asksForIt(policy, namespace, settings.network))) return known([]);
    const slice = await objects.read(SLICE, PLACE.namespace, PLACE.name);
    if (!slice.known) return slice;
    if (!slice.value) return unknown('EndpointSlice default/kubernetes is not there: set network.apiServer');
    const service = await objects.read('Service', PLACE.namespace, PLACE.name);
    if (!service.known) return service;
    return known([...endpointsOf(slice.value), ...(service.value ? clusterAddressesOf(service.value) : [])]);
  },
});

function asksForIt(policy: KubernetesObject, namespace: string, settings: NetworkSettings): boolean {
  if (!isKind(policy, POLICY)) return asksForApiServer(policy, namespace, settings);
  return namesAddresses(policy) && mayReachIt(policy, settings);
}

function mayReachIt({ spec }: ObjectOf<typeof POLICY>, settings: NetworkSettings): boolean {
  return rolesSelected(spec?.podSelector ?? {}, settings).some((role) => CONTROL_PLANE.includes(role));
}

function namesAddresses({ spec }: ObjectOf<typeof POLICY>): boolean {
  return (spec?.egress ?? []).some(({ to }) => (to ?? []).some(({ ipBlock }) => ipBlock));
}

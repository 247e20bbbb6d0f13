import type { ObjectOf } from '../k8s/kinds.ts';
import { parseAddress } from './addresses.ts';
import { type PortSet, tcp } from './ports.ts';
import type { Addresses, Destination } from './settings.ts';

/** Where an EndpointSlice says that its Service is served; what cannot be read opens nothing. */
export function endpointsOf(slice: ObjectOf<'EndpointSlice.discovery.k8s.io'>): readonly Destination<Addresses>[] {
  const ports = tcpPorts(slice.ports ?? []);
  return (slice.endpoints ?? []).flatMap(({ addresses }) => destinationsAt(addresses ?? [], ports));
}

/** The virtual addresses of a Service, at its own ports. */
export function clusterAddressesOf({ spec }: ObjectOf<'Service'>): readonly Destination<Addresses>[] {
  return destinationsAt(spec?.clusterIPs ?? [], tcpPorts(spec?.ports ?? []));
}

interface ServedPort {
  readonly port?: number | null;
  readonly protocol?: string | null;
}

function tcpPorts(ports: readonly ServedPort[]): PortSet {
  return tcp(...ports.flatMap(({ port, protocol }) => (port && (protocol ?? 'TCP') === 'TCP' ? [port] : [])));
}

function destinationsAt(addresses: readonly string[], ports: PortSet): readonly Destination<Addresses>[] {
  return addresses.flatMap((text): Destination<Addresses>[] => {
    const address = parseAddress(text);
    return address.ok ? [{ of: 'addresses', addresses: address.value, ports }] : [];
  });
}

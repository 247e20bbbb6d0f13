import { z } from 'zod';
import { toCidrs } from '../../network/addresses.ts';
import type { Peer } from '../../network/openings.ts';
import { type PortSet, PROTOCOLS } from '../../network/ports.ts';
import { describeSelector } from '../../network/selectors.ts';

/** Who is at the other end of connections, in outputs for programs. */
export const peerSchema = z
  .strictObject({
    everything: z.literal(true).optional().describe('Whoever there is, in the cluster and outside of it.'),
    cidrs: z.array(z.string()).optional().describe('The fewest ranges of addresses that say it.'),
    pods: z.string().optional().describe('Which pods, as kubectl writes selectors; "everything" for all.'),
    namespaces: z.string().optional().describe('In which namespaces, in the same way; absent: in namespace.'),
    namespace: z.string().optional().describe('In this namespace, which is its own.'),
  })
  .describe('One of everything, cidrs and pods.');

/** Ports, in outputs for programs. */
export const portsSchema = z.array(
  z.strictObject({
    protocol: z.enum(PROTOCOLS),
    name: z.string().optional().describe('Whatever number whoever is called gives this name.'),
    from: z.int().optional(),
    to: z.int().optional().describe('The last one.'),
  }),
);

export function peerOutput(peer: Peer, namespace: string): z.infer<typeof peerSchema> {
  switch (peer.of) {
    case 'everything':
      return { everything: true };
    case 'addresses':
      return { cidrs: toCidrs(peer.addresses) };
    case 'pods': {
      const pods = describeSelector(peer.pods);
      return peer.namespaces ? { pods, namespaces: describeSelector(peer.namespaces) } : { pods, namespace };
    }
  }
}

export function portsOutput(ports: PortSet): z.infer<typeof portsSchema> {
  return PROTOCOLS.flatMap((protocol) => [
    ...ports[protocol].map(({ start, end }) => ({ protocol, from: start, to: end - 1 })),
    ...ports.named.filter((port) => port.protocol === protocol).map(({ name }) => ({ protocol, name })),
  ]);
}

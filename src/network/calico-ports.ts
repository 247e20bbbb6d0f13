import type { ObjectOf } from '../k8s/kinds.ts';
import { failure, type Result, success } from '../k8s/result.ts';
import {
  ALL_PORTS,
  type NetworkPolicyPort,
  type PortSet,
  PROTOCOLS,
  type Protocol,
  portsOf,
  subtract,
} from './ports.ts';

type Spec = NonNullable<ObjectOf<'NetworkPolicy.projectcalico.org'>['spec']>;

/** A rule of a policy of Calico, whichever kind and direction. */
export type CalicoRule = NonNullable<Spec['ingress']>[number];

/** As IANA numbers them. */
const NUMBERS: Readonly<Record<string, Protocol>> = { 6: 'TCP', 17: 'UDP', 132: 'SCTP' };

/** The ports of the destination of a rule, or why nobody can tell. */
export function calicoPorts({ protocol, destination }: CalicoRule): Result<PortSet, string> {
  const protocols = protocol ? protocolsOf(String(protocol)) : PROTOCOLS;
  if (!protocols) return failure(`${protocol} has no ports`);
  const { ports, notPorts } = destination ?? {};
  const open = ports?.length ? listed(ports, protocols) : portsOf(protocols.map((each) => ({ protocol: each })));
  const closed = notPorts?.length ? listed(notPorts, protocols) : undefined;
  if (!open.ok || closed?.ok === false) return failure('these are no ports of TCP, UDP or SCTP');
  if (!protocol && !ports?.length && !closed) return success(ALL_PORTS);
  // A name may mean any port: to leave it out leaves nothing out for certain.
  return success(closed ? subtract(open.value, { ...closed.value, named: [] }) : open.value);
}

function protocolsOf(protocol: string): readonly Protocol[] | undefined {
  const known =
    PROTOCOLS.find((each) => each === protocol.toUpperCase()) ??
    (Object.hasOwn(NUMBERS, protocol) ? NUMBERS[protocol] : undefined);
  return known && [known];
}

function listed(ports: readonly (number | string)[], protocols: readonly Protocol[]): Result<PortSet, string> {
  return portsOf(ports.flatMap((port) => protocols.map((protocol) => ({ protocol, ...readPort(port) }))));
}

/** `6333`, `6333:6335`, or a name. */
function readPort(port: number | string): Pick<NetworkPolicyPort, 'port' | 'endPort'> {
  const [, from, to] = /^(\d+)(?::(\d+))?$/.exec(`${port}`) ?? [];
  if (from === undefined) return { port };
  return to === undefined ? { port: Number(from) } : { port: Number(from), endPort: Number(to) };
}

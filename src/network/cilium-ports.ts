import type { ObjectOf } from '../k8s/kinds.ts';
import { failure, type Result, success } from '../k8s/result.ts';
import { ALL_PORTS, type NetworkPolicyPort, type PortSet, PROTOCOLS, portsOf } from './ports.ts';

type Spec = NonNullable<ObjectOf<'CiliumNetworkPolicy.cilium.io'>['spec']>;
type ToPorts = NonNullable<NonNullable<Spec['egress']>[number]['toPorts']>;
type PortProtocol = NonNullable<ToPorts[number]['ports']>[number];

/**
 * The ports of a rule, or why nobody can tell. None are all; `0` is all of a protocol; a protocol that is missing, or
 * ANY, is each that has ports. Rules on HTTP and DNS only narrow that.
 *
 * Source: cilium/cilium@v1.20.2: pkg/policy/api/{l4,rule_validation}.go.
 */
export function ciliumPorts(toPorts: ToPorts | null | undefined): Result<PortSet, string> {
  if (!toPorts?.length) return success(ALL_PORTS);
  if (toPorts.some(({ listener }) => listener)) {
    return failure('a listener of Envoy sends what it gets wherever it is told to');
  }
  // Of an entry without ports the versions of Cilium do not agree.
  if (toPorts.some(({ ports }) => !ports?.length)) return success(ALL_PORTS);
  const listed: NetworkPolicyPort[] = [];
  for (const port of toPorts.flatMap(({ ports }) => ports ?? [])) {
    const read = readPort(port);
    if (!read) return failure('these are no ports of TCP, UDP or SCTP');
    listed.push(...read);
  }
  const set = portsOf(listed);
  return set.ok ? set : failure('these are no ports of TCP, UDP or SCTP');
}

function readPort({ port, endPort, protocol }: PortProtocol): readonly NetworkPolicyPort[] | undefined {
  const name = (protocol || 'ANY').toUpperCase();
  const protocols = PROTOCOLS.filter((known) => name === 'ANY' || name === known);
  if (protocols.length === 0) return undefined;
  const text = port || '0';
  if (text === '0') return protocols.map((each) => ({ protocol: each }));
  // Cilium reads 010 as octal.
  if (/^[1-9]\d*$/.test(text)) {
    return protocols.map((each) => ({ protocol: each, port: Number(text), endPort: endPort || undefined }));
  }
  if (!/[a-z]/i.test(text) || endPort) return undefined;
  return protocols.map((each) => ({ protocol: each, port: text.toLowerCase() }));
}

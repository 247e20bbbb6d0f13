import { failure, type Result, success } from '../k8s/result.ts';
import { differenceOf, type Interval, intersectionOf, unionOf } from './intervals.ts';

export const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;

export type Protocol = (typeof PROTOCOLS)[number];

/** A port that whoever receives the packet names: which number that is differs from pod to pod. */
export interface NamedPort {
  readonly protocol: Protocol;
  readonly name: string;
}

/**
 * A set of ports from 1 to 65535 of each protocol, and of names. A name whose protocol is there with all ports is left
 * out: it means one of them, whichever.
 */
export interface PortSet extends Readonly<Record<Protocol, readonly Interval<number>[]>> {
  readonly named: readonly NamedPort[];
}

/** As it stands in a NetworkPolicy. */
export interface NetworkPolicyPort {
  readonly protocol?: string | null | undefined;
  readonly port?: number | string | null | undefined;
  readonly endPort?: number | null | undefined;
}

/** What names mean, where whoever asks vouches for it. */
export type PortNumbers = ReadonlyMap<string, number>;

const EVERY: readonly Interval<number>[] = [{ start: 1, end: 65536 }];

export const ALL_PORTS: PortSet = { TCP: EVERY, UDP: EVERY, SCTP: EVERY, named: [] };
export const NO_PORTS: PortSet = { TCP: [], UDP: [], SCTP: [], named: [] };

/** Ports, and ranges of them with both ends. */
type Listed = readonly (number | readonly [from: number, to: number])[];

export function tcp(...ports: Listed): PortSet {
  return { ...NO_PORTS, TCP: intervalsOf(ports) };
}

export function udp(...ports: Listed): PortSet {
  return { ...NO_PORTS, UDP: intervalsOf(ports) };
}

function intervalsOf(ports: Listed): readonly Interval<number>[] {
  const pairs = ports.map((port) => (typeof port === 'number' ? ([port, port] as const) : port));
  return unionOf(pairs.map(([from, to]) => ({ start: from, end: to + 1 })));
}

/**
 * What the `ports` of a rule allow. No list, or an empty one, means all ports of all protocols. What the API server
 * refuses is an error, which says where and what was expected: `[1].protocol: expected TCP, UDP or SCTP`.
 */
export function portsOf(ports: readonly NetworkPolicyPort[] | null | undefined): Result<PortSet, string> {
  if (!ports?.length) return success(ALL_PORTS);
  const sets: PortSet[] = [];
  for (const [index, port] of ports.entries()) {
    const set = portSet(port);
    if (!set.ok) return failure(`[${index}].${set.error}`);
    sets.push(set.value);
  }
  return success(union(...sets));
}

function portSet({ protocol, port, endPort }: NetworkPolicyPort): Result<PortSet, string> {
  const known = PROTOCOLS.find((one) => one === (protocol ?? 'TCP'));
  if (known === undefined) return failure('protocol: expected TCP, UDP or SCTP');
  if (typeof port !== 'number' && (endPort ?? undefined) !== undefined) {
    return failure('endPort: expected only beside a port that is a number');
  }
  if (port === undefined || port === null) return success({ ...NO_PORTS, [known]: EVERY });
  if (typeof port === 'string') {
    if (!isPortName(port)) return failure('port: expected a number from 1 to 65535, or the name of a port');
    return success({ ...NO_PORTS, named: [{ protocol: known, name: port }] });
  }
  if (!isPortNumber(port)) return failure('port: expected a number from 1 to 65535, or the name of a port');
  const last = endPort ?? port;
  if (!isPortNumber(last) || last < port) return failure(`endPort: expected a number from ${port} to 65535`);
  return success({ ...NO_PORTS, [known]: [{ start: port, end: last + 1 }] });
}

function isPortNumber(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65535;
}

/** IANA_SVC_NAME (RFC 6335): a number in quotes is none. */
function isPortName(name: string): boolean {
  return /^(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/.test(name) && name.length <= 15;
}

export function union(...sets: readonly PortSet[]): PortSet {
  return normal(
    (protocol) => unionOf(sets.flatMap((set) => set[protocol])),
    sets.flatMap(({ named }) => named),
  );
}

/** What may be in both: a name may mean any port of its protocol, and the one of another name. */
export function intersect(a: PortSet, b: PortSet): PortSet {
  const named = new Set(b.named.map(({ protocol }) => protocol));
  return normal(
    (protocol) => intersectionOf(a[protocol], b[protocol]),
    [
      ...a.named.filter(({ protocol }) => b[protocol].length > 0 || named.has(protocol)),
      ...b.named.filter(({ protocol }) => a[protocol].length > 0),
    ],
  );
}

/** What is in `a` and not for certain in `b`: a name is, if `b` has the same name or all ports of its protocol. */
export function subtract(a: PortSet, b: PortSet): PortSet {
  const taken = new Set(b.named.map(keyOf));
  return normal(
    (protocol) => differenceOf(a[protocol], b[protocol]),
    a.named.filter((port) => !taken.has(keyOf(port)) && !isEvery(b[port.protocol])),
  );
}

export function isEmpty(set: PortSet): boolean {
  return set.named.length === 0 && PROTOCOLS.every((protocol) => set[protocol].length === 0);
}

/**
 * Whether every port of `a` is for certain in `b`.
 * @param numbers what names mean; those that are not in it mean any port
 */
export function isSubset(a: PortSet, b: PortSet, numbers: PortNumbers = new Map()): boolean {
  return isEmpty(subtract(resolved(a, numbers), resolved(b, numbers)));
}

function resolved(set: PortSet, numbers: PortNumbers): PortSet {
  const meant = (protocol: Protocol) =>
    set.named.filter((port) => port.protocol === protocol).flatMap(({ name }) => numbers.get(name) ?? []);
  return normal(
    (protocol) => unionOf([...set[protocol], ...intervalsOf(meant(protocol))]),
    set.named.filter(({ name }) => !numbers.has(name)),
  );
}

/** How many ports a description names before it only counts them. */
const MOST_DESCRIBED = 8;

/** `TCP 6333–6335, UDP 53`, `all TCP ports`, `all ports`, `no port`. */
export function describePorts(set: PortSet): string {
  if (PROTOCOLS.every((protocol) => isEvery(set[protocol]))) return 'all ports';
  const items = PROTOCOLS.flatMap((protocol) => [
    ...(isEvery(set[protocol]) ? [`all ${protocol} ports`] : set[protocol].map((one) => `${protocol} ${range(one)}`)),
    ...set.named.filter((port) => port.protocol === protocol).map(({ name }) => `${protocol} ${name}`),
  ]);
  if (items.length === 0) return 'no port';
  const more = items.length - MOST_DESCRIBED;
  return more <= 0 ? items.join(', ') : `${items.slice(0, MOST_DESCRIBED).join(', ')} and ${more} more`;
}

function range({ start, end }: Interval<number>): string {
  return end === start + 1 ? `${start}` : `${start}–${end - 1}`;
}

/** @param named in any order, and some perhaps twice */
function normal(numbers: (protocol: Protocol) => readonly Interval<number>[], named: readonly NamedPort[]): PortSet {
  const set = { TCP: numbers('TCP'), UDP: numbers('UDP'), SCTP: numbers('SCTP') };
  const names = new Map(named.filter(({ protocol }) => !isEvery(set[protocol])).map((port) => [keyOf(port), port]));
  return { ...set, named: [...names.keys()].sort().flatMap((key) => names.get(key) ?? []) };
}

function keyOf({ protocol, name }: NamedPort): string {
  return `${protocol} ${name}`;
}

function isEvery(intervals: readonly Interval<number>[]): boolean {
  return differenceOf(EVERY, intervals).length === 0;
}

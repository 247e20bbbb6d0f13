import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ALL_PORTS,
  describePorts,
  intersect,
  isEmpty,
  isSubset,
  type NetworkPolicyPort,
  NO_PORTS,
  type PortSet,
  PROTOCOLS,
  type Protocol,
  portsOf,
  subtract,
  tcp,
  udp,
  union,
} from '../../src/network/ports.ts';
import { RANDOM_CASES } from '../support/repeats.ts';

const numRuns = RANDOM_CASES;

function ports(list: readonly NetworkPolicyPort[] | null | undefined): PortSet {
  const set = portsOf(list);
  if (!set.ok) throw new Error(set.error);
  return set.value;
}

describe('the ports of a rule', () => {
  it.each([undefined, null, []])('that are %j are all ports of all protocols', (list) => {
    expect(ports(list)).toEqual(ALL_PORTS);
  });

  it.each<[NetworkPolicyPort, string]>([
    [{}, 'all TCP ports'],
    [{ protocol: null, port: null, endPort: null }, 'all TCP ports'],
    [{ protocol: 'UDP' }, 'all UDP ports'],
    [{ protocol: 'SCTP' }, 'all SCTP ports'],
    [{ port: 6333 }, 'TCP 6333'],
    [{ port: 6333, endPort: 6335, protocol: 'TCP' }, 'TCP 6333–6335'],
    [{ port: 6333, endPort: 6333 }, 'TCP 6333'],
    [{ port: 1, endPort: 65535 }, 'all TCP ports'],
    [{ port: 53, protocol: 'UDP' }, 'UDP 53'],
    [{ port: 'dns', protocol: 'UDP' }, 'UDP dns'],
    [{ port: 'a-1', endPort: null }, 'TCP a-1'],
  ])('%j are %s', (port, described) => {
    expect(describePorts(ports([port]))).toBe(described);
  });

  it.each<[NetworkPolicyPort, string]>([
    [{ protocol: 'ICMP' }, '[1].protocol: expected TCP, UDP or SCTP'],
    [{ protocol: 'tcp' }, '[1].protocol: expected TCP, UDP or SCTP'],
    [{ protocol: '' }, '[1].protocol: expected TCP, UDP or SCTP'],
    [{ protocol: '__proto__' }, '[1].protocol: expected TCP, UDP or SCTP'],
    [{ endPort: 80 }, '[1].endPort: expected only beside a port that is a number'],
    [{ port: 'http', endPort: 80 }, '[1].endPort: expected only beside a port that is a number'],
    [{ port: 80, endPort: 79 }, '[1].endPort: expected a number from 80 to 65535'],
    [{ port: 80, endPort: 65536 }, '[1].endPort: expected a number from 80 to 65535'],
    [{ port: 80, endPort: 80.5 }, '[1].endPort: expected a number from 80 to 65535'],
    ...[0, -1, 65536, 80.5, Number.NaN, '80', '', 'HTTP', 'a--b', '-a', 'a-', 'a b', 'a'.repeat(16)].map(
      (port): [NetworkPolicyPort, string] => [
        { port },
        '[1].port: expected a number from 1 to 65535, or the name of a port',
      ],
    ),
  ])('cannot be %j', (port, error) => {
    expect(portsOf([{ port: 80 }, port])).toEqual({ ok: false, error });
  });
});

describe('a set of ports', () => {
  it('is described in one line, however long it is', () => {
    const some = union(tcp(443, [6333, 6335]), udp(53), ports([{ port: 'http' }, { protocol: 'SCTP' }]));
    expect(describePorts(some)).toBe('TCP 443, TCP 6333–6335, TCP http, UDP 53, all SCTP ports');
    expect(describePorts(ALL_PORTS)).toBe('all ports');
    expect(describePorts(NO_PORTS)).toBe('no port');
    const odd = Array.from({ length: 1000 }, (_, index) => 2 * index + 1);
    expect(describePorts(tcp(...odd))).toBe('TCP 1, TCP 3, TCP 5, TCP 7, TCP 9, TCP 11, TCP 13, TCP 15 and 992 more');
  });

  it('is equal to another with the same ports', () => {
    expect(union(tcp(6334, 6333), tcp([6335, 6335]))).toEqual(tcp([6333, 6335]));
    expect(ports([{ port: 'b' }, { port: 'a' }, { port: 'b' }])).toEqual(ports([{ port: 'a' }, { port: 'b' }]));
    expect(ports([{ port: 'http' }, {}])).toEqual(ports([{}]));
    expect(union(...PROTOCOLS.map((protocol) => ports([{ protocol }])))).toEqual(ALL_PORTS);
    expect([isEmpty(NO_PORTS), isEmpty(union()), isEmpty(ports([{ port: 'a' }]))]).toEqual([true, true, false]);
  });

  it('without SCTP is not all ports', () => {
    const both = ports([{ protocol: 'TCP' }, { protocol: 'UDP' }]);
    expect(isSubset(ALL_PORTS, both)).toBe(false);
    expect(describePorts(subtract(ALL_PORTS, both))).toBe('all SCTP ports');
  });

  it('with a name is part only of what has the name, all ports, or the number that it means', () => {
    const dns = ports([{ port: 'dns', protocol: 'UDP' }]);
    expect(isSubset(dns, udp(53))).toBe(false);
    expect(isSubset(dns, udp([1, 65534]))).toBe(false);
    expect(isSubset(dns, udp([1, 65535]))).toBe(true);
    expect(isSubset(dns, ports([{ port: 'dns', protocol: 'TCP' }]))).toBe(false);
    expect(isSubset(dns, union(dns, tcp(1)))).toBe(true);
    expect(isSubset(dns, udp(53), new Map([['dns', 53]]))).toBe(true);
    expect(isSubset(dns, udp(54), new Map([['dns', 53]]))).toBe(false);
    expect(isSubset(dns, tcp(53), new Map([['dns', 53]]))).toBe(false);
    expect(isSubset(dns, udp(53), new Map([['toString', 53]]))).toBe(false);
  });
});

/** Every port behaves like one of these: ranges begin and end only at ENDS, and 5 and 100 stand for what is between. */
const ENDS = [1, 2, 3, 10, 11, 12, 65534, 65535];
const SAMPLE = [...ENDS, 5, 100];
const NAMES = ['dns', 'http'];
type Meaning = Readonly<Record<string, number>>;
const MEANINGS: readonly Meaning[] = SAMPLE.flatMap((dns) => SAMPLE.map((http) => ({ dns, http })));

const end = fc.constantFrom(...ENDS);
const protocol = fc.option(fc.constantFrom(...PROTOCOLS), { nil: undefined });
const numbered = fc.oneof(
  fc.record({ protocol, port: end }),
  fc.record({ protocol, port: end, endPort: end }).map(({ port, endPort, ...rest }) => ({
    ...rest,
    port: Math.min(port, endPort),
    endPort: Math.max(port, endPort),
  })),
  fc.record({ protocol }),
);
const named = fc.record({ protocol, port: fc.constantFrom(...NAMES) });
const list = fc.array(fc.oneof({ weight: 3, arbitrary: numbered }, { weight: 2, arbitrary: named }), { maxLength: 5 });
const plainList = fc.array(numbered, { maxLength: 5 });

/** What a list allows, straight from the words of the API. */
function allows(entries: readonly NetworkPolicyPort[], of: Protocol, number: number, meaning: Meaning): boolean {
  if (entries.length === 0) return true;
  return entries.some(({ protocol: own = 'TCP', port, endPort }) => {
    if (own !== of) return false;
    if (port === undefined || port === null) return true;
    if (typeof port === 'string') return meaning[port] === number;
    return endPort ? port <= number && number <= endPort : port === number;
  });
}

function has(set: PortSet, of: Protocol, number: number, meaning: Meaning): boolean {
  return (
    set[of].some(({ start, end: after }) => start <= number && number < after) ||
    set.named.some((port) => port.protocol === of && meaning[port.name] === number)
  );
}

/** One entry for each protocol, number and meaning. */
function everywhere(test: (of: Protocol, number: number, meaning: Meaning) => boolean, meanings = MEANINGS): boolean[] {
  return PROTOCOLS.flatMap((of) => meanings.flatMap((meaning) => SAMPLE.map((number) => test(of, number, meaning))));
}

const ANY: readonly Meaning[] = [{}];

describe('sets of ports, compared with every port there is to tell apart', () => {
  it('are what the list says, whatever names mean', () => {
    fc.assert(
      fc.property(list, (one) => {
        const set = ports(one);
        expect(everywhere((...at) => has(set, ...at) !== allows(one, ...at)).indexOf(true)).toBe(-1);
      }),
      { numRuns },
    );
  });

  it('are joined, cut and taken apart', () => {
    fc.assert(
      fc.property(plainList, plainList, plainList, (one, two, three) => {
        const [a, b, c] = [ports(one), ports(two), ports(three)];
        const inModel = (test: (a: boolean, b: boolean, c: boolean) => boolean) =>
          everywhere((...at) => test(allows(one, ...at), allows(two, ...at), allows(three, ...at)), ANY);
        const inSet = (set: PortSet) => everywhere((...at) => has(set, ...at), ANY);
        expect(inSet(union(a, b, c))).toEqual(inModel((x, y, z) => x || y || z));
        expect(inSet(intersect(union(a, b), c))).toEqual(inModel((x, y, z) => (x || y) && z));
        expect(inSet(subtract(union(a, b), c))).toEqual(inModel((x, y, z) => (x || y) && !z));
        expect(inSet(subtract(a, intersect(b, c)))).toEqual(inModel((x, y, z) => x && !(y && z)));
        expect(isEmpty(subtract(a, b))).toBe(!inModel((x, y) => x && !y).includes(true));
      }),
      { numRuns },
    );
  });

  it('lose nothing that a name may mean', () => {
    fc.assert(
      fc.property(list, list, (one, two) => {
        const [a, b] = [ports(one), ports(two)];
        const [joined, cut, rest] = [union(a, b), intersect(a, b), subtract(a, b)];
        const wrong = everywhere((...at) => {
          const [x, y] = [allows(one, ...at), allows(two, ...at)];
          if (has(joined, ...at) !== (x || y)) return true;
          return (x && y && !has(cut, ...at)) || (x && !y && !has(rest, ...at));
        });
        expect(wrong.indexOf(true)).toBe(-1);
      }),
      { numRuns },
    );
  });

  it('are subset exactly where they are, whatever names mean that mean anything', () => {
    const numbers = fc.dictionary(fc.constantFrom(...NAMES), fc.constantFrom(...SAMPLE), { maxKeys: 2 });
    fc.assert(
      fc.property(list, list, numbers, (one, two, given) => {
        const meanings = MEANINGS.map((meaning) => ({ ...meaning, ...given }));
        const counterexample = everywhere((...at) => allows(one, ...at) && !allows(two, ...at), meanings);
        const answer = isSubset(ports(one), ports(two), new Map(Object.entries(given)));
        expect(answer).toBe(!counterexample.includes(true));
      }),
      { numRuns },
    );
  });
});

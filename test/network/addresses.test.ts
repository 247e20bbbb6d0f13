import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMBEDDINGS } from '../../src/network/address-text.ts';
import {
  type AddressSet,
  ALL_ADDRESSES,
  containsAddress,
  intersect,
  isEmpty,
  isSubset,
  isUnambiguous,
  NO_ADDRESSES,
  overlaps,
  parseAddress,
  parseCidr,
  parseRange,
  someAddress,
  subtract,
  toCidrs,
  union,
  widestCidr,
} from '../../src/network/addresses.ts';
import { RANDOM_CASES } from '../support/repeats.ts';

const numRuns = RANDOM_CASES;

function set(...ranges: readonly string[]): AddressSet {
  return union(
    ...ranges.map((text) => {
      const range = parseRange(text);
      if (!range.ok) throw new Error(`${text}: ${range.error}`);
      return range.value;
    }),
  );
}

describe('a range of addresses', () => {
  // What k8s.io/utils/net.ParseCIDRSloppy makes of each was seen by running it.
  it.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['010.001.2.3/08', '10.0.0.0/8'],
    ['00000000001.2.3.4/0000000000000000000024', '1.2.3.0/24'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['255.255.255.255/32', '255.255.255.255/32'],
    ['::/0', '::/0'],
    ['2001:DB8:0:0::1/64', '2001:db8::/64'],
    ['0001::00000002/128', '1::2/128'],
    ['1:2:3:4:5:6:7::/112', '1:2:3:4:5:6:7:0/112'],
    ['1:2:3:4:5:6:1.2.3.4/128', '1:2:3:4:5:6:102:304/128'],
    ['::1.2.3.4/96', '::/96'],
    ['::ffff:1.2.3.0/120', '1.2.3.0/24'],
    ['::ffff:102:304/128', '1.2.3.4/32'],
    ['::ffff:001.002.003.004/128', '1.2.3.4/32'],
    ['::ffff:0:0/96', '0.0.0.0/0'],
    ['::ffff:1.2.3.4/96', '0.0.0.0/0'],
    ['::ffff:0:0/95', '::fffe:0:0/95'],
    ['::ffff:1.2.3.4/64', '::/64'],
    ['64:ff9b::a9fe:a9fe/128', '64:ff9b::169.254.169.254/128'],
    ['64:ff9b::/96', '64:ff9b::/96'],
  ])('%s is read as %s', (text, canonical) => {
    const range = parseCidr(text);
    expect(range.ok && toCidrs(range.value)).toEqual([canonical]);
  });

  it.each([
    '',
    '/',
    '/8',
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/16777216',
    '10.0.0.0/-1',
    '10.0.0.0/+8',
    '10.0.0.0/ 8',
    ' 10.0.0.0/8',
    '10.0.0.0/8 ',
    '10.0.0.0/8\n',
    '10.0.0.0/8/8',
    '10.0.0.0/255.0.0.0',
    '10.0.0/24',
    '10.0.0.0.0/24',
    '10.0.0.256/24',
    '10..0.0/24',
    '0x0a.0.0.0/8',
    '١.0.0.0/8',
    '1.2.3.4::/32',
    '::/129',
    ':/0',
    ':::/0',
    ':1::/16',
    '1:::/16',
    '1::2::3/112',
    '1:2:3:4:5:6:7/112',
    '1:2:3:4:5:6:7:8::/112',
    '::1:2:3:4:5:6:7:8/16',
    '1:2:3:4:5:6:7:1.2.3.4/128',
    '1:2:3:4:5:1.2.3.4:6/128',
    '1::10000/128',
    'fe80::1%eth0/64',
    '[::1]/128',
    '*',
    'any',
  ])('is not %j', (text) => {
    expect(parseCidr(text).ok).toBe(false);
  });

  it('that is wrong is told what was expected', () => {
    expect(parseCidr('10.0.0.1')).toEqual({
      ok: false,
      error: 'expected a range of addresses such as 10.0.0.0/8 or fd00::/8',
    });
    expect(parseCidr('10.0.0.0/33')).toEqual({ ok: false, error: 'expected at most 32 bits behind the slash' });
    expect(parseCidr('::/129')).toEqual({ ok: false, error: 'expected at most 128 bits behind the slash' });
    expect(parseAddress('10.0.0.0/8')).toEqual({
      ok: false,
      error: 'expected an IP address such as 10.0.0.1 or fd00::1',
    });
    for (const text of ['localhost', '10.0.0.0/x']) expect(parseRange(text).ok).toBe(false);
  });

  it('may be one address, where both are allowed', () => {
    for (const text of ['10.0.0.1', '010.0.0.01', '::ffff:10.0.0.1', '::ffff:a00:1', '10.0.0.1/32']) {
      expect(parseRange(text)).toEqual({ ok: true, value: set('10.0.0.1/32') });
    }
    expect(parseRange('FD00::0001')).toEqual({ ok: true, value: set('fd00::1/128') });
  });
});

describe('a range that all read alike', () => {
  it.each([
    '0.0.0.0/0',
    '10.0.0.0/8',
    '10.1.2.3/8',
    '100.200.10.20/30',
    '::/0',
    '0::0/0',
    '2001:0DB8::/32',
    '64:ff9b::10.0.0.1/128',
    '::fffe:0:0/95',
    '::ffff:0:0:0/96',
    '10.0.0.1',
  ])('may be %s', (text) => {
    expect([isUnambiguous(text), parseRange(text).ok]).toEqual([true, true]);
  });

  it.each([
    '010.0.0.0/8',
    '10.01.0.0/16',
    '10.0.0.00/32',
    '10.0.0.0/08',
    '00001::/16',
    '64:ff9b::010.0.0.1/128',
    '64:ff9b::10.0.0.01/128',
    '::/00',
    '::ffff:10.0.0.0/104',
    '::FFFF:0a00:0/104',
    '0:0:0:0:0:ffff:a00:1/128',
    '::ffff:10.0.0.0/64',
    '::ffff:10.0.0.1',
  ])('is not %s', (text) => {
    expect([isUnambiguous(text), parseRange(text).ok]).toEqual([false, true]);
  });
});

describe('a set of addresses', () => {
  it('is everything, if halves are added up', () => {
    expect(set('128.0.0.0/1', '0.0.0.0/1', '8000::/1', '::/1')).toEqual(ALL_ADDRESSES);
    expect(toCidrs(ALL_ADDRESSES)).toEqual(['0.0.0.0/0', '::/0']);
  });

  it('of IPv6 does not contain IPv4', () => {
    expect(isSubset(set('10.0.0.1'), set('::/0'))).toBe(false);
    expect(overlaps(set('::/0'), set('0.0.0.0/0'))).toBe(false);
    expect(toCidrs(subtract(set('::/0'), set('::/1', '8000::/1')))).toEqual([]);
  });

  it('with a hole is everything around it', () => {
    const rest = subtract(set('0.0.0.0/0'), set('10.0.0.0/8'));
    expect(toCidrs(rest)).toEqual([
      '0.0.0.0/5',
      '8.0.0.0/7',
      '11.0.0.0/8',
      '12.0.0.0/6',
      '16.0.0.0/4',
      '32.0.0.0/3',
      '64.0.0.0/2',
      '128.0.0.0/1',
    ]);
    expect(widestCidr(rest)).toBe('128.0.0.0/1');
    expect(someAddress(rest)).toBe('0.0.0.0');
    expect(union(rest, set('10.0.0.0/8'))).toEqual(set('0.0.0.0/0'));
  });

  it('is empty where nothing remains', () => {
    const nothing = subtract(set('10.0.0.0/8', 'fd00::/8'), set('10.0.0.0/9', '10.128.0.0/9', 'fc00::/7'));
    expect(nothing).toEqual(NO_ADDRESSES);
    expect(isEmpty(nothing)).toBe(true);
    expect([toCidrs(nothing), widestCidr(nothing), someAddress(nothing)]).toEqual([[], undefined, undefined]);
    expect(union()).toEqual(NO_ADDRESSES);
  });

  it('shows the range that is the greatest part of its family, and IPv4 first', () => {
    expect(widestCidr(set('10.0.0.0/8', 'fd00::/64'))).toBe('10.0.0.0/8');
    expect(widestCidr(set('10.0.0.0/8', 'fd00::/7'))).toBe('fc00::/7');
    expect(widestCidr(ALL_ADDRESSES)).toBe('0.0.0.0/0');
    expect(widestCidr(set('10.0.0.1', '::1'))).toBe('10.0.0.1/32');
    expect(someAddress(set('fd00::2', '10.0.0.2', '10.0.0.1'))).toBe('10.0.0.1');
    expect(someAddress(set('fd00::2', 'fd00::1'))).toBe('fd00::1');
  });

  it('contains addresses, and nothing that is none', () => {
    const both = set('10.0.0.0/8', 'fd00::/8');
    const inside = ['10.255.255.255', '::ffff:10.0.0.1', 'fd00::1'];
    const outside = ['11.0.0.0', '9.255.255.255', 'fe00::', '10.0.0.0/8', 'x'];
    expect(inside.filter((text) => !containsAddress(both, text))).toEqual([]);
    expect(outside.filter((text) => containsAddress(both, text))).toEqual([]);
  });

  it('keeps what is mapped within a range of IPv6', () => {
    const mapped = subtract(set('::/0'), set('::/81', '::8000:0:0/82', '::c000:0:0/83', '::e000:0:0/84'));
    expect(overlaps(mapped, set('0.0.0.0/0'))).toBe(false);
    const rest = subtract(set('::fffe:0:0/95'), set('::fffe:0:0/96'));
    expect(toCidrs(rest)).toEqual(['::ffff:0:0/96']);
  });

  it('of thousands of ranges is one like any other', () => {
    const even = Array.from({ length: 5_000 }, (_, index) => `10.${index >> 8}.${index & 255}.0/25`);
    const odd = even.map((text) => text.replace('.0/25', '.128/25'));
    const lower = set(...even);
    expect(lower.v4).toHaveLength(5_000);
    expect(isEmpty(intersect(lower, set(...odd)))).toBe(true);
    expect(union(lower, set(...odd)).v4).toHaveLength(1);
  });
});

/**
 * The toy universe: addresses as text of bits. Ranges have either very few bits or nearly all of them, so that every address
 * behaves like one of POINTS, which makes the model complete.
 */
type Family = 'v4' | 'v6';
const WIDTH = { v4: 32, v6: 128 };
interface Bits {
  readonly family: Family;
  readonly bits: string;
}
interface Point extends Bits {
  readonly text: string;
}
interface Leaf extends Bits {
  readonly length: number;
}
const fill = (family: Family, ones: string) => ones.padStart(WIDTH[family] - 22, '0').padEnd(WIDTH[family] - 4, '0');
const PAIRS = ['00', '01', '10', '11'];
const FILLS = ['0', '1'];
const UNUSED_FILL = '101';
const POINTS: readonly Point[] = (['v4', 'v6'] as const).flatMap((family) =>
  [...FILLS, UNUSED_FILL].flatMap((ones) =>
    PAIRS.flatMap((high) => PAIRS.map((low) => written({ family, bits: `${high}${fill(family, ones)}${low}` }))),
  ),
);
const leaf: fc.Arbitrary<Leaf> = fc
  .tuple(
    fc.constantFrom<Family>('v4', 'v6'),
    fc.constantFrom(...PAIRS),
    fc.constantFrom(...FILLS),
    fc.constantFrom(...PAIRS),
    fc.constantFrom(0, 1, 2, -2, -1, -0.5),
  )
  .map(([family, high, ones, low, length]) => ({
    family,
    bits: `${high}${fill(family, ones)}${low}`,
    length: length >= 0 ? length : Math.ceil(WIDTH[family] + length),
  }));

type Expression =
  | { readonly leaf: Leaf }
  | { readonly all: true }
  | { readonly operator: 'union' | 'intersect' | 'subtract'; readonly operands: readonly [Expression, Expression] };

const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 3, arbitrary: leaf.map((one) => ({ leaf: one })) },
    { weight: 1, arbitrary: fc.constant({ all: true as const }) },
    {
      weight: 6,
      arbitrary: fc.record({
        operator: fc.constantFrom('union' as const, 'intersect' as const, 'subtract' as const),
        operands: fc.tuple(tie('expression'), tie('expression')),
      }),
    },
  ),
}));

function evaluate(one: Expression): AddressSet {
  if ('all' in one) return ALL_ADDRESSES;
  if ('leaf' in one) return set(`${write(one.leaf)}/${one.leaf.length}`);
  const [a, b] = [evaluate(one.operands[0]), evaluate(one.operands[1])];
  return { union, intersect, subtract }[one.operator](a, b);
}

function inModel(one: Expression, { family, bits }: Bits): boolean {
  if ('all' in one) return true;
  if ('leaf' in one) return one.leaf.family === family && bits.startsWith(one.leaf.bits.slice(0, one.leaf.length));
  const [a, b] = [inModel(one.operands[0], { family, bits }), inModel(one.operands[1], { family, bits })];
  return { union: a || b, intersect: a && b, subtract: a && !b }[one.operator];
}

function written(address: Bits): Point {
  return { ...address, text: write(address) };
}

function chunks(text: string, size: number): string[] {
  return Array.from({ length: text.length / size }, (_, index) => text.slice(index * size, (index + 1) * size));
}

function write({ family, bits }: Bits): string {
  return family === 'v4'
    ? chunks(bits, 8)
        .map((octet) => Number.parseInt(octet, 2))
        .join('.')
    : chunks(bits, 16)
        .map((group) => Number.parseInt(group, 2).toString(16))
        .join(':');
}

/** Which points lie in ranges: by the lists of Node itself, one for each family, since Node finds IPv4 in `::/0`. */
function pointsIn(cidrs: readonly string[]): readonly boolean[] {
  const lists = { v4: new BlockList(), v6: new BlockList() };
  for (const cidr of cidrs) {
    const [address = '', length = ''] = cidr.split('/');
    if (address.includes(':')) lists.v6.addSubnet(address, Number(length), 'ipv6');
    else lists.v4.addSubnet(address, Number(length), 'ipv4');
  }
  return POINTS.map((point) => lists[point.family].check(point.text, point.family === 'v4' ? 'ipv4' : 'ipv6'));
}

describe('sets of addresses, compared with a model of bits', () => {
  it('are made of the same addresses, as a whole and written as ranges', () => {
    fc.assert(
      fc.property(expression, (one) => {
        const result = evaluate(one);
        const expected = POINTS.map((point) => inModel(one, point));
        expect(POINTS.map((point) => containsAddress(result, point.text))).toEqual(expected);
        expect(pointsIn(toCidrs(result))).toEqual(expected);
      }),
      { numRuns },
    );
  });

  it('are subset, overlapping, empty as the model is', () => {
    fc.assert(
      fc.property(expression, expression, (one, other) => {
        const [a, b] = [evaluate(one), evaluate(other)];
        const inA = POINTS.filter((point) => inModel(one, point));
        const inB = new Set(POINTS.filter((point) => inModel(other, point)));
        expect(isEmpty(a)).toBe(inA.length === 0);
        expect(isSubset(a, b)).toBe(inA.every((point) => inB.has(point)));
        expect(overlaps(a, b)).toBe(inA.some((point) => inB.has(point)));
        const witness = someAddress(subtract(a, b));
        expect(witness === undefined).toBe(inA.every((point) => inB.has(point)));
        if (witness) expect([containsAddress(a, witness), containsAddress(b, witness)]).toEqual([true, false]);
      }),
      { numRuns },
    );
  });

  it('are written as the fewest ranges, of which none can be joined, and equal where they contain the same', () => {
    fc.assert(
      fc.property(expression, (one) => {
        const result = evaluate(one);
        const cidrs = toCidrs(result);
        expect(set(...cidrs)).toEqual(result);
        const parents = cidrs.map((cidr) => {
          const [address = '', length = ''] = cidr.split('/');
          return `${length} ${bitsOf(address).slice(0, Math.max(0, Number(length) - 1))} ${address.includes(':')}`;
        });
        const joinable = parents.filter((parent, index) => !parent.startsWith('0 ') && parents.indexOf(parent) < index);
        expect(joinable).toEqual([]);
        const lengths = cidrs.map((cidr) => Number(cidr.split('/')[1]));
        const shown = widestCidr(result);
        expect(shown && Number(shown.split('/')[1])).toBe(cidrs.length === 0 ? undefined : Math.min(...lengths));
        for (const family of ['v4', 'v6'] as const) {
          for (const [index, { start, end }] of result[family].entries()) {
            expect(start < end).toBe(true);
            const next = result[family][index + 1];
            if (next) expect(end < next.start).toBe(true);
          }
        }
      }),
      { numRuns },
    );
  });

  /** The bits that all addresses of ::ffff:0:0/96 begin with. */
  const MAPPED = '1'.padStart(81, '0').padEnd(96, '1');
  const anyBits = fc.oneof(
    {
      weight: 1,
      arbitrary: fc
        .array(fc.nat(1), { minLength: 32, maxLength: 32 })
        .map((low): [Family, number[]] => ['v6', [...[...MAPPED].map(Number), ...low]]),
    },
    fc.tuple(fc.constant<Family>('v4'), fc.array(fc.nat(1), { minLength: 32, maxLength: 32 })),
    fc.tuple(
      fc.constant<Family>('v6'),
      fc
        .array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 })
        .map((groups) => groups.flatMap((group) => [...group.toString(2).padStart(16, '0')].map(Number))),
    ),
  );

  it('are read from every way to write a range', () => {
    const zeros = fc.array(fc.nat(3), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(anyBits, fc.nat(128), zeros, fc.boolean(), fc.nat(8), ([family, digits], cut, pad, dotted, at) => {
        const bits = digits.join('');
        const length = cut % (WIDTH[family] + 1);
        const text = sloppy({ family, bits }, pad, dotted, at);
        // What is mapped into IPv6, as far as all of it is, is IPv4.
        const isMapped = family === 'v6' && length >= MAPPED.length && bits.startsWith(MAPPED);
        const of = isMapped ? 'v4' : family;
        const first = bits.slice(isMapped ? MAPPED.length : 0, length);
        const start = BigInt(`0b0${first.padEnd(WIDTH[of], '0')}`);
        const end = BigInt(`0b0${first.padEnd(WIDTH[of], '1')}`) + 1n;
        expect(parseCidr(`${text}/${length}`)).toEqual({ ok: true, value: { v4: [], v6: [], [of]: [{ start, end }] } });
      }),
      { numRuns },
    );
  });

  it('write an address as browsers do', () => {
    fc.assert(
      fc.property(anyBits, ([family, digits]) => {
        const bits = digits.join('');
        // An embedded IPv4 address is written in decimal here, and in hexadecimal by browsers.
        fc.pre(family === 'v4' || EMBEDDINGS.every(({ upper }) => BigInt(`0b${bits}`) >> 32n !== upper));
        const text = write({ family, bits });
        const host = new URL(`http://${family === 'v4' ? text : `[${text}]`}/`).hostname.replaceAll(/[[\]]/g, '');
        expect(someAddress(set(text))).toBe(host);
      }),
      { numRuns },
    );
  });
});

/** Zeros before groups, the end of IPv6 in decimal, one run of zero groups left out: whichever is asked for and possible. */
function sloppy({ family, bits }: Bits, pad: readonly number[], dotted: boolean, at: number): string {
  const padded = (text: string, index: number) => `${'0'.repeat(pad[index] ?? 0)}${text}`;
  const decimal = (octets: string) =>
    chunks(octets, 8)
      .map((octet, index) => padded(String(Number.parseInt(octet, 2)), index))
      .join('.');
  if (family === 'v4') return decimal(bits);
  const groups = chunks(dotted ? bits.slice(0, 96) : bits, 16).map((group) => Number.parseInt(group, 2).toString(16));
  let end = at;
  while (groups[end] === '0') end += 1;
  const shown = (from: number, to: number) =>
    groups.slice(from, to).map((group, index) => padded(index % 2 === 0 ? group : group.toUpperCase(), from + index));
  const tail = dotted ? [decimal(bits.slice(96))] : [];
  if (end === at) return [...shown(0, groups.length), ...tail].join(':');
  return `${shown(0, at).join(':')}::${[...shown(end, groups.length), ...tail].join(':')}`;
}

/** The bits of an address that toCidrs wrote, by way of the parser of URLs. */
function bitsOf(address: string): string {
  if (!address.includes(':'))
    return address
      .split('.')
      .map((octet) => Number(octet).toString(2).padStart(8, '0'))
      .join('');
  const [head = '', tail = ''] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const middle = Array<string>(8 - groups(head).length - groups(tail).length).fill('0');
  return [...groups(head), ...middle, ...groups(tail)]
    .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0'))
    .join('');
}

import { failure, type Result, success } from '../k8s/result.ts';
import { type Address, BITS, type Family, readAddress, writeAddress } from './address-text.ts';
import { differenceOf, type Interval, intersectionOf, unionOf } from './intervals.ts';

/**
 * A set of IP addresses, IPv4 and IPv6 apart. Equal sets are equal values.
 *
 * IPv4-mapped addresses (`::ffff:0:0/96`) exist twice: whoever writes one means IPv4, as the API server reads it, and
 * `parseCidr` gives IPv4. A shorter prefix such as `::/0` contains them as IPv6 addresses, and no IPv4 address.
 */
export interface AddressSet {
  readonly v4: readonly Interval<bigint>[];
  readonly v6: readonly Interval<bigint>[];
}

export const NO_ADDRESSES: AddressSet = { v4: [], v6: [] };
export const ALL_ADDRESSES: AddressSet = {
  v4: [{ start: 0n, end: 1n << BigInt(BITS.v4) }],
  v6: [{ start: 0n, end: 1n << BigInt(BITS.v6) }],
};

/** The upper 96 bits of what is mapped. */
const MAPPED = 0xffffn;

/**
 * The addresses of a range, as the API server reads it: with ParseCIDRSloppy of k8s.io/utils/net, before it became
 * strict. Bits behind the prefix may be set, zeros may stand before an octet, which is decimal, or before the length of
 * the prefix. A range within `::ffff:0:0/96` is one of IPv4, since Go's `IPNet.Contains` makes IPv4 of it; Go finds no
 * IPv4 address in `::ffff:0:0/95`, in `::/0` and in what lies between.
 */
export function parseCidr(text: string): Result<AddressSet, string> {
  const slash = text.indexOf('/');
  const address = slash === -1 ? undefined : readAddress(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (address === undefined || !/^\d+$/.test(length)) {
    return failure('expected a range of addresses such as 10.0.0.0/8 or fd00::/8');
  }
  const longest = BITS[address.family];
  if (Number(length) > longest) return failure(`expected at most ${longest} bits behind the slash`);
  return success(block(address, Number(length)));
}

/** One IP address, as ParseIPSloppy reads it. What is mapped into IPv6 is the IPv4 address. */
export function parseAddress(text: string): Result<AddressSet, string> {
  const address = readAddress(text);
  if (address === undefined) return failure('expected an IP address such as 10.0.0.1 or fd00::1');
  return success(block(address, BITS[address.family]));
}

/** A range of addresses, or one address. */
export function parseRange(text: string): Result<AddressSet, string> {
  if (text.includes('/')) return parseCidr(text);
  const address = parseAddress(text);
  return address.ok ? address : failure('expected an IP address such as 10.0.0.1, or a range such as 10.0.0.0/8');
}

/**
 * Whether all who read a range read it alike, so far as it is one. Zeros before an octet are octal to some and an error to
 * others, and what is mapped into IPv6 is IPv4 to the API server, while others match no packet with it: an exception
 * written so takes nothing away there. Bits behind the prefix are the same to everyone.
 */
export function isUnambiguous(text: string): boolean {
  const address = readAddress(text.split('/', 1)[0] ?? '');
  const isMapped = address?.family === 'v6' && address.value >> 32n === MAPPED;
  // An octet with a zero before it, a group of more than four digits, a length with a zero before it.
  return !isMapped && !/(^|[.:])0\d+\.|\.0\d|[\da-f]{5}|\/0\d/i.test(text);
}

/** All addresses that have the first bits of one. */
function block({ family, value }: Address, length: number): AddressSet {
  const host = BigInt(BITS[family] - length);
  const start = (value >> host) << host;
  // With a shorter prefix than 96 bits the lowest bit of this would be zero.
  if (family === 'v6' && start >> 32n === MAPPED) {
    return block({ family: 'v4', value: value & 0xffff_ffffn }, length - (BITS.v6 - BITS.v4));
  }
  return { ...NO_ADDRESSES, [family]: [{ start, end: start + (1n << host) }] };
}

export function union(...sets: readonly AddressSet[]): AddressSet {
  return { v4: unionOf(sets.flatMap(({ v4 }) => v4)), v6: unionOf(sets.flatMap(({ v6 }) => v6)) };
}

export function intersect(a: AddressSet, b: AddressSet): AddressSet {
  return { v4: intersectionOf(a.v4, b.v4), v6: intersectionOf(a.v6, b.v6) };
}

/** What is in `a` and not in `b`. */
export function subtract(a: AddressSet, b: AddressSet): AddressSet {
  return { v4: differenceOf(a.v4, b.v4), v6: differenceOf(a.v6, b.v6) };
}

export function isEmpty({ v4, v6 }: AddressSet): boolean {
  return v4.length === 0 && v6.length === 0;
}

/** Whether every address of `a` is in `b`. */
export function isSubset(a: AddressSet, b: AddressSet): boolean {
  return isEmpty(subtract(a, b));
}

/** Whether some address is in both. */
export function overlaps(a: AddressSet, b: AddressSet): boolean {
  return !isEmpty(intersect(a, b));
}

/** Whether an address is in a set. What is no address is in none. */
export function containsAddress(set: AddressSet, text: string): boolean {
  const address = parseAddress(text);
  return address.ok && isSubset(address.value, set);
}

/**
 * The fewest ranges that make up a set, in ascending order, IPv4 first. What remains of the mapped addresses as IPv6 is
 * written as such, though whoever reads that text again gets IPv4.
 */
export function toCidrs(set: AddressSet): string[] {
  return [...blocksOf(set)].map(writeCidr);
}

/**
 * The range of a set that is the greatest part of its family, of equal ones the first: what to show of a set. Undefined
 * for the empty set.
 */
export function widestCidr(set: AddressSet): string | undefined {
  let widest: Block | undefined;
  for (const next of blocksOf(set)) if (widest === undefined || next.length < widest.length) widest = next;
  return widest && writeCidr(widest);
}

/** The first address of a set. Undefined for the empty set. */
export function someAddress({ v4, v6 }: AddressSet): string | undefined {
  if (v4[0]) return writeAddress({ family: 'v4', value: v4[0].start });
  return v6[0] && writeAddress({ family: 'v6', value: v6[0].start });
}

/** The addresses that begin with the first `length` bits of one, whose other bits are zero. */
interface Block extends Address {
  readonly length: number;
}

function* blocksOf(set: AddressSet): Generator<Block> {
  for (const family of ['v4', 'v6'] as const) {
    for (const { start, end } of set[family]) yield* blocksBetween(family, start, end);
  }
}

/** From the start, always the widest block that may begin there and does not go beyond the end. */
function* blocksBetween(family: Family, start: bigint, end: bigint): Generator<Block> {
  let value = start;
  let host = 0;
  while (value < end) {
    while (fits(family, value, host + 1, end)) host += 1;
    while (!fits(family, value, host, end)) host -= 1;
    yield { family, value, length: BITS[family] - host };
    value += 1n << BigInt(host);
  }
}

function fits(family: Family, value: bigint, host: number, end: bigint): boolean {
  const size = 1n << BigInt(host);
  return host <= BITS[family] && value % size === 0n && value + size <= end;
}

function writeCidr(block: Block): string {
  return `${writeAddress(block)}/${block.length}`;
}

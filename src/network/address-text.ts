/** How many bits an address has. */
export const BITS = { v4: 32, v6: 128 } as const;

export type Family = keyof typeof BITS;

export interface Address {
  readonly family: Family;
  readonly value: bigint;
}

/**
 * One address, as Go's ParseIPSloppy of k8s.io/utils/net reads it: octets are decimal, whatever zeros they begin with,
 * and a group of IPv6 may begin with as many. Zones, ports, brackets and spaces are no part of an address. What is
 * mapped into IPv6 (`::ffff:192.0.2.1`) is IPv6 here: what that means depends on where it stands.
 */
export function readAddress(text: string): Address | undefined {
  const v4 = readV4(text);
  if (v4 !== undefined) return { family: 'v4', value: v4 };
  const v6 = readV6(text);
  return v6 === undefined ? undefined : { family: 'v6', value: v6 };
}

function readV4(text: string): bigint | undefined {
  const octets = text.split('.');
  if (octets.length !== 4) return undefined;
  let value = 0n;
  for (const octet of octets) {
    if (!/^\d+$/.test(octet) || Number(octet) > 0xff) return undefined;
    value = (value << 8n) | BigInt(Number(octet));
  }
  return value;
}

function readV6(text: string): bigint | undefined {
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0) return undefined;
  const before = readGroups(head, { last: tail === undefined });
  const after = readGroups(tail ?? '', { last: true });
  if (before === undefined || after === undefined) return undefined;
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  let value = 0n;
  for (const group of [...before, ...Array<number>(missing).fill(0), ...after]) value = (value << 16n) | BigInt(group);
  return value;
}

/** @param last whether nothing follows: only there may the last two groups be written as an IPv4 address. */
function readGroups(text: string, { last }: { readonly last: boolean }): readonly number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  if (parts.length > 8) return undefined;
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    const embedded = last && index === parts.length - 1 ? readV4(part) : undefined;
    if (embedded !== undefined) groups.push(Number(embedded >> 16n), Number(embedded & 0xffffn));
    else if (/^[\da-f]+$/i.test(part) && Number.parseInt(part, 16) <= 0xffff) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** The canonical text of an address: RFC 5952 for IPv6, with the IPv4 address in decimal where one is embedded. */
export function writeAddress({ family, value }: Address): string {
  if (family === 'v4') return writeV4(value);
  const embedded = value & 0xffff_ffffn;
  const embedding = EMBEDDINGS.find(({ upper }) => value >> 32n === upper);
  return embedding && embedded !== 0n ? `${embedding.prefix}${writeV4(embedded)}` : writeV6(value);
}

/** The ranges of IPv6 whose addresses are 96 bits and an IPv4 address, which packets to them reach in the end. */
export const EMBEDDINGS = [
  { name: 'IPv4-mapped', prefix: '::ffff:', upper: 0xffffn, source: 'RFC 4291' },
  { name: 'NAT64', prefix: '64:ff9b::', upper: 0x64_ff9bn << 64n, source: 'RFC 6052' },
] as const;

function writeV4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.');
}

function writeV6(value: bigint): string {
  const groups = [112n, 96n, 80n, 64n, 48n, 32n, 16n, 0n].map((shift) => ((value >> shift) & 0xffffn).toString(16));
  const zeros = longestZeros(groups);
  if (zeros.length < 2) return groups.join(':');
  return `${groups.slice(0, zeros.start).join(':')}::${groups.slice(zeros.start + zeros.length).join(':')}`;
}

/** The longest run of zero groups, the first of several. */
function longestZeros(groups: readonly string[]): { readonly start: number; readonly length: number } {
  let longest = { start: 0, length: 0 };
  let length = 0;
  for (const [index, group] of groups.entries()) {
    length = group === '0' ? length + 1 : 0;
    if (length > longest.length) longest = { start: index - length + 1, length };
  }
  return longest;
}

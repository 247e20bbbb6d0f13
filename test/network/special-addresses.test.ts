import { describe, expect, it } from 'vitest';
import { type AddressSet, containsAddress, isSubset, overlaps, parseRange } from '../../src/network/addresses.ts';
import {
  METADATA_ADDRESSES,
  METADATA_SERVICES,
  PUBLIC_ADDRESSES,
  SPECIAL_RANGES,
} from '../../src/network/special-addresses.ts';

function range(text: string): AddressSet {
  const parsed = parseRange(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.error}`);
  return parsed.value;
}

/** Go and `parseCidr` read these as IPv4, so they are found as what a wide range of IPv6 contains. */
function mapped(address: string): AddressSet {
  const [value = { start: 0n, end: 0n }] = range(address).v4;
  return { v4: [], v6: [{ start: 0xffff_0000_0000n + value.start, end: 0xffff_0000_0000n + value.end }] };
}

describe('public addresses', () => {
  it.each([
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '172.15.255.255',
    '172.32.0.0',
    '192.0.0.9',
    '192.167.255.255',
    '223.255.255.255',
    '2606:4700::1111',
    '2001::1',
    '2002:a00:1::',
    '64:ff9b::1.1.1.1',
    '64:ff9b:1::1',
  ])('include %s', (address) => {
    expect(containsAddress(PUBLIC_ADDRESSES, address)).toBe(true);
  });

  it.each([
    '0.0.0.0',
    '10.0.0.0',
    '10.255.255.255',
    '100.64.0.0',
    '100.127.255.255',
    '127.0.0.1',
    '169.254.169.254',
    '172.16.0.0',
    '172.31.255.255',
    '192.0.2.1',
    '192.168.255.255',
    '198.19.255.255',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fd00:ec2::254',
    'fe80::1',
    'feff::1',
    'ff02::1',
    '2001:db8::1',
    '64:ff9b::10.0.0.1',
    '::ffff:10.0.0.1',
  ])('do not include %s', (address) => {
    expect(containsAddress(PUBLIC_ADDRESSES, address)).toBe(false);
  });

  it('are found in what is mapped, too', () => {
    expect(isSubset(mapped('1.1.1.1'), PUBLIC_ADDRESSES)).toBe(true);
    expect(overlaps(mapped('10.0.0.0/8'), PUBLIC_ADDRESSES)).toBe(false);
  });

  it('are exactly what no special range contains, but for those that lead out', () => {
    for (const { name, ranges, leadsOut } of SPECIAL_RANGES) {
      for (const text of ranges) expect([name, overlaps(range(text), PUBLIC_ADDRESSES)]).toEqual([name, !!leadsOut]);
    }
  });
});

describe('the addresses of metadata services', () => {
  it.each(METADATA_SERVICES.flatMap(({ addresses }) => addresses))('include %s', (address) => {
    expect(isSubset(range(address), METADATA_ADDRESSES)).toBe(true);
  });

  it.each(['169.254.169.253', '169.254.169.255', 'fd00:ec2::253', '64:ff9b::169.254.169.253'])(
    'leave %s',
    (address) => {
      expect(containsAddress(METADATA_ADDRESSES, address)).toBe(false);
    },
  );

  it('are found behind a translator, and in what is mapped', () => {
    expect(containsAddress(METADATA_ADDRESSES, '64:ff9b::a9fe:a9fe')).toBe(true);
    expect(isSubset(mapped('169.254.169.254'), METADATA_ADDRESSES)).toBe(true);
    for (const text of ['::/0', '64:ff9b::/96', '::fffe:0:0/95', '169.254.0.0/16', '::ffff:169.254.0.0/112']) {
      expect(overlaps(range(text), METADATA_ADDRESSES)).toBe(true);
    }
  });
});

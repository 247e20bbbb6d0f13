import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCidr } from '../../src/network/addresses.ts';
import { EXPOSING_ANNOTATIONS } from '../../src/network/exposures.ts';
import { LOAD_BALANCER_CLASSES, WIDENING_ANNOTATIONS } from '../../src/network/load-balancers.ts';
import type { NetworkSettings } from '../../src/network/settings.ts';
import { sourceProblem } from '../../src/network/source-ranges.ts';
import { SETTINGS } from '../support/policies.ts';

function settingsWith(ranges: readonly string[]): NetworkSettings {
  const clients = ranges.map((range) => {
    const parsed = parseCidr(range);
    if (!parsed.ok) throw new Error(parsed.error);
    return { of: 'addresses' as const, addresses: parsed.value };
  });
  return { ...SETTINGS.network, clients };
}

/** A range within 198.51.100.0/28, and the last numbers of its addresses, counted one by one. */
const small = fc.tuple(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 28, max: 32 })).map(([last, length]) => ({
  text: `198.51.100.${last}/${length}`,
  lasts: Array.from({ length: 16 }, (_, each) => each).filter(
    (each) => each >> (32 - length) === last >> (32 - length),
  ),
}));

describe('ranges that a way in is open to', () => {
  it('may hold what the configuration names, in whatever pieces, and nothing else', () => {
    const outcomes = new Set<boolean>();
    fc.assert(
      fc.property(fc.array(small, { maxLength: 4 }), fc.array(small, { maxLength: 4 }), (open, named) => {
        const allowed = new Set(named.flatMap(({ lasts }) => lasts));
        const expected = open.flatMap(({ lasts }) => lasts).every((last) => allowed.has(last));
        const problem = sourceProblem(
          open.map(({ text }) => text),
          settingsWith(named.map(({ text }) => text)),
        );
        outcomes.add(expected);
        expect(problem === undefined).toBe(expected);
      }),
      { numRuns: 1000 },
    );
    expect(outcomes.size).toBe(2);
  });

  it.each([
    ['0.0.0.0/0', 'lets in every IPv4 address'],
    ['10.1.2.3/0', 'lets in every IPv4 address'],
    ['000.0.0.0/0', 'holds "000.0.0.0/0", which not everybody reads alike'],
    ['0.0.0.0/00', 'holds "0.0.0.0/00", which not everybody reads alike'],
    ['::ffff:0:0/96', 'holds "::ffff:0:0/96", which not everybody reads alike'],
    ['0.0.0.0/1,128.0.0.0/1', 'lets in every IPv4 address'],
    [' 0.0.0.0/2, 64.0.0.0/2 ,128.0.0.0/1', 'lets in every IPv4 address'],
    ['::/0', 'lets in every IPv6 address'],
    ['::/1,8000::/1', 'lets in every IPv6 address'],
    ['', 'holds "", which is no range'],
    ['10.0.0.1', 'holds "10.0.0.1", which is no range'],
    ['everybody', 'holds "everybody", which is no range'],
  ])('%s: %s', (ranges, found) => {
    // Whatever the configuration says.
    const everything = settingsWith(['0.0.0.0/1', '128.0.0.0/1', '::/0']);
    expect(sourceProblem(ranges.split(','), everything)?.found).toBe(found);
  });

  it('shows the widest range that is too much', () => {
    const problem = sourceProblem(['198.51.100.0/24', '203.0.113.0/30'], settingsWith(['198.51.100.0/26']));
    expect(problem?.found).toBe('lets in 198.51.100.128/25, which network.clients does not name');
  });
});

describe('the tables of load balancers', () => {
  it('name each class and each annotation once, and where it was read', () => {
    const classes = LOAD_BALANCER_CLASSES.map(({ name }) => name);
    expect(classes).toEqual([...new Set(classes)]);
    for (const table of [EXPOSING_ANNOTATIONS, WIDENING_ANNOTATIONS]) {
      const keys = table.map(({ key }) => key);
      expect(keys).toEqual([...new Set(keys)].sort());
      for (const { source } of table) expect(source).not.toBe('');
    }
    for (const { source } of LOAD_BALANCER_CLASSES) expect(source).not.toBe('');
  });
});

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SMALL_BODY_BYTES } from '../../src/serve/body.ts';
import { memoryBudget, openAccounts } from '../../src/serve/memory-budget.ts';
import { MOST_TIMES } from '../../src/serve/parse.ts';
import { MOST_BODY_BYTES } from '../../src/serve/refusals.ts';

const MIB = 1024 * 1024;
const [, percentage] = /--max-old-space-size-percentage=(\d+)/.exec(readFileSync('Dockerfile', 'utf8')) ?? [];
/** The heap that the image's flags make of a limit: old and young generation. */
const heapOf = (limit: number) => (limit * Number(percentage)) / 100 + 48 * MIB;

describe.each([192, 256, 384, 512, 1024, 4096])('under a limit of %i MiB, with the flags of the image', (mebibytes) => {
  const limit = mebibytes * MIB;
  const budget = memoryBudget({ process: limit, heap: heapOf(limit) });

  it('everything together stays below it', () => {
    expect(budget).toMatchObject({ limit, tooLarge: false });
    expect(budget.bodies + budget.objects).toBeLessThan(limit / 2);
  });

  it('the largest body finds room beside small ones', () => {
    const { bodies, objects } = openAccounts(budget);
    expect(bodies.holds(MOST_BODY_BYTES)).toBe(true);
    expect(objects.holds(SMALL_BODY_BYTES * MOST_TIMES)).toBe(true);
  });

  it('an update of two pods of 1.5 MB finds room as objects', () => {
    // What such a body weighs (test/serve/json-cost.test.ts), and its text.
    expect(openAccounts(budget).objects.holds(27 * MIB)).toBe(true);
  });
});

it('says when the heap may outgrow the limit', () => {
  const heap = 304 * MIB;
  expect(memoryBudget({ process: 256 * MIB, heap }).tooLarge).toBe(true);
  expect(memoryBudget({ process: 512 * MIB, heap }).tooLarge).toBe(false);
});

it('is generous where no limit is known', () => {
  const heap = 4096 * MIB;
  expect(memoryBudget({ process: undefined, heap })).toEqual(
    expect.objectContaining({ ...memoryBudget({ process: 1024 * MIB, heap }), tooLarge: false }),
  );
});

it('reckons with a heap as large as Node makes it', () => {
  const flags = ['--max-semi-space-size=12', '--max-old-space-size=100'];
  const script = 'console.log(require("node:v8").getHeapStatistics().heap_size_limit)';
  const limit = Number(execFileSync(process.execPath, [...flags, '-e', script], { encoding: 'utf8' }));
  expect(limit).toBe(148 * MIB);
});

import { describe, expect, it } from 'vitest';
import { draw, isBelow, type Share, shuffled } from '../../../scripts/mutants/draw.ts';
import type { Mutant } from '../../../scripts/mutants/sites.ts';

function mutant(file: string, start: number, weight = 1): Mutant {
  return { file, start, end: start + 1, weight, operator: 'o', text: '', line: 1, code: '', before: '', after: '' };
}

const MUTANTS = Array.from({ length: 400 }, (_, index) => mutant(index % 8 === 0 ? 'src/a/b.ts' : 'src/c.ts', index));
const namesOf = (mutants: readonly Mutant[]) => mutants.map(({ start }) => start);

async function drawn(
  count: number,
  shares: readonly Share[] = [],
  isUsable = async (_: Mutant) => true,
): Promise<Mutant[]> {
  return Array.fromAsync(draw(shuffled(MUTANTS, 7), count, shares, isUsable));
}

describe('the order', () => {
  it('holds every mutant once, and is the same for the same seed alone', () => {
    const order = namesOf(shuffled(MUTANTS, 7));
    expect([...order].sort((a, b) => a - b)).toEqual(namesOf(MUTANTS));
    expect(namesOf(shuffled([...MUTANTS].reverse(), 7))).toEqual(order);
    expect(namesOf(shuffled(MUTANTS, 8))).not.toEqual(order);
  });

  it('brings what weighs more to the front', () => {
    const mixed = MUTANTS.map((each, index) => ({ ...each, weight: index < 200 ? 1 : 0.05 }));
    const heavy = shuffled(mixed, 7)
      .slice(0, 100)
      .filter(({ weight }) => weight === 1);
    expect(heavy.length).toBeGreaterThan(75);
  });
});

describe('a draw', () => {
  it('takes the first of the order, each once', async () => {
    expect(namesOf(await drawn(20))).toEqual(namesOf(shuffled(MUTANTS, 7)).slice(0, 20));
  });

  it('takes another where one cannot be used', async () => {
    const odd = await drawn(20, [], async ({ start }) => start % 2 === 1);
    expect(odd).toHaveLength(20);
    expect(odd.every(({ start }) => start % 2 === 1)).toBe(true);
  });

  it('begins with what has a share, and takes no mutant twice', async () => {
    const all = await drawn(40, [{ path: 'src/a', least: 15 }]);
    expect(all.slice(0, 15).every(({ file }) => file === 'src/a/b.ts')).toBe(true);
    expect(new Set(namesOf(all)).size).toBe(40);
  });

  it('says where there are not as many', async () => {
    await expect(drawn(500)).rejects.toThrow('there are only 400 mutants that compile');
    await expect(drawn(400, [{ path: 'src/a', least: 60 }])).rejects.toThrow('only 50 mutants that compile in src/a');
  });
});

it('a path names a file, or all that is below a folder', () => {
  expect(isBelow('src/a/b.ts', 'src/a')).toBe(true);
  expect(isBelow('src/a/b.ts', 'src/a/b.ts')).toBe(true);
  expect(isBelow('src/a/b.ts', '')).toBe(true);
  expect(isBelow('src/ab.ts', 'src/a')).toBe(false);
});

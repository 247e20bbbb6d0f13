import { createHash } from 'node:crypto';
import type { Mutant } from './sites.ts';

/** At least so many of a draw come from below a path. */
export interface Share {
  readonly path: string;
  readonly least: number;
}

/**
 * The mutants in the order in which they are drawn: by chance, by their weights, the same for the same seed. Whoever
 * takes from the front draws without putting back.
 */
export function shuffled(mutants: readonly Mutant[], seed: number): Mutant[] {
  // Of independent exponential times with these rates, the first is each with a chance in proportion to its rate.
  const timed = mutants.map((mutant) => ({ mutant, time: -Math.log(1 - chance(seed, mutant)) / mutant.weight }));
  return timed.sort((a, b) => a.time - b.time).map(({ mutant }) => mutant);
}

/**
 * Takes the first of the order that are usable: the shares first, then whatever comes.
 * @param isUsable asked once of each, in order, until there are enough
 * @throws Error where there are not as many
 */
export async function* draw(
  order: readonly Mutant[],
  count: number,
  shares: readonly Share[],
  isUsable: (mutant: Mutant) => Promise<boolean>,
): AsyncGenerator<Mutant> {
  const asked = new Set<Mutant>();
  let taken = 0;
  for (const { path, least } of [...shares, { path: '', least: Number.POSITIVE_INFINITY }]) {
    let own = 0;
    for (const mutant of order) {
      if (taken >= count) return;
      if (own >= least) break;
      if (asked.has(mutant) || !isBelow(mutant.file, path)) continue;
      asked.add(mutant);
      if (!(await isUsable(mutant))) continue;
      own++;
      taken++;
      yield mutant;
    }
    if (own < least && taken < count) {
      throw new Error(`there are only ${path === '' ? taken : own} mutants that compile${path && ` in ${path}`}`);
    }
  }
}

/** Whether a file is the one that a path names, or lies in that folder. */
export function isBelow(file: string, path: string): boolean {
  return path === '' || file === path || file.startsWith(`${path}/`);
}

/** A number from 0 up to 1, as good as any, that hangs on the seed and on the mutant alone. */
function chance(seed: number, { file, start, end, text }: Mutant): number {
  const digest = createHash('sha256')
    .update(JSON.stringify([seed, file, start, end, text]))
    .digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}

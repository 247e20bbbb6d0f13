import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type MutantsOptions, parseMutantsArguments, USAGE } from './mutants/arguments.ts';
import { draw, isBelow, shuffled } from './mutants/draw.ts';
import { equivalentOf, readEquivalents, staleEquivalents } from './mutants/equivalents.ts';
import { describeMutant, type Result, resultText, summaryText, survivorsOf } from './mutants/report.ts';
import { type Mutant, mutantsOf } from './mutants/sites.ts';
import { compiles, runBaseline, tryMutant } from './mutants/trial.ts';
import { openWorkshop, type Workshop } from './mutants/workshop.ts';

const ROOT = resolve(import.meta.dirname, '..');
const EQUIVALENTS = join(ROOT, 'scripts/mutants/equivalents.yaml');
/** More survived than may; and what a person has to change first. */
const [TOO_MANY, BAD_SETUP] = [1, 3];

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  let workshop: Workshop | undefined;
  try {
    const options = parseMutantsArguments(argv, ROOT);
    if (options === 'help') {
      process.stdout.write(USAGE);
      return 0;
    }
    workshop = openWorkshop(ROOT);
    const { close } = workshop;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        close();
        process.exit(TOO_MANY);
      });
    }
    return await run(workshop, options);
  } catch (error) {
    progress('');
    process.stderr.write(`mutants: ${error instanceof Error ? error.message : String(error)}\n`);
    return BAD_SETUP;
  } finally {
    workshop?.close();
  }
}

async function run(workshop: Workshop, options: MutantsOptions): Promise<number> {
  const { count, seed, paths, shares, survivors } = options;
  const all = sourceFiles().flatMap((file) => mutantsOf(file, readFileSync(join(ROOT, file), 'utf8')));
  const equivalents = readEquivalents(EQUIVALENTS);
  const [stale] = staleEquivalents(all, equivalents);
  if (stale)
    throw new Error(`${EQUIVALENTS}: no mutant of ${stale.file} is ${stale.before} -> ${stale.after} any more`);
  const possible = all.filter(({ file }) => paths.length === 0 || paths.some((path) => isBelow(file, path)));
  process.stdout.write(`seed ${seed}: ${count} of ${possible.length} possible mutants\n\n`);

  let rejected = 0;
  const isUsable = async (mutant: Mutant) => {
    const usable = await compiles(workshop, mutant);
    if (!usable) rejected++;
    return usable;
  };
  const drawn = draw(shuffled(possible, seed), count, shares, isUsable);
  if (options.list) {
    for await (const mutant of drawn) process.stdout.write(`${describeMutant(mutant)}\n`);
    return 0;
  }

  progress('all tests, without any mutant');
  const baseline = await runBaseline(workshop);
  const results: Result[] = [];
  for await (const mutant of drawn) {
    progress(`${results.length + 1} of ${count}: ${mutant.file}:${mutant.line}, ${mutant.operator}`);
    const equivalent = equivalentOf(mutant, equivalents);
    const outcome = equivalent ? { equivalent } : await tryMutant(workshop, mutant, baseline);
    const result = { mutant, outcome };
    results.push(result);
    progress('');
    process.stdout.write(resultText(result));
  }
  process.stdout.write(summaryText(results, seed, rejected));
  return survivorsOf(results).length > survivors ? TOO_MANY : 0;
}

function sourceFiles(): string[] {
  return readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .map((path) => `src/${path.replaceAll('\\', '/')}`)
    .sort();
}

/** One line that the next one replaces; only where a person watches. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

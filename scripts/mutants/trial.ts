import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Mutant, mutated } from './sites.ts';
import { type FileRun, runTests, type TestRun } from './test-run.ts';
import type { Workshop } from './workshop.ts';

/** What became of a mutant. */
export type Outcome =
  | { readonly survived: true }
  /** By which test, or what else told it from the program as it is. */
  | { readonly survived: false; readonly killedBy: string };

/** The run of the program as it is, against which mutants are measured. */
export interface Baseline {
  readonly milliseconds: number;
}

/** How much longer than everything a run may take, before the mutant counts as one that never ends. */
const PATIENCE = 4;
const LEAST_PATIENCE_MS = 900_000;
const COMPILE_MS = 600_000;
const BASELINE_MS = 3_600_000;
/** Read by the configuration of the tests. */
const DURATIONS = 'scripts/mutants/durations.json';
/** What is unused or unreachable because of a mutant is no error in it. What did not change is not checked again. */
const LENIENT = ['--noUnusedLocals', 'false', '--noUnusedParameters', 'false', '--allowUnreachableCode', 'true'];
const INCREMENTAL = ['--incremental', '--tsBuildInfoFile', 'mutants.tsbuildinfo'];

/**
 * Runs all tests once, as they are, and notes how long each file takes.
 * @throws Error where they fail
 */
export async function runBaseline(workshop: Workshop): Promise<Baseline> {
  const started = Date.now();
  const run = await runTests(workshop, ['run'], BASELINE_MS);
  const milliseconds = Date.now() - started;
  if (run.failure !== undefined) {
    // What failed because the machine is busy passes by itself.
    const failed = run.files.flatMap(({ file, passed }) => (passed ? [] : [file]));
    const { failure } = failed.length > 0 ? await runTests(workshop, ['run', ...failed], BASELINE_MS) : run;
    if (failure !== undefined) throw new Error(`the tests fail without any mutant: ${failure}`);
  }
  const durations = Object.fromEntries(run.files.map((each) => [each.file, each.milliseconds]));
  writeFileSync(join(workshop.folder, DURATIONS), JSON.stringify(durations));
  return { milliseconds };
}

/** Whether the type checker takes the program with the mutant in it. */
export async function compiles(workshop: Workshop, mutant: Mutant): Promise<boolean> {
  return withMutant(workshop, mutant, async () => {
    const { code } = await workshop.run('tsc', [...LENIENT, ...INCREMENTAL], COMPILE_MS);
    return code === 0;
  });
}

/** Runs the tests that reach the mutant's file, and then all others, until one fails. */
export async function tryMutant(workshop: Workshop, mutant: Mutant, { milliseconds }: Baseline): Promise<Outcome> {
  const limit = Math.max(milliseconds * PATIENCE, LEAST_PATIENCE_MS);
  return withMutant(workshop, mutant, async () => {
    const related = await untilFailure(workshop, ['related', '--run', mutant.file], [], limit);
    const { failure } =
      related.failure === undefined ? await untilFailure(workshop, ['run'], related.done, limit) : related;
    return failure === undefined ? { survived: true } : { survived: false, killedBy: failure };
  });
}

/**
 * Runs tests until one fails because of the mutant: one that passes when it is asked again failed because the machine is
 * busy, and counts as one that passes.
 * @param done files that need not run again
 */
async function untilFailure(
  workshop: Workshop,
  args: readonly string[],
  done: readonly string[],
  limit: number,
): Promise<{ readonly failure: string | undefined; readonly done: readonly string[] }> {
  const options = ['--passWithNoTests', '--bail', '1'];
  const excluded = done.flatMap((file) => ['--exclude', file]);
  const run = await runTests(workshop, [...args, ...options, ...excluded], limit);
  const passed = [...done, ...passedIn(run)];
  if (run.failure === undefined || run.expired) return { failure: run.failure, done: passed };
  const again = await runTests(
    workshop,
    run.failedFile ? ['run', ...options, run.failedFile] : [...args, ...options, ...excluded],
    limit,
  );
  if (again.failure !== undefined) return { failure: again.failure, done: passed };
  if (!run.failedFile) return { failure: undefined, done: [...done, ...passedIn(again)] };
  return untilFailure(workshop, args, [...passed, run.failedFile], limit);
}

function passedIn({ files }: TestRun): string[] {
  return files.filter(({ passed }: FileRun) => passed).map(({ file }) => file);
}

async function withMutant<T>({ folder }: Workshop, mutant: Mutant, work: () => Promise<T>): Promise<T> {
  const path = join(folder, mutant.file);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, mutated(text, mutant));
  try {
    return await work();
  } finally {
    writeFileSync(path, text);
  }
}

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Mutant, mutated } from './sites.ts';
import type { Workshop } from './workshop.ts';

/** What became of a mutant. */
export type Outcome =
  | { readonly survived: true }
  /** By which test, or what else told it from the program as it is. */
  | { readonly survived: false; readonly killedBy: string };

/** The run of the program as it is, against which mutants are measured. */
export interface Baseline {
  readonly milliseconds: number;
  readonly tests: number;
}

/** How much longer than everything a run may take, before the mutant counts as one that never ends. */
const PATIENCE = 4;
const COMPILE_MS = 120_000;
const BASELINE_MS = 1_200_000;
const CONFIG = 'scripts/mutants/vitest.config.ts';
/** Read by that configuration. */
const DURATIONS = 'scripts/mutants/durations.json';
const REPORT = 'mutants-report.json';
/** What is unused or unreachable because of a mutant is no error in it. What did not change is not checked again. */
const LENIENT = ['--noUnusedLocals', 'false', '--noUnusedParameters', 'false', '--allowUnreachableCode', 'true'];
const INCREMENTAL = ['--incremental', '--tsBuildInfoFile', 'mutants.tsbuildinfo'];

/**
 * Runs all tests once, as they are, and notes how long each file takes.
 * @throws Error where they fail
 */
export async function runBaseline(workshop: Workshop): Promise<Baseline> {
  const started = Date.now();
  const { failure, files, tests } = await runTests(workshop, ['run'], BASELINE_MS);
  const milliseconds = Date.now() - started;
  if (failure !== undefined) throw new Error(`the tests fail without any mutant: ${failure}`);
  writeFileSync(join(workshop.folder, DURATIONS), JSON.stringify(Object.fromEntries(files)));
  return { milliseconds, tests };
}

/** Whether the type checker takes the program with the mutant in it. */
export async function compiles(workshop: Workshop, mutant: Mutant): Promise<boolean> {
  return withMutant(
    workshop,
    mutant,
    async () => (await workshop.run('tsc', [...LENIENT, ...INCREMENTAL], COMPILE_MS)).code === 0,
  );
}

/** Runs the tests that reach the mutant's file, and then all others, until one fails. */
export async function tryMutant(workshop: Workshop, mutant: Mutant, { milliseconds }: Baseline): Promise<Outcome> {
  const limit = milliseconds * PATIENCE;
  return withMutant(workshop, mutant, async () => {
    const related = await runTests(
      workshop,
      ['related', '--run', '--passWithNoTests', '--bail', '1', mutant.file],
      limit,
    );
    if (related.failure !== undefined) return { survived: false, killedBy: related.failure };
    const done = related.files.flatMap(([file]) => ['--exclude', file]);
    const others = await runTests(workshop, ['run', '--passWithNoTests', '--bail', '1', ...done], limit);
    return others.failure === undefined ? { survived: true } : { survived: false, killedBy: others.failure };
  });
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

interface TestRun {
  /** What failed; undefined where nothing did. */
  readonly failure: string | undefined;
  /** The files that ran, each with its milliseconds. */
  readonly files: readonly (readonly [file: string, milliseconds: number])[];
  readonly tests: number;
}

async function runTests(workshop: Workshop, args: readonly string[], milliseconds: number): Promise<TestRun> {
  const path = join(workshop.folder, REPORT);
  rmSync(path, { force: true });
  const options = ['--config', CONFIG, '--reporter', 'json', '--outputFile', path];
  const { code, output } = await workshop.run('vitest', [...args, ...options], milliseconds);
  const none = { files: [], tests: 0 };
  if (code === undefined) return { failure: `no end after ${Math.round(milliseconds / 1000)} s`, ...none };
  const report = readReport(path);
  if (!report) return { failure: code === 0 ? undefined : `the run: ${lastLine(output)}`, ...none };
  const files = report.testResults.map(
    ({ name, startTime, endTime }) => [relative(workshop.folder, name), Math.round(endTime - startTime)] as const,
  );
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults).length;
  return {
    failure: code === 0 ? undefined : (failureIn(report, workshop) ?? `the run: ${lastLine(output)}`),
    files,
    tests,
  };
}

/** The fields that we read of Vitest's JSON report. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly startTime: number;
    readonly endTime: number;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

function readReport(path: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** A test that failed, else a file that could not be read; others were only cut off by the first failure. */
function failureIn({ testResults }: Report, { folder }: Workshop): string | undefined {
  for (const { name, assertionResults } of testResults) {
    const failed = assertionResults.find(({ status }) => status === 'failed');
    if (failed) return `${relative(folder, name)}: ${failed.fullName}`;
  }
  const broken = testResults.find(({ status, message }) => status === 'failed' && message !== '');
  return broken && `${relative(folder, broken.name)}: ${broken.message.split('\n')[0]}`;
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1) ?? '';
}

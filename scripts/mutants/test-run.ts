import { readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Workshop } from './workshop.ts';

/** One run of Vitest. */
export interface TestRun {
  /** What failed; undefined where nothing did. */
  readonly failure: string | undefined;
  /** Undefined where it was no test of a file. */
  readonly failedFile: string | undefined;
  /** Whether it had not ended when the time was over. */
  readonly expired: boolean;
  readonly files: readonly FileRun[];
}

export interface FileRun {
  /** From the root of the workshop. */
  readonly file: string;
  readonly milliseconds: number;
  /** Not where it was cut off, because another failed. */
  readonly passed: boolean;
}

/** The fields that we read of Vitest's JSON report. */
interface FileResult {
  readonly name: string;
  readonly startTime: number;
  readonly endTime: number;
  readonly status: string;
  readonly message: string;
  readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
}

const CONFIG = 'scripts/mutants/vitest.config.ts';
const REPORT = 'mutants-report.json';

/** Runs Vitest in the workshop: `run`, or `related` with the options of either. */
export async function runTests(workshop: Workshop, args: readonly string[], milliseconds: number): Promise<TestRun> {
  const path = join(workshop.folder, REPORT);
  rmSync(path, { force: true });
  // The first reporter says what went wrong outside of tests, the second what became of each.
  const reporters = ['--reporter', 'default', '--reporter', 'json', '--outputFile', path];
  const { code, output } = await workshop.run('vitest', [...args, '--config', CONFIG, ...reporters], milliseconds);
  const results = readReport(path);
  const pathOf = ({ name }: FileResult) => relative(workshop.folder, name);
  const files = results.map((result) => ({
    file: pathOf(result),
    milliseconds: Math.round(result.endTime - result.startTime),
    passed: result.status === 'passed',
  }));
  if (code === undefined) {
    const failure = `no end after ${Math.round(milliseconds / 1000)} s`;
    return { failure, failedFile: undefined, expired: true, files };
  }
  if (code === 0) return { failure: undefined, failedFile: undefined, expired: false, files };
  const failed = failureIn(results);
  const failure = failed ? `${pathOf(failed.result)}: ${failed.what}` : `the run: ${problemIn(output)}`;
  return { failure, failedFile: failed && pathOf(failed.result), expired: false, files };
}

/** Nothing where the run ended before it could report. */
function readReport(path: string): readonly FileResult[] {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).testResults;
  } catch {
    return [];
  }
}

/** A test that failed, else a file that could not be read; others were only cut off by the first failure. */
function failureIn(results: readonly FileResult[]): { readonly result: FileResult; readonly what: string } | undefined {
  for (const result of results) {
    const failed = result.assertionResults.find(({ status }) => status === 'failed');
    if (failed) return { result, what: failed.fullName };
  }
  const result = results.find(({ status, message }) => status === 'failed' && message !== '');
  return result && { result, what: result.message.split('\n')[0] ?? '' };
}

/** What went wrong outside of every test. */
function problemIn(output: string): string {
  const lines = output.trim().split('\n');
  return (lines.find((line) => /\b\w*Error:/.test(line)) ?? lines.at(-1) ?? '').trim();
}

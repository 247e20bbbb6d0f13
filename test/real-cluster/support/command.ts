import { runProgram } from '../../support/command-line.ts';
import type { RunResult } from '../harness/run.ts';

/** Runs a command line of the program in this process, with no environment; standard input is empty. */
export function runCommand(args: readonly string[]): Promise<RunResult> {
  return runProgram(args, { now: new Date() });
}

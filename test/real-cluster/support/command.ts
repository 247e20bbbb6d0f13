import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { CommandContext } from '../../../src/cli/shared/context.ts';
import type { RunResult } from '../harness/run.ts';

type Command = (args: readonly string[], context: CommandContext) => Promise<number>;

/** Runs a command of the program in this process, with no environment; standard input is empty. */
export async function runCommand(command: Command, args: readonly string[]): Promise<RunResult> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end();
  const signal = new AbortController().signal;
  const code = await command(args, { stdin, stdout, stderr, env: {}, now: () => new Date(), signal });
  stdout.end();
  stderr.end();
  return { code, stdout: await text(stdout), stderr: await text(stderr) };
}

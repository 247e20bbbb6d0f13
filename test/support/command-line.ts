import { readFileSync } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCommandLine } from '../../src/cli/command-line.ts';
import type { Program } from '../../src/cli/shared/context.ts';
import type { MemoryLimits } from '../../src/serve/memory-budget.ts';

const { name, version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

/** The program as it names itself in tests. */
export const PROGRAM: Program = { name, version, node: process.version };

/** More than any test takes. */
export const MEMORY: MemoryLimits = { process: undefined, heap: 4 * 1024 ** 3 };

/** What a command left behind. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a command finds around it; by default nothing. */
export interface Surroundings {
  readonly stdin?: string | Buffer;
  /** Whether both outputs are terminals. */
  readonly terminal?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly now?: Date;
  readonly signal?: AbortSignal;
}

/** Runs a command line as main.ts does, in this process, with streams of its own. */
export async function runProgram(args: readonly string[], around: Surroundings = {}): Promise<Ran> {
  const { stdin = '', terminal = false, env = {}, now = new Date('2026-11-01T00:00:00Z') } = around;
  const stream = () => Object.assign(new PassThrough(), terminal && { isTTY: true });
  const [stdout, stderr] = [stream(), stream()];
  const said = Promise.all([text(stdout), text(stderr)]);
  const code = await runCommandLine(args, {
    stdout,
    stderr,
    stdin: Readable.from([Buffer.from(stdin)]),
    env,
    now: () => now,
    signal: around.signal ?? new AbortController().signal,
    program: PROGRAM,
    memory: MEMORY,
  });
  stdout.end();
  stderr.end();
  const [out, err] = await said;
  return { code, stdout: out, stderr: err };
}

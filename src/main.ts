#!/usr/bin/env node
import { isatty } from 'node:tty';
import { getHeapStatistics } from 'node:v8';
import manifest from '../package.json' with { type: 'json' };
import { EXIT, type Program } from './cli/shared/context.ts';
import { describeCrash } from './cli/shared/crash.ts';
import { openOutput, writeNow } from './runtime/output.ts';

const [STDOUT, STDERR] = [1, 2];
/** What a write to a pipe that its reader has closed ends with; the second where a parent made it of two sockets, and left something unread. */
const CLOSED = new Set<string | undefined>(['EPIPE', 'ECONNRESET']);
const program: Program = { name: manifest.name, version: manifest.version, node: process.version };

// What nobody caught leaves nothing behind that could be relied on. Whatever can fail comes after this, loading it, too.
process.on('uncaughtException', (error) => {
  writeNow(STDERR, describeCrash(error, { program, env: process.env }));
  process.exit(EXIT.crashed);
});

const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    // The first asks for an orderly end, the second does not wait for it.
    if (stopping.signal.aborted) process.exit(signal === 'SIGTERM' ? 143 : 130);
    stopping.abort();
  });
}

// Where nothing limits the process this is no number that could be meant: 0, or nearly 2 to the power of 63 or 64.
const limit = process.constrainedMemory();
const memory = {
  process: limit > 0 && Number.isSafeInteger(limit) ? limit : undefined,
  heap: getHeapStatistics().heap_size_limit,
};

const stdout = openOutput(STDOUT, isatty(STDOUT) ? process.stdout : undefined);
const stderr = openOutput(STDERR, isatty(STDERR) ? process.stderr : undefined);
const { runCommandLine } = await import('./cli/command-line.ts');
const code = await runCommandLine(process.argv.slice(2), {
  stdout: stdout.stream,
  stderr: stderr.stream,
  stdin: process.stdin,
  env: process.env,
  now: () => new Date(),
  signal: stopping.signal,
  program,
  memory,
});
process.exitCode = code;

// Whoever closes a pipe has read enough; whoever cannot store a report must not take what there is for all of it.
const failure = await stdout.settled();
if (failure !== undefined && !CLOSED.has(failure.code)) {
  stderr.stream.write(`${program.name}: standard output could not be written to its end: ${failure.message}\n`);
  if (code !== EXIT.crashed) process.exitCode = EXIT.usage;
}
await stderr.settled();

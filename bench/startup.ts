import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from './table.ts';

/** What it takes until a process answers, and what it holds before it is asked anything. */
export interface Startup {
  /** Milliseconds from the start of the process to the first answer of 200; to its end for one that only starts and ends. */
  readonly readyMs: number;
  /** Resident memory once nothing happens any more; undefined for one that has ended. */
  readonly idleRssBytes?: number;
}

/** A program of Node, and where it answers once it is ready. */
export interface StartupSubject {
  /** For `node`. */
  readonly args: readonly string[];
  /** The address that answers with 200, from the first line of JSON that the process writes; without it the process only ends. */
  readonly readyAt?: (line: string) => string;
}

/** Garbage collectors and JIT compilers go on for a while after the start. */
const IDLE_MS = 3000;
const BETWEEN_ASKS_MS = 2;

/** The medians of several starts, one at a time. */
export async function startup(subject: StartupSubject, repeats: number): Promise<Startup> {
  const starts: Startup[] = [];
  for (let i = 0; i < repeats; i++) starts.push(await startOnce(subject));
  const memory = starts.flatMap(({ idleRssBytes }) => (idleRssBytes === undefined ? [] : [idleRssBytes]));
  return {
    readyMs: median(starts.map(({ readyMs }) => readyMs)),
    ...(memory.length > 0 && { idleRssBytes: median(memory) }),
  };
}

async function startOnce({ args, readyAt }: StartupSubject): Promise<Startup> {
  const began = performance.now();
  const child = spawn(process.execPath, [...args], { stdio: ['ignore', 'pipe', 'inherit'], env: {} });
  const ended = once(child, 'exit');
  if (!readyAt) {
    const [code] = await ended;
    if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${code}`);
    return { readyMs: performance.now() - began };
  }
  try {
    const url = readyAt(await firstLine(child, ended));
    while (!(await isReady(url))) await sleep(BETWEEN_ASKS_MS);
    const readyMs = performance.now() - began;
    await sleep(IDLE_MS);
    return { readyMs, idleRssBytes: await residentBytes(child) };
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

async function firstLine(child: ChildProcess, ended: Promise<unknown>): Promise<string> {
  if (!child.stdout) throw new Error('the process has no standard output');
  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([once(lines, 'line').then(([text]) => text as string), ended.then(() => undefined)]);
  lines.close();
  child.stdout.resume();
  if (line === undefined) throw new Error('a process ended before it listened');
  return line;
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.text();
    return response.status === 200;
  } catch {
    return false;
  }
}

/** As the kernel tells it: asking the process would change what it holds. Linux only. */
async function residentBytes({ pid }: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`/proc/${pid}/status has no VmRSS`);
  return Number(kibibytes) * 1024;
}

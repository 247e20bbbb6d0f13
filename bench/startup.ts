import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { stringify } from 'yaml';
import { z } from 'zod';
import { issueCertificate } from '../test/support/certificates.ts';
import { BUNDLE, bundle, CONFIG } from './processes.ts';
import { median, table } from './table.ts';

/** What it takes until a process answers, and what it holds before it is asked anything. */
interface Startup {
  /** Milliseconds from the start of the process to the first answer of 200; to its end for one that only starts and ends. */
  readonly readyMs: number;
  /** Resident memory once nothing happens any more; undefined for one that has ended. */
  readonly idleRssBytes?: number;
}

/** What a server says in its line that it listens. */
const listeningSchema = z.object({ msg: z.literal('listening'), metricsPort: z.number().optional() });

interface StartupSubject {
  /** For `node`. */
  readonly args: readonly string[];
  /** Asked again and again once the process listens; without it the process only ends. */
  readonly isReady?: (listening: z.infer<typeof listeningSchema>) => Promise<boolean>;
}

/** Garbage collectors and JIT compilers go on for a while after the start. */
const IDLE_MS = 3000;
const BETWEEN_ASKS_MS = 2;

const MIB = 1024 * 1024;

/** The figures, for people, and what the webhook holds at rest above (b), in MiB. */
export interface StartupFigures {
  readonly text: string;
  readonly extraIdleMiB: number;
}

export async function startupFigures(repeats: number): Promise<StartupFigures> {
  const { node, express, webhook } = await startups(repeats);
  const row = (name: string, { readyMs, idleRssBytes }: Startup): readonly string[] => {
    if (idleRssBytes === undefined || express.idleRssBytes === undefined) return [name, readyMs.toFixed(0), '', ''];
    const extra = (idleRssBytes - express.idleRssBytes) / MIB;
    return [name, readyMs.toFixed(0), (idleRssBytes / MIB).toFixed(0), `${extra < 0 ? '' : '+'}${extra.toFixed(0)}`];
  };
  const text = table([
    ['', 'ready ms', 'idle RSS MiB', '- (b)'],
    row('node -e 0', node),
    row('(b) express, listening', express),
    row('webhook, ready', webhook),
  ]);
  const extra = (webhook.idleRssBytes ?? Number.NaN) - (express.idleRssBytes ?? Number.NaN);
  return { text, extraIdleMiB: extra / MIB };
}

/** What the image adds to its base as it is pulled, in MiB: the bundle, compressed. Undefined where none was built. */
export async function pulledMiB(): Promise<number | undefined> {
  if (!existsSync(BUNDLE)) return undefined;
  const folder = dirname(BUNDLE);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  let bytes = 0;
  for (const entry of entries) {
    if (entry.isFile()) bytes += gzipSync(await readFile(join(entry.parentPath, entry.name))).length;
  }
  return bytes / MIB;
}

/** Cold starts: `node -e 0`, a bare express server with its certificate, and the webhook with the same one. */
async function startups(repeats: number): Promise<Record<'node' | 'express' | 'webhook', Startup>> {
  const folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-startup-'));
  try {
    const { servers, pair, webhook } = await layOut(folder);
    return {
      node: await startup({ args: ['-e', '0'] }, repeats),
      express: await startup({ args: [servers, 'express', ...pair], isReady: async () => true }, repeats),
      webhook: await startup({ args: webhook, isReady: ({ metricsPort }) => answers(metricsPort) }, repeats),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The medians of several starts, one at a time. */
async function startup(subject: StartupSubject, repeats: number): Promise<Startup> {
  const starts: Startup[] = [];
  for (let i = 0; i < repeats; i++) starts.push(await startOnce(subject));
  const memory = starts.flatMap(({ idleRssBytes }) => (idleRssBytes === undefined ? [] : [idleRssBytes]));
  return {
    readyMs: median(starts.map(({ readyMs }) => readyMs)),
    ...(memory.length > 0 && { idleRssBytes: median(memory) }),
  };
}

async function startOnce({ args, isReady }: StartupSubject): Promise<Startup> {
  const began = performance.now();
  const child = spawn(process.execPath, [...args], { stdio: ['ignore', 'pipe', 'inherit'], env: {} });
  const ended = once(child, 'exit');
  if (!isReady) {
    const [code] = await ended;
    if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${code}`);
    return { readyMs: performance.now() - began };
  }
  try {
    const listening = listeningSchema.parse(JSON.parse(await lineOf(child, ended)));
    while (!(await isReady(listening))) await sleep(BETWEEN_ASKS_MS);
    const readyMs = performance.now() - began;
    await sleep(IDLE_MS);
    return { readyMs, idleRssBytes: await residentBytes(child) };
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

/** The first line that tells that it listens. */
async function lineOf(child: ChildProcess, ended: Promise<unknown>): Promise<string> {
  if (!child.stdout) throw new Error('the process has no standard output');
  const lines = createInterface({ input: child.stdout });
  const found = new Promise<string>((resolve) => {
    lines.on('line', (line) => {
      if (line.includes('"listening"')) resolve(line);
    });
  });
  const line = await Promise.race([found, ended.then(() => undefined)]);
  if (line === undefined) throw new Error('a process ended before it listened');
  return line;
}

async function answers(port: number | undefined): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`);
  await response.text();
  return response.status === 200;
}

/** As the kernel tells it: asking the process would change what it holds. Linux only. */
async function residentBytes({ pid }: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`/proc/${pid}/status has no VmRSS`);
  return Number(kibibytes) * 1024;
}

async function layOut(folder: string) {
  const file = (name: string) => join(folder, name);
  const { cert, key } = await issueCertificate('localhost');
  await writeFile(file('tls.crt'), cert);
  await writeFile(file('tls.key'), key, { mode: 0o600 });
  await writeFile(file('config.yaml'), stringify(CONFIG));
  await bundle(['servers'], folder);
  const files = [`--config=${file('config.yaml')}`, `--tls-cert-file=${file('tls.crt')}`];
  const ports = ['--bind=127.0.0.1', '--port=0', '--metrics-port=0'];
  return {
    servers: file('servers.js'),
    pair: [file('tls.crt'), file('tls.key')],
    webhook: [BUNDLE, 'serve', ...files, `--tls-private-key-file=${file('tls.key')}`, ...ports],
  };
}

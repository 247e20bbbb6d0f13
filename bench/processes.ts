import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { on, once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { stringify } from 'yaml';
import { RULES } from '../src/rules/index.ts';
import { issueCertificate } from '../test/support/certificates.ts';
import type { LoadRequest, LoadResult } from './load.ts';
import type { ProbeRequest, Reading } from './probe.ts';

/** A server in a process of its own, and what it used. */
export interface MeasuredServer {
  readonly port: number;
  ask(request: ProbeRequest): Promise<Reading>;
}

/** Everything that runs beside this process, until it is closed. */
export interface Bench {
  /** Which build of the webhook is measured, for people. */
  readonly build: string;
  readonly ca: string;
  readonly bare: MeasuredServer;
  readonly express: MeasuredServer;
  readonly webhook: MeasuredServer;
  /** The same of other builds, in the order in which they were named. */
  readonly others: readonly MeasuredServer[];
  load(request: Omit<LoadRequest, 'ca'>): Promise<LoadResult>;
  close(): Promise<void>;
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const BUNDLE = join(ROOT, 'dist', 'main.js');
/** No cluster stands behind these servers: rules that judge by what is in one are measured elsewhere. */
const NEED_A_CLUSTER = ['default-deny', 'wide-policies'];
export const CONFIG = configWithout(NEED_A_CLUSTER);

const TASKSET = '/usr/bin/taskset';
/** The cores they run on. */
export const SERVERS = 0;
export const GENERATOR = 1;

/**
 * Starts the three servers and the load generator.
 * @param others the main files of other builds of the webhook, to compare them in one run
 */
export async function startBench(others: readonly string[] = []): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-bench-'));
  const file = (name: string) => join(folder, name);
  const children: ChildProcess[] = [];

  async function close(): Promise<void> {
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await rm(folder, { recursive: true });
  }

  function start(core: number, script: string, args: readonly string[], flags: readonly string[] = []): ChildProcess {
    const probe = core === SERVERS ? ['--import', pathToFileURL(file('probe.js')).href] : [];
    const [command, ...first] = onCore(core, [process.execPath, ...flags, ...probe, script, ...args]);
    const child = spawn(command, first, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], env: {} });
    children.push(child);
    return child;
  }

  try {
    const { cert, key, ca } = await issueCertificate('localhost');
    await Promise.all([
      writeFile(file('tls.crt'), cert),
      writeFile(file('tls.key'), key, { mode: 0o600 }),
      // As one file each, like the webhook's bundle: what strips types costs memory, too.
      bundle(['servers', 'probe', 'load'], folder),
    ]);
    const pair = [file('tls.crt'), file('tls.key')] as const;
    const webhook = existsSync(BUNDLE) ? BUNDLE : join(ROOT, 'src', 'main.ts');
    const ports = ['--bind', '127.0.0.1', '--port', '0', '--metrics-port', '0'];
    // Builds are compared by the rules that all of them have: what a new rule costs says nothing of the rest.
    const lacking = await Promise.all(others.map((main, index) => rulesUnknownTo(main, file(`rules-${index}.yaml`))));
    const startWebhook = async (main: string, index: number) => {
      const config = file(`config-${index}.yaml`);
      const [unknown = []] = index > 0 ? lacking.slice(index - 1) : [];
      const off = [...NEED_A_CLUSTER, ...lacking.flat()].filter((rule) => !unknown.includes(rule));
      await writeFile(config, stringify(configWithout(off)));
      const flags = { config, 'tls-cert-file': pair[0], 'tls-private-key-file': pair[1] };
      const named = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
      return measured(start(SERVERS, main, ['serve', ...named, ...ports], await imageFlags()));
    };
    const generator = start(GENERATOR, file('load.js'), []);
    return {
      build: webhook.slice(ROOT.length),
      ca,
      bare: await measured(start(SERVERS, file('servers.js'), ['bare', ...pair])),
      express: await measured(start(SERVERS, file('servers.js'), ['express', ...pair])),
      webhook: await startWebhook(webhook, 0),
      others: await Promise.all(others.map((main, index) => startWebhook(main, index + 1))),
      load: (request) => exchange<LoadResult>(generator, { ...request, ca }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function configWithout(rules: readonly string[]) {
  const off = Object.fromEntries(rules.map((rule) => [rule, { mode: 'off' }]));
  return { version: 1, namespaces: [{ names: ['qdrant'], profile: 'private', rules: off }] };
}

/** The rules that a build does not have: an older one refuses a configuration that names them. */
async function rulesUnknownTo(main: string, file: string): Promise<string[]> {
  await writeFile(file, stringify(configWithout(RULES.map(({ id }) => id))));
  const { stdout, stderr } = spawnSync(process.execPath, [main, 'config', 'validate', file], { encoding: 'utf8' });
  return [...`${stdout}${stderr}`.matchAll(/"([a-z-]+)" is not known here/g)].map(([, id = '']) => id);
}

/** The flags that the image starts Node with. */
export async function imageFlags(): Promise<string[]> {
  const dockerfile = await readFile(join(ROOT, 'Dockerfile'), 'utf8');
  const [, command = '[]'] = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile) ?? [];
  const [node, ...rest] = JSON.parse(command) as string[];
  if (node !== 'node') throw new Error('Dockerfile: expected an ENTRYPOINT that starts node');
  return rest.slice(0, -1);
}

/** The command on one core where that can be had, so that servers and load generator never push each other aside. */
export function onCore(core: number, command: readonly [string, ...string[]]): readonly [string, ...string[]] {
  return existsSync(TASKSET) && availableParallelism() > 1 ? [TASKSET, '-c', String(core), ...command] : command;
}

export async function bundle(names: readonly string[], outdir: string): Promise<void> {
  await writeFile(join(outdir, 'package.json'), '{"type":"module"}');
  await build({
    entryPoints: names.map((name) => join(ROOT, 'bench', `${name}.ts`)),
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minify: true,
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'warning',
  });
}

async function measured(child: ChildProcess): Promise<MeasuredServer> {
  return { port: await listeningPort(child), ask: (request) => exchange<Reading>(child, request) };
}

/** One message there, one back; rejects where the process ends instead. */
async function exchange<T>(child: ChildProcess, message: object | string): Promise<T> {
  child.send(message);
  const [answer] = await orExit(child, (signal) => once(child, 'message', { signal }));
  return answer as T;
}

async function orExit<T>(child: ChildProcess, wait: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const done = new AbortController();
  const exit = once(child, 'exit', { signal: done.signal }).then(([code]) => {
    throw new Error(`a process ended with ${code}`);
  });
  const waited = wait(done.signal);
  try {
    return await Promise.race([waited, exit]);
  } finally {
    // What still waits is given up; that it says so is of no interest.
    await Promise.allSettled([waited, exit, done.abort()]);
  }
}

/** The port that a server's line names once it listens. What it logs later is read and dropped, as a log collector would. */
export async function listeningPort(child: ChildProcess): Promise<number> {
  if (!child.stdout) throw new Error('the process has no standard output');
  const lines = createInterface({ input: child.stdout });
  const port = await orExit(child, async (signal) => {
    for await (const [line] of on(lines, 'line', { signal })) {
      const entry: unknown = JSON.parse(line);
      if (typeof entry === 'object' && entry !== null && 'port' in entry) return entry.port;
    }
    return undefined;
  });
  lines.close();
  child.stdout.resume();
  if (typeof port !== 'number') throw new Error(`a server did not say where it listens: ${port}`);
  return port;
}

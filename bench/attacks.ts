import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { issueCertificate } from '../test/support/certificates.ts';
import { ATTACK_NAMES, type AttackName } from './attackers.ts';
import { limitMemory } from './memory-limit.ts';
import { BUNDLE, bundle, CONFIG, GENERATOR, imageFlags, listeningPort, onCore, SERVERS } from './processes.ts';
import { reviewOf } from './reviews.ts';
import { progress, table } from './table.ts';

/**
 * The built webhook under the memory limit of the chart, attacked by callers that want its memory, its connections or its
 * time, while somebody else asks for a small review ten times a second. `--seconds 60` takes a minute for each.
 */
const { values, positionals } = parseArgs({
  options: {
    seconds: { type: 'string', default: '8' },
    build: { type: 'string', default: BUNDLE },
    mebibytes: { type: 'string', default: '256' },
  },
  allowPositionals: true,
});
const MIB = 1024 * 1024;
const LIMIT = Number(values.mebibytes) * MIB;
const WORST_MS = 1000;
const BETWEEN_MS = 100;
const GIVE_UP_MS = 20_000;

const folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-attacks-'));
const file = (name: string) => join(folder, name);
const { cert, key, ca } = await issueCertificate('localhost');
await writeFile(file('tls.crt'), cert);
await writeFile(file('tls.key'), key, { mode: 0o600 });
await writeFile(file('config.yaml'), stringify(CONFIG));
await bundle(['attackers'], folder);

const limit = await limitMemory(LIMIT);
const rows: string[][] = [];
let met = true;
const load = () => loadavg()[0] ?? Number.NaN;
const loadBefore = load();
say(`The webhook under ${LIMIT / MIB} MiB (${limit.what})\n\n`);
try {
  for (const attack of ATTACK_NAMES) {
    if (positionals.length > 0 && !positionals.some((word) => attack.includes(word))) continue;
    progress(attack);
    rows.push([attack, ...(await suffer(attack))]);
  }
} finally {
  progress('');
  await limit.remove();
  await rm(folder, { recursive: true });
}
say(table([['', 'asked', 'failed', 'p50 ms', 'worst ms', 'its CPU ms', 'peak MiB', ''], ...rows]));
say(`  ${met ? 'met   ' : 'MISSED'}  every small review is answered within ${WORST_MS} ms, and nothing is killed\n`);
say(
  '  CPU is what the webhook itself took while the slowest waited: on a busy machine, what it would be on one that is not.\n',
);
say(
  `  Load of this one: ${loadBefore.toFixed(1)} before, ${load().toFixed(1)} after, on ${availableParallelism()} CPUs\n`,
);
process.exitCode = met ? 0 : 1;

/** How long a small review took, and what the webhook did in that time. */
interface Wait {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** One attack on a new process. */
async function suffer(attack: AttackName): Promise<string[]> {
  const killedBefore = await limit.kills();
  const { webhook, port } = await startWebhook();
  const [program, ...script] = onCore(GENERATOR, [process.execPath, file('attackers.js')]);
  const attackers = spawn(program, script, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const asked = new Set<Promise<void>>();
  const waits: Wait[] = [];
  const failures = new Map<string, number>();
  const agent = new Agent({ keepAlive: true, maxSockets: 25 });
  let peak = 0;
  try {
    for (let i = 0; i < 5; i++) await ask(port, agent);
    attackers.send({ attack, port, ca });
    const until = performance.now() + Number(values.seconds) * 1000;
    for (let i = 0; performance.now() < until && isRunning(webhook); i++) {
      const [began, cpuBefore] = [performance.now(), await cpuMs(webhook)];
      // In turns on a connection that is kept and on a new one.
      const answer = ask(port, i % 2 === 0 ? agent : false)
        .then(async () => {
          const wallMs = performance.now() - began;
          waits.push({ wallMs, cpuMs: (await cpuMs(webhook)) - cpuBefore });
        })
        .catch((error: Error) => void failures.set(error.message, (failures.get(error.message) ?? 0) + 1))
        .finally(() => asked.delete(answer));
      asked.add(answer);
      peak = Math.max(peak, await anonymousBytes(webhook));
      await sleep(BETWEEN_MS);
    }
    await Promise.all(asked);
    const killed = !isRunning(webhook) || (await limit.kills()) > killedBefore;
    const walls = waits.map((wait) => wait.wallMs).sort((a, b) => a - b);
    const worst = walls.at(-1) ?? Number.POSITIVE_INFINITY;
    const worstCpu = waits.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...waits.map((wait) => wait.cpuMs));
    const failed = [...failures.values()].reduce((sum, times) => sum + times, 0);
    if (killed || failed > 0 || Math.min(worst, worstCpu) > WORST_MS || peak > LIMIT) met = false;
    const [[why] = ['']] = [...failures].sort(([, a], [, b]) => b - a);
    return [
      String(waits.length + failed),
      String(failed),
      (walls[Math.floor(walls.length / 2)] ?? Number.NaN).toFixed(0),
      worst.toFixed(0),
      worstCpu.toFixed(0),
      (peak / MIB).toFixed(0),
      `${killed ? 'KILLED ' : ''}${why}`,
    ];
  } finally {
    agent.destroy();
    await stop(attackers);
    await stop(webhook);
  }
}

async function startWebhook(): Promise<{ webhook: ChildProcess; port: number }> {
  const flags = [`--config=${file('config.yaml')}`, `--tls-cert-file=${file('tls.crt')}`];
  const more = [`--tls-private-key-file=${file('tls.key')}`, '--bind=127.0.0.1', '--port=0', '--metrics-port=0'];
  const [command, ...args] = limit.wrap(
    onCore(SERVERS, [process.execPath, ...(await imageFlags()), values.build, 'serve', ...flags, ...more]),
  );
  const webhook = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], env: {} });
  return { webhook, port: await listeningPort(webhook) };
}

/** Asks for a small review; rejects with what went wrong. */
function ask(port: number, agent: Agent | false): Promise<void> {
  const body = JSON.stringify(reviewOf('good'));
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const path = '/validate?timeout=10s';
    const sent = request({ host: 'localhost', port, ca, agent, method: 'POST', path, headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('error', reject);
      response.on('end', () => {
        if (text.includes('"allowed":true')) resolve();
        else reject(new Error(`HTTP ${response.statusCode}: ${text.slice(0, 100).trim()}`));
      });
    });
    sent.setTimeout(GIVE_UP_MS, () => sent.destroy(new Error('no answer')));
    sent.on('error', reject);
    sent.end(body);
  });
}

/** How long the main thread of a process has run. Linux only. */
async function cpuMs({ pid }: ChildProcess): Promise<number> {
  const text = await readFile(`/proc/${pid}/schedstat`, 'utf8').catch(() => '');
  return Number(text.split(' ')[0] ?? Number.NaN) / 1e6;
}

/** What a process holds besides files, as the kernel counts it against a container. Linux only. */
async function anonymousBytes({ pid }: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

async function stop(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

function say(text: string): void {
  process.stdout.write(text);
}

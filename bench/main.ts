import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { stalls } from './hostile.ts';
import { decisionCost } from './in-process.ts';
import { type Bench, startBench } from './processes.ts';
import { pulledMiB, startupFigures } from './startup.ts';
import { progress, table } from './table.ts';
import { CONNECTIONS, type ServerCost, serverCosts } from './webhook.ts';

const MIB = 1024 * 1024;
const TARGETS = { cpuRatio: 1, extraRssMiB: 20, stallMs: 100, extraIdleMiB: 24, pulledMiB: 20 };

/** Measured elsewhere on the same scale: the CPU of one request, in units of (b). */
const OTHERS = [
  ['Pod Security webhook (Go)', '2.6'],
  ['Kyverno', '28 to 62'],
  ['Gatekeeper', '60 to 70'],
] as const;

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } }, strict: true });
const sizes = values.quick
  ? { batches: 5, rounds: 10, warmUpMs: 4000, roundMs: 400, repeats: 1 }
  : { batches: 15, rounds: 40, warmUpMs: 10_000, roundMs: 500, repeats: 3 };

const bench = await startBench();
try {
  say(`qdrant-admission bench: ${bench.build}, Node ${process.versions.node}, ${availableParallelism()} CPUs\n`);
  await printDecisions();
  await printServers(bench);
  await printStalls(bench);
  await printStartup();
} finally {
  await bench.close();
}

async function printDecisions(): Promise<void> {
  progress('decisions in this process');
  const good = await decisionCost('good', sizes.batches);
  const bad = await decisionCost('bad', sizes.batches);
  progress('');
  say(`\nOne decision of all ${good.rules} rules, in process (microseconds)\n`);
  say(
    table([
      ['', 'rules', 'review to answer', 'bytes'],
      ['good pod, 3 containers', fixed(good.judging, 1), fixed(good.whole, 1), String(good.bytes)],
      ['bad pod, 3 containers', fixed(bad.judging, 1), fixed(bad.whole, 1), String(bad.bytes)],
    ]),
  );
}

async function printServers(running: Bench): Promise<void> {
  const { bare, express, good, bad } = await serverCosts(running, sizes);
  const row = (name: string, cost: ServerCost) => [
    name,
    fixed(cost.perSecond, 0),
    fixed(cost.cpuMicroseconds, 1),
    fixed(cost.ratio, 2),
    fixed(cost.p50Ms, 2),
    fixed(cost.p99Ms, 2),
    fixed(cost.rssBytes / MIB, 0),
    signed((cost.rssBytes - express.rssBytes) / MIB),
  ];
  say(`\nReviews over TLS, ${CONNECTIONS} kept-alive connections (medians of ${sizes.rounds} rounds)\n`);
  say(
    table([
      ['', 'per s', 'CPU µs', 'x (b)', 'p50 ms', 'p99 ms', 'RSS MiB', '- (b)'],
      row('(a) node:https, parses and allows', bare),
      row('(b) express, parses and allows', express),
      row('webhook, good pod', good),
      row('webhook, bad pod', bad),
      ...OTHERS.map(([name, ratio]) => [name, '', '', ratio]),
    ]),
  );
  const { ratio } = good;
  const extra = (Math.max(good.rssBytes, bad.rssBytes) - express.rssBytes) / MIB;
  target(`CPU of a good pod at most that of (b): ${fixed(ratio, 2)}`, ratio <= TARGETS.cpuRatio);
  target(`RSS at most (b) + ${TARGETS.extraRssMiB} MiB: ${signed(extra)}`, extra <= TARGETS.extraRssMiB);
}

async function printStartup(): Promise<void> {
  progress('cold starts');
  const { text, extraIdleMiB } = await startupFigures(values.quick ? 3 : 7);
  progress('');
  say('\nFrom a cold start to ready, and memory at rest\n');
  say(text);
  const extra = signed(extraIdleMiB);
  target(`idle RSS at most (b) + ${TARGETS.extraIdleMiB} MiB: ${extra}`, extraIdleMiB <= TARGETS.extraIdleMiB);
  const pulled = await pulledMiB();
  if (pulled === undefined) say('  the size of the image: npm run build, then once more\n');
  else
    target(`image above its base at most ${TARGETS.pulledMiB} MiB: ${fixed(pulled, 1)}`, pulled <= TARGETS.pulledMiB);
}

async function printStalls(running: Bench): Promise<void> {
  const measured = await stalls(running, sizes.repeats);
  say(`\nLongest stall of the webhook's event loop while it answers (the longest of ${sizes.repeats})\n`);
  say(
    table([
      ['', 'MiB', 'status', 'CPU ms', 'wall ms'],
      ...measured.map(({ name, bytes, statuses, cpuMs, wallMs }) => [
        name,
        fixed(bytes / MIB, 1),
        statuses.join(' '),
        fixed(cpuMs, 0),
        fixed(wallMs, 0),
      ]),
    ]),
  );
  // By the wall the other work of the machine counts, too.
  const longest = Math.max(...measured.map(({ cpuMs }) => cpuMs));
  target(`under ${TARGETS.stallMs} ms of CPU: ${fixed(longest, 0)}`, longest < TARGETS.stallMs);
}

function target(text: string, met: boolean): void {
  say(`  ${met ? 'met   ' : 'MISSED'}  ${text}\n`);
}

function fixed(value: number, digits: number): string {
  return value.toFixed(digits);
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(0)}`;
}

function say(text: string): void {
  process.stdout.write(text);
}

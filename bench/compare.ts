import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startBench } from './processes.ts';
import type { Which } from './reviews.ts';
import { median, progress, table } from './table.ts';
import { type Cost, loadServer } from './webhook.ts';

/**
 * Compares builds of the webhook side by side, in interleaved rounds of one run: the figures of two runs differ by more
 * than most changes bring. `node scripts/build.ts FOLDER` makes a build;
 * `node bench/compare.ts FOLDER… [--rounds 40]` compares them with the build in `dist`.
 */
const { values, positionals } = parseArgs({
  options: { rounds: { type: 'string', default: '40' }, milliseconds: { type: 'string', default: '400' } },
  allowPositionals: true,
});
const [rounds, milliseconds] = [Number(values.rounds), Number(values.milliseconds)];
const WARM_UP_MS = 8000;
const MIB = 1024 * 1024;
const WHICH: readonly Which[] = ['good', 'bad'];

const bench = await startBench(positionals.map((folder) => resolve(folder, 'main.js')));
const builds = [
  { name: bench.build, server: bench.webhook },
  ...positionals.map((name, i) => ({ name, server: bench.others[i] ?? bench.webhook })),
];
try {
  const rows = new Map(builds.map(({ name }) => [name, { good: [] as Cost[], bad: [] as Cost[] }]));
  const expressMicroseconds: number[] = [];
  progress('warming up');
  await loadServer(bench, bench.express, { which: 'good', denies: false, milliseconds: WARM_UP_MS });
  for (const { server } of builds) await measure(server, WARM_UP_MS);
  for (let i = 1; i <= rounds; i++) {
    progress(`round ${i} of ${rounds}`);
    const express = await loadServer(bench, bench.express, { which: 'good', denies: false, milliseconds });
    expressMicroseconds.push(express.cpuMicroseconds);
    // Another order in each round: whoever comes first does not always do so.
    for (const [at] of builds.entries()) {
      const build = builds[(at + i) % builds.length];
      if (!build) continue;
      const costs = await measure(build.server, milliseconds);
      for (const which of WHICH) rows.get(build.name)?.[which].push(costs[which]);
    }
  }
  progress('');
  const [first] = rows.values();
  const cells = (costs: readonly Cost[], base: readonly Cost[]) => [
    median(costs.map(({ cpuMicroseconds }) => cpuMicroseconds)).toFixed(1),
    ratio(costs, (i) => expressMicroseconds[i]).toFixed(3),
    ratio(costs, (i) => base[i]?.cpuMicroseconds).toFixed(3),
    median(costs.map(({ perSecond }) => perSecond)).toFixed(0),
    median(costs.map(({ p99Ms }) => p99Ms)).toFixed(2),
    (Math.max(...costs.map(({ rssBytes }) => rssBytes)) / MIB).toFixed(0),
  ];
  const head = ['CPU µs', 'x (b)', 'x dist', 'per s', 'p99 ms', 'RSS MiB'];
  for (const which of WHICH) {
    const lines = [...rows].map(([name, costs]) => [name, ...cells(costs[which], first?.[which] ?? [])]);
    process.stdout.write(`\n${which} pod, medians of ${rounds} rounds\n${table([['', ...head], ...lines])}`);
  }
} finally {
  await bench.close();
}

async function measure(server: typeof bench.webhook, time: number): Promise<Record<Which, Cost>> {
  const good = await loadServer(bench, server, { which: 'good', denies: false, milliseconds: time });
  return { good, bad: await loadServer(bench, server, { which: 'bad', denies: true, milliseconds: time }) };
}

/** The median, over all rounds, of the CPU in units of what something else used in the same round. */
function ratio(costs: readonly Cost[], base: (round: number) => number | undefined): number {
  return median(costs.map(({ cpuMicroseconds }, i) => cpuMicroseconds / (base(i) ?? Number.NaN)));
}

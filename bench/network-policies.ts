import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { ScriptedApi } from '../test/support/scripted-api.ts';
import { type Spread, startPolicyCluster } from './policy-cluster.ts';
import type { Cost, Memory, Question } from './remembering.ts';
import { median, progress, table } from './table.ts';

/**
 * What a decision costs with more and more NetworkPolicies in other protected namespaces, side by side in one run: a process
 * for each number of them, asked in turn, and the figures of each round as ratios to the smallest of that round.
 * `node bench/network-policies.ts [--quick]`
 */
const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } }, strict: true });
const sizes = values.quick
  ? { rounds: 11, decisions: 300, warmUp: 1500 }
  : { rounds: 41, decisions: 1000, warmUp: 5000 };

const MIB = 1024 * 1024;
/** How much more a decision may cost with policies that do not concern it. */
const TOLERANCE = 0.1;

interface Row extends Spread {
  readonly name: string;
  /** Of the decisions of a round: one that looks at a thousand policies takes as long as many others. */
  readonly share: number;
}

const ROWS: readonly Row[] = [
  { name: '10 in 10 other namespaces', own: 1, others: 10, policies: 10, share: 1 },
  { name: '1,000 in 50 other namespaces', own: 1, others: 50, policies: 1000, share: 1 },
  { name: '10,000 in 100 other namespaces', own: 1, others: 100, policies: 10_000, share: 1 },
  { name: '1,000 in the same namespace', own: 1000, others: 10, policies: 10, share: 0.02 },
];

interface Measured {
  readonly row: Row;
  readonly api: ScriptedApi;
  readonly child: ChildProcess;
  readonly costs: Cost[];
}

const measured: Measured[] = [];
try {
  for (const row of ROWS) {
    progress(`starting: ${row.name}`);
    measured.push(await start(row));
  }
  for (const each of measured) {
    progress(`warming up: ${each.row.name}`);
    await decide(each);
    await decide(each);
  }
  for (let round = 1; round <= sizes.rounds; round++) {
    progress(`round ${round} of ${sizes.rounds}`);
    // Another order in each round: whoever comes first does not always do so.
    for (const at of measured.keys()) {
      const each = measured[(at + round) % measured.length];
      if (each) each.costs.push(await decide(each));
    }
  }
  progress('');
  await print();
} finally {
  for (const { child, api } of measured) {
    child.disconnect();
    await once(child, 'exit');
    await api.close();
  }
}

async function start(row: Row): Promise<Measured> {
  const api = await startPolicyCluster(row);
  const script = fileURLToPath(new URL('remembering.ts', import.meta.url));
  const child = fork(script, [api.kubeconfig, String(row.others)], { execArgv: ['--expose-gc'], env: {} });
  const [ready] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  if (ready !== 'ready') throw new Error(`${row.name}: the process ended`);
  return { row, api, child, costs: [] };
}

async function ask<Answer>(child: ChildProcess, question: Question): Promise<Answer> {
  child.send(question);
  const [answer] = await once(child, 'message');
  return answer as Answer;
}

function decide({ child, row }: Measured): Promise<Cost> {
  return ask<Cost>(child, { decisions: Math.ceil(sizes.decisions * row.share) });
}

/** The median, over all rounds, of the CPU in units of what the first row used in the same round. */
function ratioOf({ costs }: Measured): number {
  return median(costs.map((cost, round) => cost / (measured[0]?.costs[round] ?? Number.NaN)));
}

async function print(): Promise<void> {
  const lines: string[][] = [];
  for (const each of measured) {
    const { heapBytes, rssBytes } = await ask<Memory>(each.child, 'memory');
    const memory = [(heapBytes / MIB).toFixed(1), (rssBytes / MIB).toFixed(0)];
    lines.push([each.row.name, median(each.costs).toFixed(1), ratioOf(each).toFixed(3), ...memory]);
  }
  const say = (text: string) => process.stdout.write(text);
  say(`\nOne decision of a pod, by NetworkPolicies that are watched (medians of ${sizes.rounds} interleaved rounds)\n`);
  say(table([['', 'CPU µs', 'ratio', 'heap MiB', 'RSS MiB'], ...lines]));
  for (const each of measured.slice(1, 3)) {
    const ratio = ratioOf(each);
    const met = Math.abs(ratio - 1) <= TOLERANCE;
    say(`  ${met ? 'met   ' : 'MISSED'}  ${each.row.name}: within ${TOLERANCE * 100} % of 10: ${ratio.toFixed(3)}\n`);
  }
}

import type { Bench, MeasuredServer } from './processes.ts';
import { reviewOf, type Which } from './reviews.ts';
import { median, progress } from './table.ts';

/** What one server takes for one kind of review, under load on kept-alive connections. */
export interface ServerCost {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
  /** CPU in units of what express takes in the same round. */
  readonly ratio: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly rssBytes: number;
}

export interface ServerCosts {
  readonly bare: ServerCost;
  readonly express: ServerCost;
  readonly good: ServerCost;
  readonly bad: ServerCost;
}

export interface LoadOptions {
  readonly rounds: number;
  readonly warmUpMs: number;
  readonly roundMs: number;
}

/** As many as an API server keeps open. */
export const CONNECTIONS = 25;

type Name = keyof ServerCosts;
/** What one round measured. */
export type Cost = Omit<ServerCost, 'ratio'>;
const NAMES: readonly Name[] = ['bare', 'express', 'good', 'bad'];

/**
 * Measures the servers in turns, in many short rounds: the machine has other work, and so it falls on all of them
 * alike. What is compared was measured within one round.
 */
export async function serverCosts(bench: Bench, { rounds, warmUpMs, roundMs }: LoadOptions): Promise<ServerCosts> {
  const measured: Record<Name, ServerCost[]> = { bare: [], express: [], good: [], bad: [] };
  for (const name of NAMES) {
    progress(`warming up ${name}`);
    await load(bench, name, warmUpMs);
  }
  for (let i = 1; i <= rounds; i++) {
    progress(`round ${i} of ${rounds}`);
    const costs = {
      bare: await load(bench, 'bare', roundMs),
      express: await load(bench, 'express', roundMs),
      good: await load(bench, 'good', roundMs),
      bad: await load(bench, 'bad', roundMs),
    };
    for (const name of NAMES) {
      const ratio = costs[name].cpuMicroseconds / costs.express.cpuMicroseconds;
      measured[name].push({ ...costs[name], ratio });
    }
  }
  progress('');
  return {
    bare: middle(measured.bare),
    express: middle(measured.express),
    good: middle(measured.good),
    bad: middle(measured.bad),
  };
}

function load(bench: Bench, name: Name, milliseconds: number): Promise<Cost> {
  const server = name === 'bare' || name === 'express' ? bench[name] : bench.webhook;
  return loadServer(bench, server, { which: name === 'bad' ? 'bad' : 'good', denies: name === 'bad', milliseconds });
}

export interface ServerLoad {
  readonly which: Which;
  /** Whether the server is expected to deny what it is asked. */
  readonly denies: boolean;
  readonly milliseconds: number;
}

/** Loads one server for some time, and returns what it used. */
export async function loadServer(
  bench: Bench,
  server: MeasuredServer,
  { which, denies, milliseconds }: ServerLoad,
): Promise<Cost> {
  const before = await server.ask('read');
  const { requests, seconds, p50Ms, p99Ms } = await bench.load({
    port: server.port,
    connections: CONNECTIONS,
    milliseconds,
    bodies: [JSON.stringify(reviewOf(which))],
    allowed: !denies,
  });
  const after = await server.ask('read');
  return {
    perSecond: requests / seconds,
    cpuMicroseconds: (after.cpuMicroseconds - before.cpuMicroseconds) / requests,
    p50Ms,
    p99Ms,
    rssBytes: after.rssBytes,
  };
}

function middle(costs: readonly ServerCost[]): ServerCost {
  const of = (read: (cost: ServerCost) => number) => median(costs.map(read));
  return {
    perSecond: of((cost) => cost.perSecond),
    cpuMicroseconds: of((cost) => cost.cpuMicroseconds),
    ratio: of((cost) => cost.ratio),
    p50Ms: of((cost) => cost.p50Ms),
    p99Ms: of((cost) => cost.p99Ms),
    // The most it ever took, not what it takes in the middle.
    rssBytes: Math.max(...costs.map((cost) => cost.rssBytes)),
  };
}

import type { Bench, MeasuredServer } from './processes.ts';
import { reviewOf, type Which } from './reviews.ts';
import { median, progress } from './table.ts';

/** What one server takes for one kind of review, under load on kept-alive connections. */
export interface ServerCost {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
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

/** Measures the servers in turns, several times over: the machine has other work, and it falls on all of them. */
export async function serverCosts(bench: Bench, { rounds, warmUpMs, roundMs }: LoadOptions): Promise<ServerCosts> {
  const contenders = {
    bare: { server: bench.bare, which: 'good' },
    express: { server: bench.express, which: 'good' },
    good: { server: bench.webhook, which: 'good' },
    bad: { server: bench.webhook, which: 'bad' },
  } as const;
  const names = Object.keys(contenders) as (keyof typeof contenders)[];
  const measured: Record<keyof typeof contenders, ServerCost[]> = { bare: [], express: [], good: [], bad: [] };
  for (const name of names) {
    progress(`warming up ${name}`);
    await round(bench, contenders[name].server, contenders[name].which, warmUpMs);
  }
  for (let i = 1; i <= rounds; i++) {
    for (const name of names) {
      progress(`round ${i} of ${rounds}: ${name}`);
      measured[name].push(await round(bench, contenders[name].server, contenders[name].which, roundMs));
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

async function round(bench: Bench, server: MeasuredServer, which: Which, milliseconds: number): Promise<ServerCost> {
  const before = await server.ask('read');
  const { requests, seconds, p50Ms, p99Ms } = await bench.load({
    port: server.port,
    connections: CONNECTIONS,
    milliseconds,
    bodies: [JSON.stringify(reviewOf(which))],
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
    p50Ms: of((cost) => cost.p50Ms),
    p99Ms: of((cost) => cost.p99Ms),
    rssBytes: of((cost) => cost.rssBytes),
  };
}

import { createKubeClient } from '../src/cluster/client.ts';
import { findCluster } from '../src/cluster/kubeconfig.ts';
import { createWatchedWorld } from '../src/cluster/watched-world.ts';
import { defaultPolicy } from '../src/config/resolve.ts';
import { subjectOf } from '../src/engine/admission-review.ts';
import { judge } from '../src/judge.ts';
import { namespacesOf } from './policy-cluster.ts';
import { reviewOf } from './reviews.ts';

/**
 * A process of its own that watches a cluster, and judges the same pod as often as it is told: memory and CPU are its own.
 * `node --expose-gc bench/remembering.ts KUBECONFIG OTHERS`, over an IPC channel.
 */

/** What it is asked for: this many decisions, or what it holds in memory. */
export type Question = { readonly decisions: number } | 'memory';

/** Microseconds of CPU for one decision, of all threads. */
export type Cost = number;

/** What it holds after a collection of garbage. */
export interface Memory {
  readonly heapBytes: number;
  readonly rssBytes: number;
}

const [kubeconfig = '', others = '0'] = process.argv.slice(2);
const policy = defaultPolicy('private');
const { signal } = new AbortController();
const client = createKubeClient(await findCluster({ kubeconfig, env: {} }));
const world = createWatchedWorld({ client, signal, timing: { watchSeconds: 24 * 3600 } });
world.follow(new Map(namespacesOf({ others: Number(others) }).map((name) => [name, policy])));
await world.whenReady();

const subject = subjectOf(JSON.parse(JSON.stringify(reviewOf('good'))), new Date());
if (!subject.ok) throw new Error(subject.error.problem);
const { value } = subject;
const { verdicts } = await judge(value, policy, { cluster: world }, signal);
const refused = verdicts.filter(({ outcome }) => outcome !== 'pass').map(({ rule }) => rule.id);
// A refusal is looked at live, and would be measured instead.
if (refused.length > 0) throw new Error(`the pod is not admitted: ${refused.join(', ')}`);

process.on('message', async (question: Question) => {
  process.send?.(question === 'memory' ? memory() : await cost(question.decisions));
});
process.once('disconnect', () => process.exit());
process.send?.('ready');

async function cost(decisions: number): Promise<Cost> {
  const before = process.cpuUsage();
  for (let i = 0; i < decisions; i++) await judge(value, policy, { cluster: world }, signal);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / decisions;
}

function memory(): Memory {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return { heapBytes: heapUsed, rssBytes: rss };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { output } from '../harness/run.ts';
import { inNamespace, POD_RANGE } from './network.ts';
import type { NodeCluster } from './node.ts';

/** A machine beside the nodes that is none of them: what pods call an address outside, and who calls them from there. */
export interface Outsider {
  /** Its own address, in the network of the nodes. */
  readonly address: string;
  /** Standard output of a script that Node.js runs there. */
  evaluate(script: string): Promise<string>;
  /** Ends what it serves. The cluster removes the rest. */
  stop(): Promise<void>;
}

export interface OutsiderOptions {
  /** The node whose pods it reaches, and that reach it. */
  readonly node: string;
  /** Addresses that it has besides its own; the node gets a route to each. */
  readonly also: readonly string[];
  /** A script for Node.js that it runs until it is stopped. */
  readonly serves: string;
}

/** No node gets this number: the first is 2. */
const NUMBER = 250;

async function ip(...args: readonly string[]): Promise<void> {
  await output('ip', args);
}

/** Joins an outsider to the switch of a cluster. It ends when this process does, and the cluster removes its namespace. */
export async function addOutsider(cluster: NodeCluster, options: OutsiderOptions): Promise<Outsider> {
  const { network, webhookHost } = cluster;
  const address = webhookHost.replace(/\d+$/, String(NUMBER));
  const namespace = `${network}-outsider`;
  const internal = '--output=jsonpath={.status.addresses[?(@.type=="InternalIP")].address}';
  const { stdout: nodeAddress } = await cluster.kubectl(['get', 'node', options.node, internal]);
  const switchNamespace = `${network}-switch`;
  await ip('netns', 'add', namespace);
  await ip(
    'link',
    'add',
    'eth0',
    'netns',
    namespace,
    'type',
    'veth',
    'peer',
    'name',
    'outsider',
    'netns',
    switchNamespace,
  );
  await ip('-netns', switchNamespace, 'link', 'set', 'outsider', 'master', 'switch', 'up');
  await ip('-netns', namespace, 'link', 'set', 'lo', 'up');
  await ip('-netns', namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0');
  await ip('-netns', namespace, 'link', 'set', 'eth0', 'up');
  await ip('-netns', namespace, 'route', 'add', POD_RANGE, 'via', nodeAddress);
  for (const other of options.also) {
    await ip('-netns', namespace, 'address', 'add', `${other}/32`, 'dev', 'eth0');
    const route = await cluster.nodeExec(options.node, 'ip', ['route', 'add', other, 'via', address]);
    if (route.code !== 0) throw new Error(`${options.node} got no route to ${other}: ${route.stderr}`);
  }
  const [enter = '', ...inside] = [...inNamespace(namespace), process.execPath, '--eval'];
  // It ends with its input, which ends with this process, whatever ends this.
  const untilTold = "process.stdin.resume().on('end', () => process.exit());";
  const served: ChildProcess = spawn(enter, [...inside, options.serves + untilTold], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  return {
    address,
    evaluate: (script) => output(enter, [...inside, script]),
    async stop() {
      if (served.exitCode !== null) return;
      const ended = once(served, 'exit');
      served.stdin?.end();
      await ended;
    },
  };
}

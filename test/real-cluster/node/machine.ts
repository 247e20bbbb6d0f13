import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Component, type Components, waitUntil } from '../harness/components.ts';
import { type RunResult, run } from '../harness/run.ts';
import { inNamespace, type Place } from './network.ts';

const EXEC_MS = 60_000;

/**
 * The first process of a node. It gives the node places of its own for everything that containerd and kubelet write, and then
 * sleeps: with its end the kernel ends every process of the node, and with them go the mounts. Ignored children are reaped.
 */
const INIT = `
set -e
read -r pid rest </proc/self/stat
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mount --bind "$1/lib" /var/lib
mount --bind "$1/log" /var/log
mount --make-rshared /
echo "$pid" >"$1/pid.partial"
mv "$1/pid.partial" "$1/pid"
trap '' CHLD
exec sleep infinity
`;

/** A node: processes in namespaces of their own (network, processes, mounts), which live and die together. */
export interface Machine {
  readonly name: string;
  readonly place: Place;
  /** Its files, its mounts included, as a path of this machine. */
  readonly root: string;
  /** Starts one of its long-running processes. */
  start(name: string, command: string, args: readonly string[]): Component;
  /** Runs a command in it to its end, seeing its processes, mounts and network. */
  exec(command: string, args: readonly string[]): Promise<RunResult>;
  /** The first argv that runs a command which dies with the machine, but sees the mounts and the network of the outside. */
  readonly tied: readonly string[];
  /** Ends all of it at once, as a loss of power does. */
  kill(): Promise<void>;
}

/** Undefined when no process has that number any more, else its state. */
async function unlessEnded(pid: string): Promise<string | undefined> {
  const state = await readFile(join('/proc', pid, 'stat'), 'utf8').catch(() => '');
  // A zombie has ended too; whoever is the parent of orphans here takes its time to ask.
  return state === '' || / [ZX] \d+/.test(state) ? undefined : 'it still runs';
}

/** Makes an empty machine; `folder` receives all that its processes write. */
export async function startMachine(
  name: string,
  folder: string,
  place: Place,
  components: Components,
): Promise<Machine> {
  await mkdir(join(folder, 'lib'), { recursive: true });
  await mkdir(join(folder, 'log'));
  const [enter = '', ...rest] = inNamespace(place.namespace);
  const unshare = ['unshare', '--pid', '--mount', '--fork', '--kill-child'];
  const init = components.start(name, enter, [...rest, ...unshare, '--', '/bin/sh', '-c', INIT, 'init', folder]);
  const pidFile = join(folder, 'pid');
  await waitUntil(`node ${name}`, [init], async () => (existsSync(pidFile) ? undefined : 'it does not begin'));
  const pid = (await readFile(pidFile, 'utf8')).trim();
  const target = ['--target', pid];
  const all = [...target, '--pid', '--mount', '--net', '--'];
  const started: Component[] = [];
  return {
    name,
    place,
    start(process, command, args) {
      const component = components.start(`${name}-${process}`, 'nsenter', [...all, command, ...args]);
      started.push(component);
      return component;
    },
    exec: (command, args) => run('nsenter', [...all, command, ...args], { timeoutMs: EXEC_MS }),
    tied: ['nsenter', ...target, '--pid', '--', 'unshare', '--mount', '--mount-proc', '--'],
    root: join('/proc', pid, 'root'),
    async kill() {
      for (const component of started.toReversed()) {
        await component.kill();
      }
      await init.kill();
      // The kernel passes the end on to the first process, and that one waits for all others.
      await waitUntil(`end of node ${name}`, [], () => unlessEnded(pid));
    },
  };
}

import { existsSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { output } from '../harness/run.ts';

/** What identifies a cluster on this machine. */
export interface Traces {
  readonly network: string;
  readonly folder: string;
}

/** What can be read of a process that may end meanwhile. */
async function describe(pid: string): Promise<string> {
  const parts = await Promise.all([
    ...['cmdline', 'mountinfo'].map((name) => readFile(join('/proc', pid, name), 'utf8').catch(() => '')),
    readlink(join('/proc', pid, 'cwd')).catch(() => ''),
  ]);
  return parts.join('\n').replaceAll('\0', ' ');
}

/**
 * Ids of the processes that belong to a cluster, however they came to be: they name its folder or work in it, or they see a
 * mount of what lies there, as every process of a node or of a pod does.
 */
export async function processesOf({ folder }: Traces): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => ((await describe(pid)).includes(folder) ? [Number(pid)] : [])),
  );
  return found.flat();
}

/** Folders of the cgroups of all pods on this machine, those of other clusters included. */
export async function podCgroups(): Promise<readonly string[]> {
  const text = await output('find', ['/sys/fs/cgroup', '-type', 'd', '-path', '*/k8s.io/*']);
  return text === '' ? [] : text.split('\n');
}

/** Processes, mounts, namespaces and interfaces of a cluster on this machine, and its folder; one line for each. */
export async function residueOf(traces: Traces): Promise<readonly string[]> {
  const { network, folder } = traces;
  const lists = await Promise.all([
    processesOf(traces).then((pids) => pids.map((pid) => `process ${pid}`)),
    readFile('/proc/self/mountinfo', 'utf8').then((text) => text.split('\n')),
    output('ip', ['netns', 'list']).then((text) => text.split('\n')),
    output('ip', ['-brief', 'link']).then((text) => text.split('\n')),
  ]);
  const [processes = [], mounts = [], namespaces = [], links = []] = lists;
  const named = [...mounts, ...namespaces, ...links].filter((line) => line.includes(network) || line.includes(folder));
  return [...processes, ...named, ...(existsSync(folder) ? [folder] : [])];
}

import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A limit of memory that the kernel enforces, as in a container. */
export interface MemoryLimit {
  /** For people: where the limit is, or why there is none. */
  readonly what: string;
  /** A command that joins the limit before it becomes the other command. */
  wrap(command: readonly string[]): readonly [string, ...string[]];
  /** The most that was ever in use, in bytes. Undefined where nothing is limited. */
  peak(): Promise<number | undefined>;
  /** How many processes were killed for it. */
  kills(): Promise<number>;
  remove(): Promise<void>;
}

interface Files {
  readonly folder: string;
  readonly limit: string;
  readonly peak: string;
  readonly kills: string;
}

/**
 * Makes a memory cgroup, of version 1 or 2. Where that is not allowed (who is not root, most containers), there is no limit,
 * and the peak of the process itself has to stay below what is wanted: `systemd-run --user -p MemoryMax=256M` or a container
 * gives the bench a real limit there.
 */
export async function limitMemory(bytes: number): Promise<MemoryLimit> {
  const name = `qdrant-admission-bench-${process.pid}`;
  const own = await readFile('/proc/self/cgroup', 'utf8').catch(() => '');
  const second = /^0::(.*)$/m.exec(own)?.[1] ?? '/';
  const places: readonly Files[] = [
    {
      folder: join('/sys/fs/cgroup/memory', name),
      limit: 'memory.limit_in_bytes',
      peak: 'memory.max_usage_in_bytes',
      kills: 'memory.oom_control',
    },
    { folder: join('/sys/fs/cgroup', second, name), limit: 'memory.max', peak: 'memory.peak', kills: 'memory.events' },
  ];
  for (const place of places) {
    const limit = await make(place, bytes);
    if (limit) return limit;
  }
  return {
    what: 'no memory cgroup can be made here: the process is watched instead',
    wrap: ([command = '', ...args]) => [command, ...args],
    peak: async () => undefined,
    kills: async () => 0,
    remove: async () => undefined,
  };
}

async function make({ folder, limit, peak, kills }: Files, bytes: number): Promise<MemoryLimit | undefined> {
  const read = (file: string) => readFile(join(folder, file), 'utf8');
  try {
    await mkdir(folder);
  } catch {
    return undefined;
  }
  try {
    await writeFile(join(folder, limit), String(bytes));
    await read(peak);
  } catch {
    await rmdir(folder);
    return undefined;
  }
  return {
    what: `cgroup ${folder}`,
    wrap: (command) => ['/bin/sh', '-c', `echo $$ > ${join(folder, 'cgroup.procs')} && exec "$@"`, 'sh', ...command],
    peak: async () => Number(await read(peak)),
    kills: async () => Number(/^oom_kill (\d+)$/m.exec(await read(kills))?.[1] ?? 0),
    remove: () => rmdir(folder),
  };
}

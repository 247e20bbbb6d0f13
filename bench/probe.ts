/**
 * Loaded into every server that is measured, before it starts: tells over IPC what the process used, and how long its
 * event loop was ever held up. It changes nothing in the program itself.
 */
export interface Reading {
  readonly cpuMicroseconds: number;
  readonly rssBytes: number;
  /** The longest stall since it was last asked for; none while nobody watches. */
  readonly stall: Stall;
}

/** The longest time between two passes of the event loop. */
export interface Stall {
  readonly wallMs: number;
  /** What the thread worked in the longest: where the machine has other work, less than what passed. */
  readonly cpuMs: number;
}

export type ProbeRequest = 'read' | 'watch' | 'unwatch';

/** A clock of the event loop. It costs CPU itself, and runs only while stalls are measured. */
function createWatch(everyMs: number) {
  let wallMs = 0;
  let cpuMs = 0;
  let timer: NodeJS.Timeout | undefined;
  let last = { at: 0, cpu: 0 };

  function now() {
    const { user, system } = process.threadCpuUsage();
    return { at: performance.now(), cpu: (user + system) / 1000 };
  }

  function tick(): void {
    const next = now();
    wallMs = Math.max(wallMs, next.at - last.at - everyMs);
    cpuMs = Math.max(cpuMs, next.cpu - last.cpu);
    last = next;
  }

  return {
    start() {
      last = now();
      timer = setInterval(tick, everyMs).unref();
    },
    stop: () => clearInterval(timer),
    take(): Stall {
      const stall = { wallMs, cpuMs };
      wallMs = 0;
      cpuMs = 0;
      return stall;
    },
  };
}

const watch = createWatch(1);

process.on('message', (request: ProbeRequest) => {
  if (request === 'watch') watch.start();
  if (request === 'unwatch') watch.stop();
  const { user, system } = process.cpuUsage();
  const reading: Reading = {
    cpuMicroseconds: user + system,
    rssBytes: process.memoryUsage.rss(),
    stall: watch.take(),
  };
  process.send?.(reading);
});
process.channel?.unref();

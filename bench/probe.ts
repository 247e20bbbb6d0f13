import { monitorEventLoopDelay } from 'node:perf_hooks';

/**
 * Loaded into every server that is measured, before it starts: tells over IPC what the process used, and how long its
 * event loop was ever held up. It changes nothing in the program itself.
 */
export interface Reading {
  readonly cpuMicroseconds: number;
  readonly rssBytes: number;
  /** The longest stall since it was last asked for; 0 while nobody watches. */
  readonly stallMs: number;
}

export type ProbeRequest = 'read' | 'watch' | 'unwatch';

const RESOLUTION_MS = 1;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

process.on('message', (request: ProbeRequest) => {
  // The clock that watches costs CPU itself: it runs only while stalls are measured.
  if (request === 'watch') delay.enable();
  if (request === 'unwatch') delay.disable();
  const { user, system } = process.cpuUsage();
  const reading: Reading = {
    cpuMicroseconds: user + system,
    rssBytes: process.memoryUsage.rss(),
    stallMs: Math.max(0, delay.max / 1e6 - RESOLUTION_MS),
  };
  delay.reset();
  process.send?.(reading);
});
process.channel?.unref();

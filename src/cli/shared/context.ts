import type { Clock } from '../../runtime/clock.ts';
import type { MemoryLimits } from '../../serve/memory-budget.ts';
import type { Timeouts } from '../../serve/server.ts';

/** Which program this is, as its outputs name it. */
export interface Program {
  readonly name: string;
  /** Of package.json. */
  readonly version: string;
  /** The version of Node that runs it: `v26.10.0`. */
  readonly node: string;
}

/** What a command may touch of the process it runs in; `main.ts` makes the real one, tests their own. */
export interface CommandContext {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly stdin: NodeJS.ReadableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  /** Aborted on the first SIGTERM or SIGINT. */
  readonly signal: AbortSignal;
  readonly program: Program;
  readonly memory: MemoryLimits;
  /** Replaced by tests, so that they do not depend on how busy the machine is. */
  readonly timing?: Timing;
}

/** How time passes for what serves. */
export interface Timing {
  /** Measures the drain. */
  readonly clock: Clock;
  readonly timeouts: Timeouts;
}

/** Exit codes of every command; 70 is EX_SOFTWARE of sysexits.h, far from every verdict. */
export const EXIT = { accepted: 0, refused: 1, unknown: 2, usage: 3, crashed: 70 } as const;

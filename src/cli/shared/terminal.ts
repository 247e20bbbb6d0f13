import type { CommandContext } from './context.ts';

/** Whether colours belong into the output: never in a pipe, nor where somebody does not want them. */
export function isColourTerminal({ stdout, env }: CommandContext): boolean {
  return isTerminal(stdout) && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

/** One line that tells what is being done, written over and over. */
export interface Progress {
  say(doing: string): void;
  /** Takes the line away; something lasting can be written then. */
  clear(): void;
}

const LEAST_MS = 100;

/** Progress for a person who waits; in a pipe, none. */
export function createProgress(stream: NodeJS.WritableStream): Progress {
  if (!isTerminal(stream)) return { say: () => undefined, clear: () => undefined };
  let last = Number.NEGATIVE_INFINITY;
  return {
    say(doing) {
      const now = performance.now();
      if (now - last < LEAST_MS) return;
      last = now;
      stream.write(`\r\x1b[K${doing}`);
    },
    clear() {
      if (last !== Number.NEGATIVE_INFINITY) stream.write('\r\x1b[K');
      last = Number.NEGATIVE_INFINITY;
    },
  };
}

function isTerminal(stream: NodeJS.WritableStream): boolean {
  return 'isTTY' in stream && stream.isTTY === true;
}

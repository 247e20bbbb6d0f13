import { styleText } from 'node:util';
import type { CommandContext } from './context.ts';
import type { Colour } from './flags.ts';

/** Puts colours on text, or leaves it as it is. */
export type Paint = (style: 'green' | 'red' | 'yellow' | 'bold' | 'dim', text: string) => string;

/** Colours are for terminals: in a pipe they are noise. */
export function createPaint(coloured: boolean): Paint {
  return coloured ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text;
}

/** The paint that was asked for; unless told, none in a pipe, nor where somebody does not want colours. */
export function paintFor(colour: Colour, { stdout, env }: CommandContext): Paint {
  const wanted = isTerminal(stdout) && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  return createPaint(colour === 'auto' ? wanted : colour === 'always');
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

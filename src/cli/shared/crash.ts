import { printable } from '../../engine/wording.ts';
import type { CommandContext } from './context.ts';

/** Set to anything but nothing, it makes a crash say where in the program it happened. */
const DEBUG = 'QDRANT_ADMISSION_DEBUG';

/**
 * What to tell of an error that nobody expected. What such an error says is shown, but not where it quotes what was
 * being read: that may be a Secret.
 */
export function describeCrash(error: unknown, { program, env }: Pick<CommandContext, 'program' | 'env'>): string {
  const lines = [
    `${program.name} ${program.version} (node ${program.node}) failed: ${describe(error)}`,
    'That is a fault of this program and no verdict: what it had yet to judge is not judged.',
    ...(env[DEBUG]
      ? framesOf(error)
      : [`${DEBUG}=1 in the environment makes it say where, for a report of the fault.`]),
  ];
  return `${lines.join('\n')}\n`;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'something was thrown that is no error';
  // The parser of JSON quotes its input; Node shows what a promise was rejected with.
  const quotes = error instanceof SyntaxError || codeOf(error) === 'ERR_UNHANDLED_REJECTION';
  const said = quotes ? 'its message is left out, for it may quote what was read' : error.message;
  return printable(`${error.name}: ${said}`);
}

/** The places only: the first lines of a stack are the message. */
function framesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const { cause } = error;
  return cause === undefined ? frames : [...frames, `caused by ${describe(cause)}`, ...framesOf(cause)];
}

function codeOf(error: Error): unknown {
  return 'code' in error ? error.code : undefined;
}

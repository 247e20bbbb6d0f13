import { type CommandContext, EXIT } from './context.ts';

/** Wrong usage, in words for whoever typed it. */
export class Misuse extends Error {
  override readonly name = 'Misuse';
}

/** A command as its usage names it: `storage classes`. */
export interface CommandText {
  readonly name: string;
  readonly usage: string;
}

export const COLOURS = ['auto', 'always', 'never'] as const;
export const FORMATS = ['text', 'json'] as const;

/**
 * What was typed; or, where that was a wish for help or wrong usage, the exit code: all has been said then.
 * @param read parses the arguments, throws `Misuse`, and says `help` where that is asked for
 */
export function typed<O extends object>(
  text: CommandText,
  context: CommandContext,
  read: () => O | 'help',
): { readonly options: O } | { readonly code: number } {
  try {
    const options = read();
    if (options !== 'help') return { options };
    context.stdout.write(text.usage);
    return { code: EXIT.accepted };
  } catch (error) {
    const said = misuseIn(error);
    if (said === undefined) throw error;
    return { code: misused(text, said, context) };
  }
}

/** Says what is wrong, and where more is to be read. */
export function misused({ name, usage }: CommandText, message: string, { stderr }: CommandContext): number {
  const more = `More: qdrant-admission ${name} --help`;
  stderr.write(`qdrant-admission ${name}: ${message}\n${usage.split('\n', 1)}\n${more}\n`);
  return EXIT.usage;
}

/** The value of a flag that has a few. @throws Misuse */
export function oneOf<T extends string>(flag: string, value: string, choices: readonly T[]): T {
  const found = choices.find((known) => known === value);
  if (found !== undefined) return found;
  const all = [choices.slice(0, -1).join(', '), choices.at(-1)].join(' or ');
  throw new Misuse(`--${flag} is ${quote(value)}: expected ${all}`);
}

/** As messages show what was typed. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

function misuseIn(error: unknown): string | undefined {
  if (error instanceof Misuse) return error.message;
  const { code = '', message = '' } = error as { code?: string; message?: string };
  // Node's advice after the first sentence does not fit here.
  return code.startsWith('ERR_PARSE_ARGS') ? message.split('. ')[0] : undefined;
}

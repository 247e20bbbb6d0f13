import { type CommandContext, EXIT } from '../../shared/context.ts';
import { SHELLS, type Shell } from '../shells.ts';

/** Prints the script of a shell. */
export function printScript(shell: Shell) {
  return async (_: object, __: readonly [], { stdout }: CommandContext): Promise<number> => {
    stdout.write(await SHELLS[shell]());
    return EXIT.accepted;
  };
}

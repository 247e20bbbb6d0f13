import { type Command, defineCommand } from '../../shared/define-command.ts';
import type { Shell } from '../shells.ts';

/** `completion bash`, and so on. */
export function scriptCommand(shell: Shell): Command {
  return defineCommand<Record<never, never>, []>({
    brief: `print what ${shell} has to read`,
    description: `Prints what ${shell} has to read so that it completes what is typed behind qdrant-admission. It asks the program itself,
under the name by which it is called, so that what it proposes is always what that version takes.`,
    examples: [],
    parameters: {},
    load: async () => (await import('./run.ts')).printScript(shell),
  });
}

import { defineCommand } from '../../shared/define-command.ts';

/** What the scripts of the shells call; not for people. */
export const proposeCommand = defineCommand<Record<never, never>, readonly string[]>({
  brief: 'how words can go on, one way per line, with a tab before what it is',
  description:
    'Prints how words can go on: one way per line, with a tab before what it is. The scripts of the shells call it.',
  examples: [['-- review --for', 'proposes --format']],
  parameters: {
    positional: {
      kind: 'array',
      parameter: {
        parse: String,
        placeholder: 'WORD',
        brief: 'what was typed behind the name of the program; the last word may be incomplete or empty',
      },
    },
  },
  load: async () => (await import('./run.ts')).propose,
});

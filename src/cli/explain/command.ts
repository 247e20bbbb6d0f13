import { defineCommand } from '../shared/define-command.ts';
import { text } from '../shared/flags.ts';

export const explainCommand = defineCommand<Record<never, never>, [rule: string | undefined]>({
  brief: 'what a rule requires, why, and how to meet it',
  description: `Prints the page of a rule as docs/rules/ has it, without a network; without a rule, the list of all rules.

Exit codes: 0 explained, 3 no such rule, or bad usage.`,
  usage: '[<RULE>]',
  examples: [['run-as-non-root', 'the rule that a refusal names']],
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [
        {
          parse: text,
          optional: true,
          placeholder: 'RULE',
          brief: 'the id of a rule, as refusals and docs/rules/ name it',
          proposeCompletions: async () => (await import('./run.ts')).ruleIds(),
        },
      ],
    },
  },
  load: async () => (await import('./run.ts')).explain,
});

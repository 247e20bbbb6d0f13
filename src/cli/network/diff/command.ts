import { defineCommand } from '../../shared/define-command.ts';
import { COLOUR_FLAG, namespaceName, text } from '../../shared/flags.ts';
import { formatFlag } from '../../shared/formats.ts';
import { DIFF_FORMATS } from './formats.ts';
import type { DiffFlags } from './run.ts';

export const diffCommand = defineCommand<DiffFlags, [string, string]>({
  brief: 'tell which connections a change of NetworkPolicies opens or closes',
  description: `Compares the NetworkPolicies in two files or folders, and tells in words which connections the change opens and which it
closes, for which pods and by which policy. How policies are called, split and ordered makes no difference.

Exit codes: 0 nothing is opened, 1 connections are opened, 2 could not tell, 3 bad input or usage; the worst of 3, 1, 2, 0.`,
  examples: [
    ['main/policies/ policies/', 'two folders'],
    ['-n qdrant running.yaml -', 'what runs, and what another program writes'],
  ],
  parameters: {
    flags: {
      namespace: {
        kind: 'parsed',
        parse: namespaceName,
        optional: true,
        placeholder: 'NAME',
        brief: 'NAME of the namespace of policies that name none',
      },
      format: formatFlag(DIFF_FORMATS),
      color: COLOUR_FLAG,
    },
    aliases: { n: 'namespace' },
    positional: {
      kind: 'tuple',
      parameters: [
        { parse: text, placeholder: 'OLD', brief: 'a file, a directory or -, as it was', proposeCompletions: () => [] },
        {
          parse: text,
          placeholder: 'NEW',
          brief: 'a file, a directory or -, as it will be',
          proposeCompletions: () => [],
        },
      ],
    },
  },
  load: async () => (await import('./run.ts')).diff,
});

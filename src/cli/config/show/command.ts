import { defineCommand } from '../../shared/define-command.ts';
import { CONFIG_FILE } from '../config-file.ts';

export const showCommand = defineCommand<Record<never, never>, [file: string]>({
  brief: 'show every rule that runs, with its mode and options',
  description: `Prints the configuration as YAML with all defaults filled in: every rule that runs, its mode and its options.

Exit codes: 0 shown, 3 not valid, or bad usage.`,
  examples: [['policy.yaml', 'what holds in which namespace']],
  parameters: { positional: { kind: 'tuple', parameters: [CONFIG_FILE] } },
  load: async () => (await import('./run.ts')).showConfig,
});

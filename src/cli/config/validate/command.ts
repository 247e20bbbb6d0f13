import { defineCommand } from '../../shared/define-command.ts';
import { CONFIG_FILE } from '../config-file.ts';

export const validateCommand = defineCommand<Record<never, never>, [file: string]>({
  brief: 'say whether a configuration file can be used',
  description: `Says with file, line and field what is wrong, and warns of what has expired.

Exit codes: 0 valid, 3 not valid, or bad usage.`,
  examples: [['policy.yaml', 'before it is rolled out']],
  parameters: { positional: { kind: 'tuple', parameters: [CONFIG_FILE] } },
  load: async () => (await import('./run.ts')).validateConfig,
});

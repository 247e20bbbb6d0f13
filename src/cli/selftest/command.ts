import { defineCommand } from '../shared/define-command.ts';
import { KUBECONFIG_FLAG, text } from '../shared/flags.ts';
import type { SelftestFlags } from './run.ts';

export const selftestCommand = defineCommand<SelftestFlags, []>({
  brief: 'ask the cluster whether it asks the webhook (helm test)',
  description: `Tries pods in a protected namespace by server-side dry run, one that breaks nothing and some that do, and looks at the
answers: whether the API server asks this webhook. Creates nothing.

Exit codes: 0 as it should be, 1 the webhook answers wrongly or is not asked, 2 could not tell, 3 bad usage or kubeconfig.`,
  examples: [['--namespace qdrant', 'what helm test does']],
  parameters: {
    flags: {
      namespace: {
        kind: 'parsed',
        parse: text,
        placeholder: 'NAME',
        brief: 'NAME of a protected namespace, in which the pods are tried',
      },
      enforcement: {
        kind: 'enum',
        values: ['enforce', 'audit'],
        default: 'enforce',
        brief: 'what the configuration says: under audit nothing may be refused',
      },
      kubeconfig: KUBECONFIG_FLAG,
    },
  },
  load: async () => (await import('./run.ts')).selftest,
});

import { defineCommand } from '../shared/define-command.ts';
import { integer, KUBECONFIG_FLAG, text } from '../shared/flags.ts';
import type { UninstallFlags } from './run.ts';

const MOST_SECONDS = 86_400;

export const uninstallCommand = defineCommand<UninstallFlags, []>({
  brief: 'take the registration away before the webhook goes (helm uninstall)',
  description: `Deletes the binding of the guard and then the webhook configuration, so that nothing is refused once the program is gone.
What is not there is no error.

Exit codes: 0 both are gone, 2 they could not be deleted, 3 bad usage or kubeconfig.`,
  examples: [
    ['--webhook-configuration qdrant-admission --guard-binding qdrant-admission-guard', 'what helm uninstall does'],
  ],
  parameters: {
    flags: {
      'webhook-configuration': {
        kind: 'parsed',
        parse: text,
        placeholder: 'NAME',
        brief: 'NAME of the ValidatingWebhookConfiguration to delete',
      },
      'guard-binding': {
        kind: 'parsed',
        parse: String,
        optional: true,
        placeholder: 'NAME',
        brief: 'NAME of the ValidatingAdmissionPolicyBinding to delete before it; none, or empty: there is none',
      },
      'timeout-seconds': {
        kind: 'parsed',
        parse: integer(1, MOST_SECONDS),
        default: '180',
        placeholder: 'NUMBER',
        brief: 'NUMBER of seconds to go on trying',
      },
      kubeconfig: KUBECONFIG_FLAG,
    },
  },
  load: async () => (await import('./run.ts')).uninstall,
});

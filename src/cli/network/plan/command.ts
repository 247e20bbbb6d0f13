import { PROFILES } from '../../../engine/policy.ts';
import { defineCommand } from '../../shared/define-command.ts';
import { KUBE_CONTEXT_FLAG, KUBECONFIG_FLAG, namespaceName, SWITCH, text } from '../../shared/flags.ts';
import { formatFlag } from '../../shared/formats.ts';
import { PLAN_FORMATS } from './formats.ts';
import type { PlanFlags } from './run.ts';

export const planCommand = defineCommand<PlanFlags, readonly string[]>({
  brief: 'print the NetworkPolicies that a namespace needs',
  description: `Prints NetworkPolicies for one namespace, ready to apply: a default deny, and the least openings that each role needs by
the configuration. Which roles these are, the pods and workloads in the files or in the cluster tell; where nothing is yet,
every role that the configuration names, and databases. Changes nothing.

Exit codes: 0 printed, 2 something is left out because it is not known, 3 bad input or usage.`,
  usage: '(--namespace NAME) [<FILE|DIR|->...]',
  examples: [
    ['--config policy.yaml -n qdrant', 'for all roles of the configuration; | kubectl apply -f - applies them'],
    ['--config policy.yaml -n qdrant deploy/', 'for the roles of the workloads in files'],
    ['--config policy.yaml -n qdrant --cluster', 'for those that run, with the addresses of the API server'],
  ],
  parameters: {
    flags: {
      config: {
        kind: 'parsed',
        parse: text,
        optional: true,
        placeholder: 'FILE',
        brief: 'FILE with the policy of the protected namespaces; else the defaults',
      },
      namespace: {
        kind: 'parsed',
        parse: namespaceName,
        placeholder: 'NAME',
        brief: 'NAME of the namespace that the policies are for',
      },
      profile: {
        kind: 'enum',
        values: PROFILES,
        default: 'private',
        brief: 'whose defaults hold where the configuration does not name the namespace',
      },
      cluster: { ...SWITCH, brief: 'look at the cluster: its pods, its workloads, its API server' },
      kubeconfig: KUBECONFIG_FLAG,
      context: KUBE_CONTEXT_FLAG,
      format: formatFlag(PLAN_FORMATS),
    },
    aliases: { n: 'namespace' },
    positional: {
      kind: 'array',
      parameter: {
        parse: text,
        placeholder: 'FILE|DIR|-',
        brief: 'files, directories, or - for standard input, with the workloads of the namespace',
        proposeCompletions: () => [],
      },
    },
  },
  load: async () => (await import('./run.ts')).plan,
});

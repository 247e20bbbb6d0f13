import { defineCommand } from '../../shared/define-command.ts';
import { COLOUR_FLAG, KUBE_CONTEXT_FLAG, KUBECONFIG_FLAG, namespaceName, text } from '../../shared/flags.ts';
import { formatFlag } from '../../shared/formats.ts';
import { EXPLAIN_FORMATS } from './formats.ts';
import type { ExplainFlags } from './run.ts';

export const explainCommand = defineCommand<ExplainFlags, readonly string[]>({
  brief: 'show what a pod may reach and be reached by, and through which policy',
  description: `Shows for a pod, or for the pods that a workload makes, what the NetworkPolicies of its namespace open to it, and which of
them isolate it. Changes nothing.

Exit codes: 0 isolated both ways, 1 open to everything in a direction, 2 could not tell, 3 bad input or usage; the worst of
3, 1, 2, 0.`,
  usage: '<POD> [<FILE|DIR|->...]',
  examples: [
    ['-n qdrant qdrant-0', 'a pod of the cluster'],
    ['statefulset/qdrant deploy/', 'the pods of a workload, with the policies beside it'],
    ['-n qdrant --format mermaid qdrant-0', 'as a picture, for Markdown'],
  ],
  parameters: {
    flags: {
      namespace: {
        kind: 'parsed',
        parse: namespaceName,
        optional: true,
        placeholder: 'NAME',
        brief: 'NAME of the namespace it stands in; of files that of objects that name none',
      },
      kubeconfig: KUBECONFIG_FLAG,
      context: KUBE_CONTEXT_FLAG,
      format: formatFlag(EXPLAIN_FORMATS),
      color: COLOUR_FLAG,
    },
    aliases: { n: 'namespace' },
    positional: {
      kind: 'array',
      minimum: 1,
      parameter: {
        parse: text,
        placeholder: 'POD',
        brief: 'the name of a pod, or kind/name of a workload; then files, directories or -, if it stands there',
        proposeCompletions: () => [],
      },
    },
  },
  load: async () => (await import('./run.ts')).explainPod,
});

import { defineCommand } from '../../shared/define-command.ts';
import { COLOUR_FLAG, KUBE_CONTEXT_FLAG, KUBECONFIG_FLAG, text } from '../../shared/flags.ts';
import { formatFlag } from '../../shared/formats.ts';
import { CLASSES_FORMATS } from './formats.ts';
import type { ClassesFlags } from './run.ts';

export const classesCommand = defineCommand<ClassesFlags, readonly string[]>({
  brief: 'show which StorageClasses encrypt, and why',
  description: `Shows of every StorageClass, of the cluster or of the files, whether its volumes are encrypted at rest, with whose key,
and what shows it or is missing. Changes nothing.

Exit codes: 0 all of them encrypt, 1 some do not, 2 could not tell, 3 bad input or usage; the worst of 3, 1, 2, 0.`,
  usage: '[<FILE|DIR|->...]',
  examples: [
    ['', 'those of the cluster'],
    ['--config policy.yaml -n qdrant', 'with its attestations, and by what it asks of keys there'],
    ['storage/', 'those in files'],
  ],
  parameters: {
    flags: {
      kubeconfig: KUBECONFIG_FLAG,
      context: KUBE_CONTEXT_FLAG,
      config: {
        kind: 'parsed',
        parse: text,
        optional: true,
        placeholder: 'FILE',
        brief: 'FILE with a configuration, whose attestations count',
      },
      namespace: {
        kind: 'parsed',
        parse: text,
        optional: true,
        placeholder: 'NAME',
        brief: 'NAME of a namespace: also judges by what the configuration says of customer keys there',
      },
      format: formatFlag(CLASSES_FORMATS),
      color: COLOUR_FLAG,
    },
    aliases: { n: 'namespace' },
    positional: {
      kind: 'array',
      parameter: {
        parse: text,
        placeholder: 'FILE|DIR|-',
        brief: 'files, directories, or - for standard input; none: the cluster',
        proposeCompletions: () => [],
      },
    },
  },
  load: async () => (await import('./run.ts')).classes,
});

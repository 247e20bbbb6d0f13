import { PROFILES } from '../../engine/policy.ts';
import { defineCommand } from '../shared/define-command.ts';
import { COLOUR_FLAG, SWITCH, text } from '../shared/flags.ts';
import { formatFlag } from '../shared/formats.ts';
import { IMAGE_FLAGS } from '../shared/images.ts';
import { REVIEW_FORMATS } from './formats.ts';
import type { ReviewFlags } from './run.ts';

export const reviewCommand = defineCommand<ReviewFlags, readonly string[]>({
  brief: 'judge manifests without a cluster',
  description: `Judges Kubernetes objects in YAML or JSON as the webhook would, without a cluster. A directory stands for all
*.yaml, *.yml and *.json below it, - for standard input.

Exit codes: 0 nothing refused, 1 refused, 2 could not tell, 3 bad input or usage; the worst of 3, 1, 2, 0.`,
  examples: [
    ['deploy/', 'files, and all files in folders'],
    ['-n qdrant -', 'what another program writes: helm template my-release ./chart | …'],
    ['--config policy.yaml --format json deploy/', 'by the policy that is installed, for a program'],
    ['--registry deploy/', 'and who signed the images'],
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
      profile: {
        kind: 'enum',
        values: PROFILES,
        default: 'private',
        brief: 'whose defaults hold in namespaces that the configuration does not name',
      },
      namespace: {
        kind: 'parsed',
        parse: text,
        optional: true,
        placeholder: 'NAME',
        brief: 'NAME of the namespace of objects that name none',
      },
      format: formatFlag(REVIEW_FORMATS),
      ...IMAGE_FLAGS,
      strict: { ...SWITCH, brief: 'a rule that needs more than the files tell could not tell: exit code 2' },
      fixtures: { ...SWITCH, brief: 'honour the headers of fixtures, which bring their own policy' },
      color: COLOUR_FLAG,
      quiet: { ...SWITCH, brief: 'in text: only objects that are refused or could not be judged' },
    },
    aliases: { n: 'namespace' },
    positional: {
      kind: 'array',
      minimum: 1,
      parameter: {
        parse: text,
        placeholder: 'FILE|DIR|-',
        brief: 'manifests: files, directories, or - for standard input',
        proposeCompletions: () => [],
      },
    },
  },
  load: async () => (await import('./run.ts')).review,
});

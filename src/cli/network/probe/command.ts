import { defineCommand } from '../../shared/define-command.ts';
import { COLOUR_FLAG, integer, KUBE_CONTEXT_FLAG, KUBECONFIG_FLAG, namespaceName, text } from '../../shared/flags.ts';
import { formatFlag } from '../../shared/formats.ts';
import { PROBE_FORMATS } from './formats.ts';
import type { ProbeFlags } from './run.ts';

const MOST_SECONDS = 3600;

export const probeCommand = defineCommand<ProbeFlags, []>({
  brief: 'try whether a connection that NetworkPolicies deny is denied',
  description: `Makes a namespace with two pods, shows that one reaches the other, and that it no longer does once a default deny is
applied, for ingress and for egress, and that it does again afterwards. No API tells whether the network plugin of a
cluster enforces NetworkPolicies: this does, for the nodes on which the pods ran. The namespace is deleted again on every
way out, and one that a killed run left is deleted by the next run: run one at a time.

It may create, list and delete namespaces, and in its own one service accounts, pods and NetworkPolicies and read their
logs. The image has to bring node on its PATH, and nothing else.

Exit codes: 0 enforced, 1 not enforced, 2 could not tell, 3 bad usage or kubeconfig.`,
  examples: [
    ['', 'with the image of this version'],
    ['--image registry.example.com/qdrant-admission@sha256:… --format json', "with a site's own copy of it"],
  ],
  parameters: {
    flags: {
      kubeconfig: KUBECONFIG_FLAG,
      context: KUBE_CONTEXT_FLAG,
      image: {
        kind: 'parsed',
        parse: text,
        optional: true,
        placeholder: 'IMAGE',
        brief: "IMAGE of the pods; else the program's own, of this version",
      },
      namespace: {
        kind: 'parsed',
        parse: namespaceName,
        optional: true,
        placeholder: 'NAME',
        brief: 'NAME of the namespace to make, which must not be there yet; else a new one',
      },
      'timeout-seconds': {
        kind: 'parsed',
        parse: integer(1, MOST_SECONDS),
        default: '60',
        placeholder: 'NUMBER',
        brief: 'NUMBER of seconds to wait for each step: until the pods run, until a connection is denied',
      },
      format: formatFlag(PROBE_FORMATS),
      color: COLOUR_FLAG,
    },
    aliases: { n: 'namespace' },
  },
  load: async () => (await import('./run.ts')).probe,
});

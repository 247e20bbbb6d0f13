import { PROFILES } from '../../engine/policy.ts';
import { defineCommand } from '../shared/define-command.ts';
import { COLOUR_FLAG, KUBE_CONTEXT_FLAG, KUBECONFIG_FLAG, namespaceName, text } from '../shared/flags.ts';
import { formatFlag } from '../shared/formats.ts';
import { IMAGE_FLAGS } from '../shared/images.ts';
import { AUDIT_FORMATS } from './formats.ts';
import type { AuditFlags } from './run.ts';

export const auditCommand = defineCommand<AuditFlags, []>({
  brief: 'judge what already runs in a cluster',
  description: `Lists what stands in the protected namespaces of a cluster already and would be refused if it were created now: pods,
the pod templates of every workload kind, claims, what opens the network to them, and the sources of Flux. Changes
nothing. It has to read these kinds there, and in the cluster StorageClasses and PersistentVolumes. It needs --config,
--namespace, or both.
It looks for the network plugin, too (DaemonSets, its ConfigMap, the nodes of k3s): no API tells whether NetworkPolicies
are enforced, but some settings show that they are not, which is refused.
With --registry or --layout it verifies the images, and that pods run the digests that were verified; without, who signed
them cannot be told.

Exit codes: 0 nothing refused, 1 refused, 2 could not tell, 3 bad input or usage; the worst of 3, 1, 2, 0.`,
  examples: [
    ['-n qdrant', 'by the defaults, as nothing is installed yet'],
    ['--config policy.yaml --format json', 'all namespaces that the configuration protects'],
    ['--config policy.yaml --registry', 'and who signed what runs there'],
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
        brief: 'FILE with the policy of the protected namespaces; else the defaults',
      },
      namespace: {
        kind: 'parsed',
        parse: namespaceName,
        optional: true,
        variadic: true,
        placeholder: 'NAME',
        brief: 'NAME of the only namespace; several times for several',
      },
      profile: {
        kind: 'enum',
        values: PROFILES,
        default: 'private',
        brief: 'whose defaults hold in namespaces that the configuration does not name',
      },
      ...IMAGE_FLAGS,
      format: formatFlag(AUDIT_FORMATS),
      color: COLOUR_FLAG,
    },
    aliases: { n: 'namespace' },
  },
  load: async () => (await import('./run.ts')).audit,
});

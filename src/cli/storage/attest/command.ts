import { defineCommand } from '../../shared/define-command.ts';
import { KUBE_CONTEXT_FLAG, KUBECONFIG_FLAG, text } from '../../shared/flags.ts';
import type { AttestFlags } from './run.ts';

export const attestCommand = defineCommand<AttestFlags, readonly string[]>({
  brief: 'print an attestation for a class that does not show how it encrypts',
  description: `Prints an entry for storage.attestations of the configuration: a statement that volumes of this StorageClass, of the
cluster or of the files, are encrypted at rest although nothing in Kubernetes shows it. Changes nothing.

Exit codes: 0 printed, or not needed, 1 no statement would help, 2 could not tell, 3 bad input or usage.`,
  usage: '(--mechanism TEXT) (--responsible TEXT) (--expires TIME) <CLASS> [<FILE|DIR|->...]',
  examples: [
    [
      'local --mechanism node-luks --responsible storage@example.com --expires 2027-06-30T00:00:00Z',
      'for a class of the cluster, whose nodes have encrypted disks',
    ],
  ],
  parameters: {
    flags: {
      mechanism: {
        kind: 'parsed',
        parse: text,
        placeholder: 'TEXT',
        brief: 'TEXT that says how its volumes are encrypted: ebs-account-default, vsphere-policy, node-luks, array',
      },
      responsible: {
        kind: 'parsed',
        parse: text,
        placeholder: 'TEXT',
        brief: 'TEXT that says who answers for it',
      },
      expires: {
        kind: 'parsed',
        parse: text,
        placeholder: 'TIME',
        brief: 'TIME from when on it no longer holds, in RFC 3339: 2027-06-30T00:00:00Z',
      },
      'key-id': {
        kind: 'parsed',
        parse: text,
        optional: true,
        placeholder: 'KEY',
        brief: "KEY of the customer's that encrypts them, as customerKeys names it",
      },
      reason: {
        kind: 'parsed',
        parse: String,
        optional: true,
        placeholder: 'TEXT',
        brief: 'TEXT that says why it may be believed',
      },
      kubeconfig: KUBECONFIG_FLAG,
      context: KUBE_CONTEXT_FLAG,
    },
    positional: {
      kind: 'array',
      minimum: 1,
      parameter: {
        parse: text,
        placeholder: 'CLASS',
        brief: 'the name of a StorageClass; then files, directories or -, if it stands there and not in the cluster',
        proposeCompletions: () => [],
      },
    },
  },
  load: async () => (await import('./run.ts')).attest,
});

import { LOG_LEVELS } from '../../telemetry/log-levels.ts';
import { defineCommand } from '../shared/define-command.ts';
import { integer, KUBECONFIG_FLAG, memory, text } from '../shared/flags.ts';
import type { ServeFlags } from './settings.ts';

const PORT = { kind: 'parsed', parse: integer(0, 65_535), placeholder: 'NUMBER' } as const;
const NAME = { kind: 'parsed', parse: text, optional: true, placeholder: 'NAME' } as const;
const FILE = { kind: 'parsed', parse: text, optional: true, placeholder: 'FILE' } as const;

export const serveCommand = defineCommand<ServeFlags, []>({
  brief: 'answer the API server',
  description: `The webhook, until SIGTERM or SIGINT. Its certificate comes from files (--tls-cert-file, --tls-private-key-file), or is
issued and rotated by the program itself (--certificates self), in the namespace that POD_NAMESPACE names; that needs
--certificate-secret, --webhook-configuration and --service. Inside a cluster that is found by itself.

Exit codes: 0 told to stop, 3 bad input or usage.`,
  examples: [
    [
      '--config policy.yaml --tls-cert-file tls.crt --tls-private-key-file tls.key',
      'with a certificate that something else renews',
    ],
  ],
  parameters: {
    flags: {
      config: {
        kind: 'parsed',
        parse: text,
        placeholder: 'FILE',
        brief: 'FILE that says what is judged, and how strictly; read again when it changes',
      },
      port: { ...PORT, default: '8443', brief: 'NUMBER of the port for reviews, over TLS; 0 takes any that is free' },
      'metrics-port': {
        ...PORT,
        default: '9090',
        brief: 'NUMBER of the port for /livez, /readyz and /metrics, in the clear',
      },
      bind: {
        kind: 'parsed',
        parse: text,
        optional: true,
        placeholder: 'ADDRESS',
        brief: 'ADDRESS of both ports; else all',
      },
      'drain-seconds': {
        kind: 'parsed',
        parse: integer(0, 3600),
        default: '10',
        placeholder: 'NUMBER',
        brief: 'NUMBER of seconds to go on answering after SIGTERM',
      },
      'log-level': { kind: 'enum', values: LOG_LEVELS, default: 'info', brief: 'the least that is logged' },
      'memory-limit': {
        kind: 'parsed',
        parse: memory('96Mi'),
        optional: true,
        placeholder: 'QUANTITY',
        brief: 'QUANTITY of memory that the process may use, such as 256Mi; else the limit of its container',
      },
      kubeconfig: {
        ...KUBECONFIG_FLAG,
        brief: 'FILE that names the cluster to learn facts from; else the one it runs in, if any',
      },
      certificates: {
        kind: 'enum',
        values: ['files', 'self'],
        default: 'files',
        brief: 'where the certificate comes from: files, or the program itself',
      },
      'tls-cert-file': { ...FILE, brief: 'FILE with the chain in PEM; read again when it changes' },
      'tls-private-key-file': { ...FILE, brief: 'FILE with its private key in PEM' },
      'certificate-secret': { ...NAME, brief: 'NAME of the Secret that all replicas share' },
      'webhook-configuration': {
        ...NAME,
        brief: 'NAME of the ValidatingWebhookConfiguration that has to trust the certificate',
      },
      'evidence-config-map': {
        kind: 'parsed',
        parse: text,
        optional: true,
        variadic: true,
        placeholder: 'NAME',
        brief: 'NAME of a ConfigMap beside the program that keeps what was read of verified images; may be repeated',
      },
      service: { ...NAME, brief: 'NAME of the Service under whose name the API server calls' },
    },
  },
  load: async () => (await import('./run.ts')).serve,
});

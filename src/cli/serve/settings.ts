import { parseArgs } from 'node:util';
import { LOG_LEVELS, type LogLevel } from '../../telemetry/log.ts';

export const SERVE_USAGE = `usage: qdrant-admission serve --config FILE [options]
  --config FILE                what is judged, and how strictly; read again when it changes
  --port NUMBER                for reviews, over TLS (8443; 0 takes any that is free)
  --metrics-port NUMBER        for /livez, /readyz and /metrics, in the clear (9090)
  --bind ADDRESS               the address of both (all)
  --drain-seconds NUMBER       how long to go on answering after SIGTERM (10)
  --log-level LEVEL            ${LOG_LEVELS.join(', ')} (info)
  --kubeconfig FILE            the cluster to learn facts from; inside a cluster it is found by itself
the certificate, from files:
  --tls-cert-file FILE         chain in PEM; read again when it changes
  --tls-private-key-file FILE  its private key in PEM
or issued and rotated by the program, in the namespace of POD_NAMESPACE:
  --certificates self
  --certificate-secret NAME    the Secret that all replicas share
  --webhook-configuration NAME the ValidatingWebhookConfiguration that has to trust it
  --service NAME               the Service under whose name the API server calls
`;

const OPTIONS = {
  config: { type: 'string' },
  certificates: { type: 'string', default: 'files' },
  'tls-cert-file': { type: 'string' },
  'tls-private-key-file': { type: 'string' },
  'certificate-secret': { type: 'string' },
  'webhook-configuration': { type: 'string' },
  service: { type: 'string' },
  kubeconfig: { type: 'string' },
  port: { type: 'string', default: '8443' },
  'metrics-port': { type: 'string', default: '9090' },
  bind: { type: 'string' },
  'drain-seconds': { type: 'string', default: '10' },
  'log-level': { type: 'string', default: 'info' },
} as const;

/** Where the serving certificate comes from. */
export type CertificateSource =
  | { readonly mode: 'files'; readonly certFile: string; readonly keyFile: string }
  | {
      readonly mode: 'self';
      readonly namespace: string;
      readonly secret: string;
      readonly webhookConfiguration: string;
      readonly service: string;
    };

export interface ServeSettings {
  readonly config: string;
  readonly certificates: CertificateSource;
  readonly kubeconfig?: string;
  readonly port: number;
  readonly metricsPort: number;
  readonly bind?: string;
  readonly drainSeconds: number;
  readonly logLevel: LogLevel;
}

/** The command line makes no sense; the message says which flag, and what was expected. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Reads the command line of `serve`. @throws UsageError */
export function serveSettings(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ServeSettings {
  const values = parse(args);
  const level = LOG_LEVELS.find((known) => known === values['log-level']);
  if (level === undefined) throw new UsageError(`--log-level: expected one of ${LOG_LEVELS.join(', ')}`);
  return {
    config: required('config', values.config),
    certificates: certificateSource(values, env),
    ...(values.kubeconfig !== undefined && { kubeconfig: values.kubeconfig }),
    port: integer('port', values.port, 65_535),
    metricsPort: integer('metrics-port', values['metrics-port'], 65_535),
    ...(values.bind !== undefined && { bind: values.bind }),
    drainSeconds: integer('drain-seconds', values['drain-seconds'], 3600),
    logLevel: level,
  };
}

type Values = ReturnType<typeof parse>;

function certificateSource(values: Values, env: Readonly<Record<string, string | undefined>>): CertificateSource {
  if (values.certificates === 'files') {
    return {
      mode: 'files',
      certFile: required('tls-cert-file', values['tls-cert-file']),
      keyFile: required('tls-private-key-file', values['tls-private-key-file']),
    };
  }
  if (values.certificates !== 'self') throw new UsageError('--certificates: expected files or self');
  const namespace = env['POD_NAMESPACE'];
  if (!namespace) throw new UsageError('--certificates self needs the environment variable POD_NAMESPACE');
  return {
    mode: 'self',
    namespace,
    secret: required('certificate-secret', values['certificate-secret']),
    webhookConfiguration: required('webhook-configuration', values['webhook-configuration']),
    service: required('service', values.service),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function required(flag: string, value: string | undefined): string {
  if (value === undefined || value === '') throw new UsageError(`--${flag} is missing`);
  return value;
}

function integer(flag: string, text: string, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > most) throw new UsageError(`--${flag}: expected a number from 0 to ${most}`);
  return value;
}

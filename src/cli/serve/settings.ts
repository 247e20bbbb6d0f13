import type { LogLevel } from '../../telemetry/log-levels.ts';
import { Misuse } from '../shared/misuse.ts';

export type ServeFlags = {
  readonly config: string;
  readonly port: number;
  readonly 'metrics-port': number;
  readonly bind: string | undefined;
  readonly 'drain-seconds': number;
  readonly 'log-level': LogLevel;
  readonly 'memory-limit': number | undefined;
  readonly kubeconfig: string | undefined;
  readonly certificates: 'files' | 'self';
  readonly 'tls-cert-file': string | undefined;
  readonly 'tls-private-key-file': string | undefined;
  readonly 'certificate-secret': string | undefined;
  readonly 'webhook-configuration': string | undefined;
  readonly 'evidence-config-map': readonly string[] | undefined;
  readonly service: string | undefined;
};

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
  /** In bytes. */
  readonly memoryLimit?: number;
  /** ConfigMaps that keep what was read of verified images. */
  readonly evidence?: { readonly namespace: string; readonly configMaps: readonly string[] };
}

/** What the flags mean together. @throws Misuse */
export function serveSettings(flags: ServeFlags, env: Readonly<Record<string, string | undefined>>): ServeSettings {
  const { config, kubeconfig, port, bind } = flags;
  return {
    config,
    certificates: certificateSource(flags, env),
    ...(kubeconfig !== undefined && { kubeconfig }),
    port,
    metricsPort: flags['metrics-port'],
    ...(bind !== undefined && { bind }),
    drainSeconds: flags['drain-seconds'],
    logLevel: flags['log-level'],
    ...(flags['memory-limit'] !== undefined && { memoryLimit: flags['memory-limit'] }),
    ...evidencePlace(flags['evidence-config-map'] ?? [], env['POD_NAMESPACE']),
  };
}

function evidencePlace(configMaps: readonly string[], namespace: string | undefined): Pick<ServeSettings, 'evidence'> {
  if (configMaps.length === 0) return {};
  if (!namespace) throw new Misuse('--evidence-config-map needs the environment variable POD_NAMESPACE');
  return { evidence: { namespace, configMaps } };
}

function certificateSource(flags: ServeFlags, env: Readonly<Record<string, string | undefined>>): CertificateSource {
  if (flags.certificates === 'files') {
    return {
      mode: 'files',
      certFile: required('tls-cert-file', flags['tls-cert-file'], 'FILE, or --certificates self'),
      keyFile: required('tls-private-key-file', flags['tls-private-key-file'], 'FILE'),
    };
  }
  const namespace = env['POD_NAMESPACE'];
  if (!namespace) throw new Misuse('--certificates self needs the environment variable POD_NAMESPACE');
  return {
    mode: 'self',
    namespace,
    secret: required('certificate-secret', flags['certificate-secret'], 'NAME, for --certificates self'),
    webhookConfiguration: required(
      'webhook-configuration',
      flags['webhook-configuration'],
      'NAME, for --certificates self',
    ),
    service: required('service', flags.service, 'NAME, for --certificates self'),
  };
}

function required(flag: string, value: string | undefined, expected: string): string {
  if (value === undefined) throw new Misuse(`--${flag} is missing: expected ${expected}`);
  return value;
}

import { DEFAULT_LIFETIMES } from '../../certificates/lifetimes.ts';
import { readCertificate, type ServingCertificate } from '../../runtime/certificate-files.ts';
import { keepReloaded } from '../../runtime/reload.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { ClusterConnection } from './cluster.ts';
import type { CertificateSource } from './settings.ts';

/** A serving certificate that is kept up to date. */
export interface KeptCertificate {
  current(): ServingCertificate;
  /** Why no API server could trust what is served; undefined when it can. */
  unready(): string | undefined;
  stop(): Promise<void>;
}

interface CertificateOptions {
  readonly cluster: ClusterConnection;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly everyMs: number;
  readonly now: () => Date;
  /** Somebody wants an end, perhaps before there is a certificate. */
  readonly stop: AbortSignal;
  /** Ends the rotation. */
  readonly signal: AbortSignal;
  /** Takes each new certificate after the first. */
  readonly use: (certificate: ServingCertificate) => void;
}

/** The certificate from its source; undefined where the program was told to stop before there was one. */
export function keepCertificate(
  source: CertificateSource,
  options: CertificateOptions,
): Promise<KeptCertificate | undefined> {
  return source.mode === 'files' ? fromFiles(source, options) : selfIssued(source, options);
}

async function fromFiles(
  { certFile, keyFile }: Extract<CertificateSource, { mode: 'files' }>,
  { log, metrics, everyMs, use }: CertificateOptions,
): Promise<KeptCertificate> {
  const kept = await keepReloaded({
    files: [certFile, keyFile],
    read: () => readCertificate(certFile, keyFile),
    everyMs,
    onReload(certificate) {
      use(certificate);
      metrics.reload('certificate', true);
      metrics.certificateExpires(certificate.expires);
      log.info({ expires: certificate.expires }, 'certificate reloaded');
    },
    onFailure(error) {
      metrics.reload('certificate', false);
      const problem = error instanceof Error ? error.message : String(error);
      log.error({ problem }, 'the new certificate cannot be used: the last good one stays in force');
    },
  });
  metrics.certificateExpires(kept.current.expires);
  return {
    current: () => kept.current,
    unready: () => undefined,
    async stop() {
      kept.stop();
    },
  };
}

async function selfIssued(
  { namespace, secret, webhookConfiguration, service }: Extract<CertificateSource, { mode: 'self' }>,
  { cluster, log, metrics, now, stop, signal, use }: CertificateOptions,
): Promise<KeptCertificate | undefined> {
  if (!cluster.client) throw new Error('certificates cannot be kept without a cluster');
  const { DEFAULT_EVERY_MS, runCertificates } = await import('../../cluster/certificates/rotation.ts');
  const first = Promise.withResolvers<ServingCertificate | undefined>();
  stop.addEventListener('abort', () => first.resolve(undefined), { once: true });
  let current: ServingCertificate | undefined;
  const certificates = runCertificates({
    client: cluster.client,
    settings: {
      namespace,
      secret,
      webhookConfiguration,
      dnsNames: [`${service}.${namespace}.svc`, `${service}.${namespace}.svc.cluster.local`],
      lifetimes: DEFAULT_LIFETIMES,
      everyMs: DEFAULT_EVERY_MS,
    },
    onLeaf(certificate) {
      current = certificate;
      metrics.certificateExpires(certificate.expires);
      use(certificate);
      first.resolve(certificate);
    },
    signal,
    now: () => now().getTime(),
    log,
  });
  const initial = await first.promise;
  if (initial === undefined) return undefined;
  return {
    current: () => current ?? initial,
    unready: () => (certificates.healthy() ? undefined : 'the certificate has expired'),
    stop: () => certificates.done,
  };
}

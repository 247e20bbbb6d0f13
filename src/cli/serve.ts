import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ConfigError, loadConfig } from '../config/load.ts';
import type { Config } from '../config/resolve.ts';
import { unknown } from '../engine/facts.ts';
import type { World } from '../facts/world.ts';
import { CertificateError, readCertificate, type ServingCertificate } from '../io/certificates.ts';
import { LOG_LEVELS, type Log, type LogLevel, openLog } from '../io/log.ts';
import { createMetrics, type Metrics } from '../io/metrics.ts';
import { keepReloaded, type Reloaded } from '../io/reload.ts';
import { createApp } from '../serve/app.ts';
import { createHandler } from '../serve/handler.ts';
import { createObserver } from '../serve/observer.ts';
import { createReviewPath } from '../serve/review-path.ts';
import { type RunningServer, startServer } from '../serve/server.ts';
import { type CommandContext, EXIT } from './context.ts';

const USAGE = `usage: qdrant-admission serve --config FILE --tls-cert-file FILE --tls-private-key-file FILE
  --config FILE                what is judged, and how strictly; read again when it changes
  --tls-cert-file FILE         certificate chain in PEM; read again when it changes
  --tls-private-key-file FILE  its private key in PEM
  --port NUMBER                for reviews, over TLS (8443; 0 takes any that is free)
  --metrics-port NUMBER        for /livez, /readyz and /metrics, in the clear (9090)
  --bind ADDRESS               the address of both (all)
  --drain-seconds NUMBER       how long to go on answering after SIGTERM (10)
  --log-level LEVEL            ${LOG_LEVELS.join(', ')} (info)
`;

const OPTIONS = {
  config: { type: 'string' },
  'tls-cert-file': { type: 'string' },
  'tls-private-key-file': { type: 'string' },
  port: { type: 'string', default: '8443' },
  'metrics-port': { type: 'string', default: '9090' },
  bind: { type: 'string' },
  'drain-seconds': { type: 'string', default: '10' },
  'log-level': { type: 'string', default: 'info' },
} as const;

const RELOAD_MS = 2000;
const TLS_ERROR_LOG_MS = 1000;

interface Settings {
  readonly config: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly port: number;
  readonly metricsPort: number;
  readonly bind?: string;
  readonly drainSeconds: number;
  readonly logLevel: LogLevel;
}

class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** `serve`: the webhook, until it is told to stop. */
export async function serveCommand(args: readonly string[], context: CommandContext): Promise<number> {
  try {
    return await serve(settingsOf(args), context);
  } catch (error) {
    const said = complaint(error);
    if (said === undefined) throw error;
    context.stderr.write(`${said}\n`);
    return EXIT.usage;
  }
}

async function serve(settings: Settings, { stdout, env, now, signal }: CommandContext): Promise<number> {
  const log = openLog(stdout, settings.logLevel);
  const metrics = createMetrics();
  const observer = createObserver(log, metrics);
  let server: RunningServer | undefined;
  let draining = false;

  const config = await keepConfig(settings.config, env['POD_NAMESPACE'], log, metrics);
  const certificate = await keepCertificate(settings, log, metrics, (next) => server?.reload(next));
  const handler = createHandler({ config, world: NO_CLUSTER, now, observer });
  server = await startServer({
    ...(settings.bind !== undefined && { bind: settings.bind }),
    port: settings.port,
    metricsPort: settings.metricsPort,
    certificate: certificate.current,
    reviews: createReviewPath({ handler, observer, isDraining: () => draining }),
    app: createApp({ metrics, unready: () => (draining ? 'draining' : undefined) }),
    onTlsError: tlsErrors(log, metrics),
  });
  const { port, metricsPort } = server;
  log.info({ port, metricsPort, namespaces: config.current.namespaces.size }, 'listening');

  if (!signal.aborted) await once(signal, 'abort');
  draining = true;
  log.info({ seconds: settings.drainSeconds }, 'draining');
  await sleep(settings.drainSeconds * 1000);
  await server.close();
  config.stop();
  certificate.stop();
  log.info('stopped');
  await log.close();
  return EXIT.accepted;
}

function keepConfig(file: string, own: string | undefined, log: Log, metrics: Metrics): Promise<Reloaded<Config>> {
  return keepReloaded({
    files: [file],
    read: () => loadConfig(file, own),
    everyMs: RELOAD_MS,
    onReload({ namespaces }) {
      metrics.reload('configuration', true);
      log.info({ namespaces: namespaces.size }, 'configuration reloaded');
    },
    onFailure(error) {
      metrics.reload('configuration', false);
      const problems = error instanceof ConfigError ? error.problems : [String(error)];
      log.error({ problems }, 'the new configuration cannot be used: the last good one stays in force');
    },
  });
}

async function keepCertificate(
  { certFile, keyFile }: Settings,
  log: Log,
  metrics: Metrics,
  use: (certificate: ServingCertificate) => void,
): Promise<Reloaded<ServingCertificate>> {
  const kept = await keepReloaded({
    files: [certFile, keyFile],
    read: () => readCertificate(certFile, keyFile),
    everyMs: RELOAD_MS,
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
  return kept;
}

/** Scanners and half-open connections can make thousands a second: all are counted, one a second is logged. */
function tlsErrors(log: Log, metrics: Metrics): (error: Error) => void {
  let quietUntil = 0;
  return (error) => {
    metrics.tlsError();
    const at = performance.now();
    if (at < quietUntil) return;
    quietUntil = at + TLS_ERROR_LOG_MS;
    log.debug({ problem: error.message }, 'a TLS connection failed');
  };
}

/** No rule can be judged by facts that nobody watches: unknown, never empty. */
const NO_CLUSTER: World = { list: async () => unknown('this webhook does not read the cluster') };

function settingsOf(args: readonly string[]): Settings {
  const values = parse(args);
  const level = LOG_LEVELS.find((known) => known === values['log-level']);
  if (level === undefined) throw new UsageError(`--log-level: expected one of ${LOG_LEVELS.join(', ')}`);
  return {
    config: required('config', values.config),
    certFile: required('tls-cert-file', values['tls-cert-file']),
    keyFile: required('tls-private-key-file', values['tls-private-key-file']),
    port: integer('port', values.port, 65_535),
    metricsPort: integer('metrics-port', values['metrics-port'], 65_535),
    ...(values.bind !== undefined && { bind: values.bind }),
    drainSeconds: integer('drain-seconds', values['drain-seconds'], 3600),
    logLevel: level,
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

/** What to tell the caller of an error that is theirs; undefined for one that is ours. */
function complaint(error: unknown): string | undefined {
  if (error instanceof UsageError) return `${error.message}\n${USAGE}`.trimEnd();
  if (error instanceof ConfigError) return error.problems.join('\n');
  if (error instanceof CertificateError) return error.message;
  if (error instanceof Error && 'syscall' in error && error.syscall === 'listen') {
    return `cannot listen: ${error.message}`;
  }
  return undefined;
}

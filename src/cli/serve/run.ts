import { once } from 'node:events';
import { KubeConfigError } from '../../cluster/access.ts';
import { attestationsAt, exemptionsAt, expiredAt } from '../../config/expiry.ts';
import { ConfigError, loadConfig } from '../../config/load.ts';
import type { Config } from '../../config/resolve.ts';
import { CertificateError } from '../../runtime/certificate-files.ts';
import { REAL_CLOCK } from '../../runtime/clock.ts';
import { keepReloaded, type Reloaded } from '../../runtime/reload.ts';
import { createApp } from '../../serve/app.ts';
import { createHandler } from '../../serve/handler.ts';
import { type MemoryBudget, memoryBudget, openAccounts } from '../../serve/memory-budget.ts';
import { createRequestLog } from '../../serve/request-log.ts';
import { createReviewPath } from '../../serve/review-path.ts';
import { type RunningServer, startServer, TIMEOUTS } from '../../serve/server.ts';
import { type Log, openLog } from '../../telemetry/log.ts';
import { createMetrics, type Metrics } from '../../telemetry/metrics.ts';
import { type CommandContext, EXIT, type Timing } from '../shared/context.ts';
import { keepCertificate } from './certificate.ts';
import { connectCluster } from './cluster.ts';
import { connectImages } from './images.ts';
import { type ServeFlags, type ServeSettings, serveSettings } from './settings.ts';

/** How often files are looked at, in milliseconds. */
const RELOAD_MS = 2000;
const TLS_ERROR_LOG_MS = 1000;
const REAL_TIMING: Timing = { clock: REAL_CLOCK, timeouts: TIMEOUTS };

/** `serve`: the webhook, until it is told to stop. */
export async function serve(flags: ServeFlags, _: readonly [], context: CommandContext): Promise<number> {
  const settings = serveSettings(flags, context.env);
  try {
    return await answer(settings, context);
  } catch (error) {
    const said = complaint(error);
    if (said === undefined) throw error;
    context.stderr.write(`${said}\n`);
    return EXIT.usage;
  }
}

async function answer(settings: ServeSettings, context: CommandContext): Promise<number> {
  const { stdout, env, now, signal, program, memory, timing: { clock, timeouts } = REAL_TIMING } = context;
  const log = openLog(stdout, settings.logLevel);
  const { version, node } = program;
  log.info({ version, node }, 'starting');
  const limit = settings.memoryLimit ?? memory.process;
  const budget = memoryBudget({ process: limit, heap: memory.heap });
  tellBudget(log, budget, limit !== undefined);
  const { bodies, objects } = openAccounts(budget);
  const metrics = createMetrics(program);
  const requestLog = createRequestLog(log, metrics);
  // Watches and rotation go on while the server drains: it still answers.
  const ending = new AbortController();
  let server: RunningServer | undefined;
  let draining = false;

  const cluster = await connectCluster(settings, { env, log, metrics, signal: ending.signal });
  const images = connectImages(settings, {
    env,
    log,
    metrics,
    client: cluster.client,
    memoryLimit: budget.limit,
    now,
    signal: ending.signal,
  });
  const take = (next: Config) => {
    cluster.follow(next);
    images.follow(next);
    for (const expired of expiredAt(next, now())) log.warn({ expired }, 'this has expired, and no longer holds');
  };
  const config = await keepConfig(settings.config, env['POD_NAMESPACE'], log, metrics, take);
  take(config.current);
  metrics.exemptions(() => exemptionsAt(config.current, now()));
  metrics.attestations(() => attestationsAt(config.current, now()));
  metrics.protectedNamespaces(async () => {
    const names = [...config.current.namespaces.keys()];
    return { names, missing: await cluster.missing(names) };
  });
  const certificate = await keepCertificate(settings.certificates, {
    cluster,
    log,
    metrics,
    everyMs: RELOAD_MS,
    now,
    stop: signal,
    signal: ending.signal,
    use: (next) => server?.reload(next),
  });
  if (certificate === undefined) return EXIT.accepted;
  const ports = { cluster: cluster.world, images: images.source };
  const unready = () => (draining ? 'draining' : (certificate.unready() ?? cluster.unready()));
  server = await startServer({
    ...(settings.bind !== undefined && { bind: settings.bind }),
    port: settings.port,
    metricsPort: settings.metricsPort,
    certificate: certificate.current(),
    connections: budget.connections,
    reviews: createReviewPath({
      handler: createHandler({ config, ports, now, requestLog, memory: objects }),
      requestLog,
      memory: bodies,
      isDraining: () => draining,
    }),
    app: createApp({ metrics, unready }),
    onTlsError: tlsErrors(log, metrics),
    onClose: (reason) => metrics.closed(reason),
    timeouts,
  });
  const { port, metricsPort } = server;
  log.info({ port, metricsPort, namespaces: config.current.namespaces.size }, 'listening');

  if (!signal.aborted) await once(signal, 'abort');
  draining = true;
  log.info({ seconds: settings.drainSeconds }, 'draining');
  await clock.sleep(settings.drainSeconds * 1000, ending.signal);
  await server.close();
  config.stop();
  await images.stop();
  ending.abort();
  await certificate.stop();
  log.info('stopped');
  await log.close();
  return EXIT.accepted;
}

function tellBudget(log: Log, budget: MemoryBudget, isKnown: boolean): void {
  const { limit, bodies, objects, connections } = budget;
  const fields = { limit, bodies, objects, connections };
  log.info(fields, isKnown ? 'memory budget' : 'memory budget, assumed: no memory limit is known, see --memory-limit');
  if (budget.tooLarge) {
    log.warn(
      { limit },
      'the heap may grow beyond the memory limit: set --max-old-space-size-percentage=40 in NODE_OPTIONS',
    );
  }
}

function keepConfig(
  file: string,
  own: string | undefined,
  log: Log,
  metrics: Metrics,
  use: (config: Config) => void,
): Promise<Reloaded<Config>> {
  return keepReloaded({
    files: [file],
    read: () => loadConfig(file, own),
    everyMs: RELOAD_MS,
    onReload(next) {
      use(next);
      metrics.reload('configuration', true);
      log.info({ namespaces: next.namespaces.size }, 'configuration reloaded');
    },
    onFailure(error) {
      metrics.reload('configuration', false);
      const problems = error instanceof ConfigError ? error.problems : [String(error)];
      log.error({ problems }, 'the new configuration cannot be used: the last good one stays in force');
    },
  });
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

/** What to tell the caller of an error that is theirs; undefined for one that is ours. */
function complaint(error: unknown): string | undefined {
  if (error instanceof ConfigError) return error.problems.join('\n');
  if (error instanceof CertificateError || error instanceof KubeConfigError) return error.message;
  if (error instanceof Error && 'syscall' in error && error.syscall === 'listen') {
    return `cannot listen: ${error.message}`;
  }
  return undefined;
}

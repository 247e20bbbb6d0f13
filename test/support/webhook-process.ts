import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { issueCertificate } from './certificates.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

const RELOADED = 'configuration reloaded';

/** A running `qdrant-admission serve`: the real process, over TLS, on loopback. */
export interface WebhookProcess {
  readonly port: number;
  readonly metricsPort: number;
  /** Base64 of the PEM, as `clientConfig.caBundle` wants it. */
  readonly caBundle: string;
  /** The PEM of the CA. */
  readonly ca: string;
  /** The last lines of its log, for when something failed. */
  readonly log: () => string;
  /** Replaces the file of its configuration, and waits until that is in force. */
  reconfigure(config: object): Promise<void>;
  /** SIGTERM, then waits for the exit code. */
  stop(): Promise<number>;
}

export interface WebhookProcessOptions {
  /** The configuration, as the content of its file. */
  readonly config: object;
  /** The address that callers use, for the certificate. */
  readonly host: string;
  /** All addresses unless told: callers in containers do not come over loopback. */
  readonly bind?: string;
  /** A free one unless told. */
  readonly port?: number;
  /** Another program file than the source, such as the bundle. */
  readonly main?: string;
  /** The cluster to learn facts from; none unless told. */
  readonly kubeconfig?: string;
  /** That cluster cannot be read in full, so the webhook will never call itself ready. */
  readonly neverReady?: boolean;
}

/** Starts the webhook and waits until it listens, and has learnt what it watches. */
export async function startWebhook(options: WebhookProcessOptions): Promise<WebhookProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-webhook-'));
  const { cert, key, ca } = await issueCertificate(options.host);
  const files = { config: join(folder, 'config.yaml'), cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
  await writeFile(files.config, stringify(options.config));
  await writeFile(files.cert, cert);
  await writeFile(files.key, key, { mode: 0o600 });

  const child = spawn(
    process.execPath,
    [
      options.main ?? MAIN,
      'serve',
      ...['--config', files.config],
      ...['--tls-cert-file', files.cert, '--tls-private-key-file', files.key],
      ...['--bind', options.bind ?? '127.0.0.1', '--port', String(options.port ?? 0), '--metrics-port', '0'],
      ...['--drain-seconds', '0'],
      ...(options.kubeconfig === undefined ? [] : ['--kubeconfig', options.kubeconfig]),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const { log, listening, next } = followLog([child.stdout, child.stderr]);
  const early = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`exited with ${code}`)));
  });
  try {
    const { port, metricsPort } = await Promise.race([listening, early]);
    // From here on its end is awaited by whoever stops it.
    early.catch(() => undefined);
    if (options.kubeconfig !== undefined && !options.neverReady) await untilReady(metricsPort);
    return {
      port,
      metricsPort,
      ca,
      caBundle: Buffer.from(ca).toString('base64'),
      log,
      async reconfigure(config) {
        const done = next(RELOADED, 'the new configuration cannot be used: the last good one stays in force');
        // In one step, as the kubelet replaces what is mounted.
        await writeFile(`${files.config}.new`, stringify(config));
        await rename(`${files.config}.new`, files.config);
        if ((await done) !== RELOADED) throw new Error(`the configuration was not taken:\n${log()}`);
      },
      async stop() {
        if (child.exitCode === null && child.signalCode === null) {
          child.kill('SIGTERM');
          await once(child, 'exit');
        }
        process.removeListener('exit', killWithUs);
        await rm(folder, { recursive: true, force: true });
        return child.exitCode ?? -1;
      },
    };
  } catch (error) {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true });
    throw new Error(`the webhook did not start:\n${log()}`, { cause: error });
  }
}

/** What a webhook logs, line by line. */
export interface FollowedLog {
  /** The last lines, for when something failed. */
  readonly log: () => string;
  /** The ports that it names once it listens. */
  readonly listening: Promise<Listening>;
  /** Resolves with the next line that has one of these messages. */
  next(...messages: readonly string[]): Promise<string>;
}

interface Listening {
  readonly port: number;
  readonly metricsPort: number;
}

export function followLog(streams: readonly (Readable | null)[]): FollowedLog {
  const lines: string[] = [];
  const listening = Promise.withResolvers<Listening>();
  const waiting = new Set<(message: string) => void>();
  for (const stream of streams) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > 1000) lines.shift();
      const entry = parseLine(line);
      if (!entry) return;
      if (entry.msg === 'listening') listening.resolve({ port: entry.port, metricsPort: entry.metricsPort });
      for (const look of waiting) look(entry.msg);
    });
  }
  return {
    log: () => lines.slice(-40).join('\n'),
    listening: listening.promise,
    next(...messages) {
      const { promise, resolve } = Promise.withResolvers<string>();
      waiting.add(function look(message) {
        if (!messages.includes(message)) return;
        waiting.delete(look);
        resolve(message);
      });
      return promise;
    },
  };
}

/** Waits until a webhook calls itself ready. */
export async function untilReady(metricsPort: number): Promise<void> {
  const end = Date.now() + 50_000;
  for (;;) {
    // On a connection of its own: one that was idle may be closed just as it is used again.
    const response = await fetch(`http://127.0.0.1:${metricsPort}/readyz`, { headers: { connection: 'close' } });
    const said = await response.text();
    if (response.ok) return;
    if (Date.now() > end) throw new Error(`the webhook is not ready: ${said}`);
    await sleep(50);
  }
}

function parseLine(line: string): { msg: string; port: number; metricsPort: number } | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

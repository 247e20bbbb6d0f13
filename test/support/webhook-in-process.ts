import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { stringify } from 'yaml';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { issueCertificate, type TestCertificate } from './certificates.ts';
import { MEMORY, PROGRAM } from './command-line.ts';
import { followLog, untilReady, type WebhookProcess, type WebhookProcessOptions } from './webhook-process.ts';

const certificates = new Map<string, Promise<TestCertificate>>();

/** One per host: a webhook of every replayed fixture asks for one. */
function certificateFor(host: string): Promise<TestCertificate> {
  const known = certificates.get(host) ?? issueCertificate(host);
  certificates.set(host, known);
  return known;
}

/**
 * The same as `startWebhook`, in the process of the tests: the command line, the files, TLS and the API server are the
 * same, and hundreds can be started one after the other.
 */
export async function startWebhookInProcess(
  options: Pick<WebhookProcessOptions, 'config' | 'host' | 'kubeconfig' | 'neverReady'>,
): Promise<Pick<WebhookProcess, 'port' | 'ca' | 'log' | 'stop'>> {
  const folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-webhook-'));
  const { cert, key, ca } = await certificateFor(options.host);
  const files = { config: join(folder, 'config.yaml'), cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
  await writeFile(files.config, stringify(options.config));
  await writeFile(files.cert, cert);
  await writeFile(files.key, key, { mode: 0o600 });

  const stopping = new AbortController();
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const followed = followLog([stdout, stderr]);
  const args = [
    'serve',
    ...['--config', files.config],
    ...['--tls-cert-file', files.cert, '--tls-private-key-file', files.key],
    ...['--bind', '127.0.0.1', '--port', '0', '--metrics-port', '0', '--drain-seconds', '0'],
    ...(options.kubeconfig === undefined ? [] : ['--kubeconfig', options.kubeconfig]),
  ];
  const ended = runCommandLine(args, {
    stdout,
    stderr,
    stdin: Readable.from([]),
    env: {},
    now: () => new Date(),
    signal: stopping.signal,
    program: PROGRAM,
    memory: MEMORY,
  });
  const early = ended.then((code) => {
    throw new Error(`the webhook ended with ${code}:\n${followed.log()}`);
  });
  async function stop(): Promise<number> {
    stopping.abort();
    const code = await ended;
    await rm(folder, { recursive: true, force: true });
    return code;
  }
  try {
    const { port, metricsPort } = await Promise.race([followed.listening, early]);
    if (options.kubeconfig !== undefined && !options.neverReady) await untilReady(metricsPort);
    // From here on its end is awaited by whoever stops it.
    early.catch(() => undefined);
    return { port, ca, log: followed.log, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

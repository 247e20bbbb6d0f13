import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, type RequestOptions, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { stringify } from 'yaml';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { type Clock, REAL_CLOCK } from '../../src/runtime/clock.ts';
import type { Timeouts } from '../../src/serve/server.ts';
import { issueCertificate } from './certificates.ts';
import { MEMORY, PROGRAM } from './command-line.ts';

/** The command `serve`, run in the test's own process, with real sockets, TLS and files. */
export interface Serving {
  readonly port: number;
  readonly metricsPort: number;
  readonly ca: string;
  readonly files: { readonly config: string; readonly cert: string; readonly key: string };
  /** The lines logged so far, parsed. */
  readonly log: readonly LogLine[];
  /** Resolves with the first line that has this message, as soon as it has been logged. */
  logged(msg: string): Promise<LogLine>;
  /** Does what SIGTERM does. */
  terminate(): void;
  /** The exit code. */
  readonly exited: Promise<number>;
  /** Terminates it, waits for its end, and removes its files. */
  stop(): Promise<number>;
}

export interface LogLine {
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** No cluster stands behind these tests, so nothing is known of the namespace's policies. */
export const CONFIG = {
  version: 1,
  // Else every admission of a pod carries a warning.
  network: { enforcement: { plugin: 'calico', responsible: 'network@example.com' } },
  images: { verify: false },
  namespaces: [
    {
      names: ['qdrant'],
      profile: 'private',
      rules: { 'default-deny': { mode: 'off' }, 'wide-policies': { mode: 'off' } },
    },
  ],
};

const HOUR_MS = 3_600_000;
/** Timeouts that never expire during a test, however busy the machine is. */
export const PATIENT: Timeouts = {
  handshake: HOUR_MS,
  headers: HOUR_MS,
  request: HOUR_MS,
  keepAlive: HOUR_MS,
  idle: HOUR_MS,
  check: 2000,
  close: HOUR_MS,
};

export interface ServingOptions {
  readonly config?: object;
  readonly flags?: readonly string[];
  /** Measures the drain. */
  readonly clock?: Clock;
}

export async function startServing({
  config = CONFIG,
  flags = [],
  clock = REAL_CLOCK,
}: ServingOptions = {}): Promise<Serving> {
  const folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-serving-'));
  const files = { config: join(folder, 'config.yaml'), cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
  const { cert, key, ca } = await issueCertificate('localhost');
  await Promise.all([
    writeFile(files.config, stringify(config)),
    writeFile(files.cert, cert),
    writeFile(files.key, key, { mode: 0o600 }),
  ]);
  const stopping = new AbortController();
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const { log, logged } = collect(stdout);
  const args = [
    'serve',
    ...['--config', files.config, '--tls-cert-file', files.cert, '--tls-private-key-file', files.key],
    ...['--bind', '127.0.0.1', '--port', '0', '--metrics-port', '0', '--drain-seconds', '0', '--log-level', 'debug'],
    ...flags,
  ];
  const exited = runCommandLine(args, {
    stdout,
    stderr,
    stdin: new PassThrough(),
    env: {},
    now: () => new Date(),
    signal: stopping.signal,
    program: PROGRAM,
    memory: MEMORY,
    timing: { clock, timeouts: PATIENT },
  });
  const ended = exited.then((code) => {
    throw new Error(`serve ended with ${code}: ${stderr.read()}`);
  });
  const { port, metricsPort } = (await Promise.race([logged('listening'), ended])) as LogLine & Ports;
  ended.catch(() => {});
  return {
    port,
    metricsPort,
    ca,
    files,
    log,
    logged,
    terminate: () => stopping.abort(),
    exited,
    async stop() {
      stopping.abort();
      const code = await exited;
      await rm(folder, { recursive: true });
      return code;
    },
  };
}

interface Ports {
  readonly port: number;
  readonly metricsPort: number;
}

function collect(stream: PassThrough): Pick<Serving, 'log' | 'logged'> {
  const log: LogLine[] = [];
  const waiting = new Set<() => void>();
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) log.push(JSON.parse(line) as LogLine);
    for (const look of waiting) look();
  });
  return {
    log,
    logged: (msg) =>
      new Promise((resolve) => {
        const look = () => {
          const found = log.find((line) => line.msg === msg);
          if (!found) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}

/** An HTTP response, read to its end. */
export interface Response {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Sends a request over TLS, on a new connection unless the options bring an agent. */
export function ask({ port, ca }: Serving, body: string | Buffer, options: RequestOptions = {}): Promise<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const headers = { 'Content-Type': 'application/json', ...options.headers };
  const sent = request(
    { host: 'localhost', port, ca, method: 'POST', path: '/validate?timeout=10s', agent: false, ...options, headers },
    (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    },
  );
  sent.on('error', reject);
  sent.end(body);
  return promise;
}

/** The `response` of an AdmissionReview. */
export interface ReviewResponse {
  readonly uid: string;
  readonly allowed: boolean;
  readonly status?: { readonly code: number; readonly reason: string; readonly message: string };
  readonly warnings?: readonly string[];
  readonly auditAnnotations?: Readonly<Record<string, string>>;
}

/** Sends a review and expects an AdmissionReview in return. */
export async function review(serving: Serving, body: object | string, options?: RequestOptions) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const { status, headers, text: answer } = await ask(serving, text, options);
  if (status !== 200 || headers['content-type'] !== 'application/json') throw new Error(`HTTP ${status}: ${answer}`);
  const { apiVersion, kind, response } = JSON.parse(answer);
  if (apiVersion !== 'admission.k8s.io/v1' || kind !== 'AdmissionReview') throw new Error(`no answer: ${answer}`);
  return response as ReviewResponse;
}

/** Opens a connection to write raw bytes to. `received` resolves with everything that came before the server closed it. */
export async function dial({ port, ca }: Serving, options: object = {}) {
  const socket: TLSSocket = connect({ host: '127.0.0.1', servername: 'localhost', port, ca, ...options });
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  socket.once('secureConnect', resolve);
  socket.once('error', reject);
  await ready;
  socket.on('error', () => {});
  let text = '';
  const received = new Promise<string>((done) => {
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.on('close', () => done(text));
  });
  return { socket, received, sofar: () => text };
}

/** Asks what kubelet and Prometheus ask. */
export async function probe({ metricsPort }: Serving, path: string): Promise<{ status: number; text: string }> {
  // On a connection of its own: one that was idle may be closed just as it is used again.
  const response = await fetch(`http://127.0.0.1:${metricsPort}${path}`, { headers: { connection: 'close' } });
  return { status: response.status, text: await response.text() };
}

/** Returns the value of a metric, by its name and labels as in `/metrics`. */
export async function metric(serving: Serving, name: string): Promise<number> {
  const { text } = await probe(serving, '/metrics');
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  if (line === undefined) throw new Error(`no metric ${name}`);
  return Number(line.slice(name.length + 1));
}

/** An agent that keeps connections open, as the API server does. */
export function keepAlive(connections = 25): Agent {
  return new Agent({ keepAlive: true, maxSockets: connections });
}

const SECURE = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
};

/** A pod that keeps every rule. */
export const GOOD_POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'qdrant-0', namespace: 'qdrant' },
  spec: {
    automountServiceAccountToken: false,
    containers: [
      {
        name: 'qdrant',
        image: 'registry.cloud.qdrant.io/qdrant/qdrant:v1.19.0',
        resources: { limits: { cpu: '2', memory: '8Gi' } },
        securityContext: SECURE,
      },
    ],
  },
};
/** A pod that breaks one rule. */
export const BAD_POD = { ...GOOD_POD, spec: { ...GOOD_POD.spec, hostNetwork: true } };

/** Returns an AdmissionReview as an API server sends it. */
export function reviewOf(object: object, request: object = {}): object {
  const { apiVersion, kind } = object as { apiVersion: string; kind: string };
  const [version, group = ''] = apiVersion.split('/').reverse();
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'c8f1d2aa-0000-4000-8000-000000000001',
      kind: { group, version, kind },
      operation: 'CREATE',
      namespace: 'qdrant',
      userInfo: { username: 'alice', groups: ['system:authenticated'] },
      object,
      ...request,
    },
  };
}

import { once } from 'node:events';
import { connect } from 'node:tls';

/**
 * The load generator, a process of its own. It writes prepared bytes to raw TLS connections and reads no more of a
 * response than its length, so that it is never slower than the server it measures. It never sleeps while it measures:
 * to wake a process costs CPU, which the kernel bills to the server whose answer does so, and to the slow ones most.
 */
export interface LoadRequest {
  readonly port: number;
  readonly ca: string;
  readonly connections: number;
  readonly milliseconds: number;
  /** The bodies, sent in turns. */
  readonly bodies: readonly string[];
  /** Whether the answers must allow, or deny: a webhook that refuses a good pod would do less than it is measured for. */
  readonly allowed: boolean;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

process.on('message', (request: LoadRequest) => {
  run(request).then((result) => process.send?.(result), fail);
});

/** By port; they stay open between rounds, as an API server's do. */
const open = new Map<number, readonly Connection[]>();

async function run({ port, ca, connections, milliseconds, bodies, allowed }: LoadRequest): Promise<LoadResult> {
  const requests = bodies.map(toRequest);
  const sockets = open.get(port) ?? (await Promise.all(Array.from({ length: connections }, () => dial(port, ca))));
  open.set(port, sockets);
  const latencies: number[] = [];
  const started = performance.now();
  const until = started + milliseconds;
  const spinning = spin();
  await Promise.all(
    sockets.map(async (ask, i) => {
      for (let turn = i; performance.now() < until; turn++) {
        latencies.push(await ask(requests[turn % requests.length] as Buffer, allowed));
      }
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  spinning.stop();
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  return { requests: latencies.length, seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** Keeps this process awake. */
function spin(): { stop(): void } {
  let next = setImmediate(turn);
  function turn(): void {
    next = setImmediate(turn);
  }
  return { stop: () => clearImmediate(next) };
}

function toRequest(body: string): Buffer {
  const head = [
    'POST /validate?timeout=10s HTTP/1.1',
    'Host: qdrant-admission.qdrant-admission.svc:443',
    'User-Agent: kube-apiserver-admission',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Accept: application/json, */*',
    'Content-Type: application/json',
    'Accept-Encoding: gzip',
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** Sends one request and resolves with the milliseconds until its answer was there. */
type Connection = (request: Buffer, allowed: boolean) => Promise<number>;

async function dial(port: number, ca: string): Promise<Connection> {
  const socket = connect({ host: '127.0.0.1', servername: 'localhost', port, ca, ALPNProtocols: ['http/1.1'] });
  socket.setNoDelay(true);
  await once(socket, 'secureConnect');
  let answered: ((milliseconds: number) => void) | undefined;
  let sent = 0;
  let received = '';
  let expected = '';
  socket.on('close', () => fail('the server closed a connection under load'));
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    const length = lengthOf(received);
    if (length === undefined || received.length < length) return;
    if (!received.startsWith('HTTP/1.1 200 ') || !received.includes(expected))
      fail(`not answered as expected: ${received.slice(0, 1000)}`);
    received = '';
    answered?.(performance.now() - sent);
  });
  return (request, allowed) =>
    new Promise((resolve) => {
      answered = resolve;
      expected = `"allowed":${allowed}`;
      sent = performance.now();
      socket.write(request);
    });
}

function fail(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}

/** Head and body together; undefined while the head is not there. */
function lengthOf(received: string): number | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const length = /\r\ncontent-length: (\d+)/i.exec(received)?.[1];
  if (length === undefined) throw new Error('a response without Content-Length');
  return end + 4 + Number(length);
}

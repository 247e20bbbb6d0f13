import { connect, type TLSSocket } from 'node:tls';

/**
 * The load generator, a process of its own. It writes prepared bytes to raw TLS connections and reads no more of a
 * response than its length, so that it is never slower than the server it measures.
 */
export interface LoadRequest {
  readonly port: number;
  readonly ca: string;
  readonly connections: number;
  readonly milliseconds: number;
  /** The bodies, sent in turns. */
  readonly bodies: readonly string[];
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

process.on('message', (request: LoadRequest) => {
  run(request).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      process.stderr.write(`${error}\n`);
      process.exit(1);
    },
  );
});

async function run({ port, ca, connections, milliseconds, bodies }: LoadRequest): Promise<LoadResult> {
  const requests = bodies.map(toRequest);
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port, ca)));
  const latencies: number[] = [];
  const started = performance.now();
  await Promise.all(sockets.map((socket, i) => drive(socket, requests, i, started + milliseconds, latencies)));
  const seconds = (performance.now() - started) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  return { requests: latencies.length, seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
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

function open(port: number, ca: string): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', servername: 'localhost', port, ca, ALPNProtocols: ['http/1.1'] });
    socket.setNoDelay(true);
    socket.once('secureConnect', () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Asks again and again on one connection, the next when the last is answered. */
function drive(socket: TLSSocket, requests: readonly Buffer[], first: number, until: number, latencies: number[]) {
  return new Promise<void>((resolve, reject) => {
    let turn = first;
    let sent = 0;
    let received = '';

    function ask(): void {
      sent = performance.now();
      socket.write(requests[turn++ % requests.length] as Buffer);
    }

    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed a connection under load')));
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      const length = lengthOf(received);
      if (length === undefined || received.length < length) return;
      if (!received.startsWith('HTTP/1.1 200 ')) return reject(new Error(`not answered: ${received.slice(0, 200)}`));
      received = '';
      const now = performance.now();
      latencies.push(now - sent);
      if (now < until) return ask();
      socket.removeAllListeners('close');
      socket.end();
      resolve();
    });
    ask();
  });
}

/** Head and body together; undefined while the head is not there. */
function lengthOf(received: string): number | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const length = /\r\ncontent-length: (\d+)/i.exec(received)?.[1];
  if (length === undefined) throw new Error('a response without Content-Length');
  return end + 4 + Number(length);
}

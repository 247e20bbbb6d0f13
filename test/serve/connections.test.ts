import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect as connectPlain } from 'node:net';
import { afterEach, expect, it, onTestFinished } from 'vitest';
import type { CloseReason } from '../../src/serve/connections.ts';
import { type RunningServer, type ServerOptions, startServer } from '../../src/serve/server.ts';
import { issueCertificate } from '../support/certificates.ts';
import { ask, dial, keepAlive, PATIENT, type Serving } from '../support/serving.ts';

const { cert, key, ca } = await issueCertificate('localhost');
const MOST = 3;
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

let running: RunningServer | undefined;
const closed: CloseReason[] = [];
afterEach(async () => {
  await running?.close();
  running = undefined;
  closed.length = 0;
});

/** Starts a server with few connections, of which idle ones give way at once. */
async function start(options: Partial<ServerOptions> = {}): Promise<Serving> {
  running = await startServer({
    bind: '127.0.0.1',
    port: 0,
    metricsPort: 0,
    certificate: { cert, key, expires: new Date() },
    connections: MOST,
    reviews: (request, response) => void request.resume().on('end', () => response.end('answered')),
    app: (_request, response) => response.end(),
    onTlsError: () => {},
    onClose: (reason) => closed.push(reason),
    timeouts: { ...PATIENT, idle: 0, close: 100 },
    ...options,
  });
  return { port: running.port, ca } as Serving;
}

/** Opens a connection that is closed at the end of the test. */
async function connectTo(serving: Serving) {
  const connection = await dial(serving);
  onTestFinished(() => void connection.socket.destroy());
  return connection;
}

it('closes those that never asked when others want a connection, the oldest first', async () => {
  const serving = await start();
  const idle = [await connectTo(serving), await connectTo(serving), await connectTo(serving)];
  expect((await ask(serving, '')).text).toBe('answered');
  await idle[0]?.received;
  expect(idle.map(({ socket }) => socket.closed)).toEqual([true, false, false]);
  expect(closed).toEqual(['crowded']);
});

it('keeps those that have asked before open, as long as there are others', async () => {
  const serving = await start();
  const agent = keepAlive(1);
  onTestFinished(() => agent.destroy());
  expect((await ask(serving, '', { agent })).headers['connection']).toBe('keep-alive');
  for (let i = 0; i < 2 * MOST; i++) await connectTo(serving);
  const { socket } = await new Promise<{ socket: { localPort?: number | undefined } }>((resolve) => {
    agent.once('free', (free) => resolve({ socket: free }));
    ask(serving, '', { agent });
  });
  expect(socket.localPort).toBeDefined();
  expect(closed).toHaveLength(2 * MOST + 1 - MOST);
  expect(Object.values(agent.freeSockets).flat()).toHaveLength(1);
});

it('keeps young ones open, and has newcomers wait until one may be closed', async () => {
  const serving = await start({ timeouts: { ...PATIENT, idle: 300, close: 100 } });
  const idle = await Promise.all([1, 2, 3].map(() => connectTo(serving)));
  expect((await ask(serving, '')).text).toBe('answered');
  expect(idle.filter(({ socket }) => socket.closed).length).toBeLessThanOrEqual(1);
  expect(closed).toEqual(['crowded']);
});

it('never closes one that waits for its answer', async () => {
  const answers: ServerResponse[] = [];
  const arrived = Promise.withResolvers<void>();
  const serving = await start({
    reviews(request, response) {
      if (request.headers['x-slow'] === undefined)
        return void request.resume().on('end', () => response.end('answered'));
      answers.push(response);
      if (answers.length === MOST - 1) arrived.resolve();
    },
  });
  const slow = [1, 2].map(() => ask(serving, '', { headers: { 'X-Slow': 'yes' } }));
  await arrived.promise;
  for (let i = 0; i < MOST; i++) expect((await ask(serving, '')).text).toBe('answered');
  for (let i = 0; i < MOST; i++) await connectTo(serving);
  for (const response of answers) response.end('late');
  expect((await Promise.all(slow)).map(({ text }) => text)).toEqual(['late', 'late']);
});

it('closes one whose body does not come, and one whose answers nobody reads', async () => {
  const serving = await start({
    reviews: (request, response) => void (request.method === 'GET' ? response.end('x') : request.resume()),
  });
  const slow = await connectTo(serving);
  slow.socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na');
  for (let i = 0; i < MOST; i++) await connectTo(serving);
  await slow.received;
  expect(closed).toContain('crowded');
});

it('closes one that asks on and on without waiting for answers', async () => {
  let asked = 0;
  const serving = await start({ reviews: () => void asked++ });
  const { socket, received } = await connectTo(serving);
  socket.write(GET.repeat(500));
  await received;
  expect(asked).toBe(4);
  expect(closed).toEqual(['pipelining']);
});

it('does not wait for those that never begin their handshake', async () => {
  const serving = await start();
  const silent = Array.from({ length: 3 * MOST }, () => connectPlain(serving.port, '127.0.0.1').on('error', () => {}));
  await Promise.all(silent.map((socket) => once(socket, 'connect')));
  // They are as many as may wait; the oldest make room.
  expect((await ask(serving, '')).text).toBe('answered');
  for (const socket of silent) socket.destroy();
});

it('does not wait for those that never end their handshake', async () => {
  const serving = await start();
  const halfway = Array.from({ length: 3 * MOST }, () => connectPlain(serving.port, '127.0.0.1').on('error', () => {}));
  for (const socket of halfway) socket.write(Buffer.from([0x16, 0x03, 0x01]));
  expect((await ask(serving, '')).text).toBe('answered');
  for (const socket of halfway) socket.destroy();
});

it('makes many handshakes at once', async () => {
  const serving = await start({ connections: 100 });
  const answers = await Promise.all(Array.from({ length: 60 }, () => ask(serving, '')));
  expect(answers.every(({ text }) => text === 'answered')).toBe(true);
  expect(closed).toEqual([]);
});

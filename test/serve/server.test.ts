import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import type { ServingCertificate } from '../../src/runtime/certificate-files.ts';
import { type RunningServer, type ServerOptions, startServer } from '../../src/serve/server.ts';
import { issueCertificate } from '../support/certificates.ts';
import { ask, dial, PATIENT, type Serving } from '../support/serving.ts';

const { cert, key, ca } = await issueCertificate('localhost');
const certificate: ServingCertificate = { cert, key, expires: new Date() };

let running: RunningServer | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

/** Starts a server in which no time runs out but those that a test names. */
async function start({ timeouts, ...options }: Partial<ServerOptions> = {}): Promise<Serving> {
  running = await startServer({
    bind: '127.0.0.1',
    port: 0,
    metricsPort: 0,
    certificate,
    connections: 100,
    reviews: (_request, response) => response.end('answered'),
    app: (_request, response) => response.end(),
    onTlsError: () => {},
    onClose: () => {},
    timeouts: { ...PATIENT, check: 20, ...timeouts },
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

describe('a caller that is slow on purpose', () => {
  it('loses its connection if its headers take too long', async () => {
    const { socket, received } = await connectTo(await start({ timeouts: { ...PATIENT, check: 20, headers: 300 } }));
    socket.write('POST /validate HTTP/1.1\r\nHost: localhost\r\n');
    const drip = setInterval(() => socket.write('X-Drip: a\r\n'), 50);
    expect(await received).toMatch(/^(?:HTTP\/1\.1 408 |$)/);
    clearInterval(drip);
  });

  it('loses its connection if its body takes too long', async () => {
    const reviews: ServerOptions['reviews'] = (request, response) => request.resume().on('end', () => response.end());
    const timeouts = { ...PATIENT, check: 20, headers: 300, request: 300 };
    const { socket, received } = await connectTo(await start({ reviews, timeouts }));
    socket.write('POST /validate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n');
    const drip = setInterval(() => socket.write('a'), 50);
    expect(await received).toMatch(/^(?:HTTP\/1\.1 408 |$)/);
    clearInterval(drip);
  });

  it('loses its connection if it never begins the TLS handshake', async () => {
    const { port } = await start({ timeouts: { ...PATIENT, handshake: 300 } });
    const socket = connectPlain(port, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket.resume(), 'close');
  });

  it('does not delay others', async () => {
    const serving = await start();
    const slow = await Promise.all(Array.from({ length: 50 }, () => connectTo(serving)));
    for (const { socket } of slow) socket.write('POST /validate HTTP/1.1\r\n');
    expect((await ask(serving, '')).text).toBe('answered');
    // They are still there: nobody was answered only because they had to go.
    expect(slow.filter(({ socket }) => socket.closed)).toEqual([]);
    for (const { socket } of slow) socket.destroy();
  });
});

describe('closing', () => {
  it('waits for requests in flight, and closes idle connections', async () => {
    const asked = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const serving = await start({
      reviews: (request, response) => {
        if (request.headers['x-fast']) return void response.end();
        asked.resolve();
        release.promise.then(() => response.end('late'));
      },
    });
    const idle = await connectTo(serving);
    idle.socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nX-Fast: yes\r\nContent-Length: 0\r\n\r\n');
    while (!idle.sofar().includes('\r\n\r\n')) await once(idle.socket, 'data');
    const answer = ask(serving, '');
    await asked.promise;
    const closed = running?.close();
    await idle.received;
    await expect(dial(serving)).rejects.toThrow('ECONNREFUSED');
    release.resolve();
    expect((await answer).text).toBe('late');
    await closed;
  });

  it('does not wait for ever', async () => {
    const asked = Promise.withResolvers<void>();
    const serving = await start({ reviews: () => asked.resolve(), timeouts: { ...PATIENT, close: 1 } });
    const answer = ask(serving, '').catch((error: Error) => error);
    await asked.promise;
    await running?.close();
    expect(await answer).toBeInstanceOf(Error);
  });
});

it('says which port cannot be opened, and closes the other', async () => {
  const { port } = await start();
  const first = running;
  await expect(start({ port: 0, metricsPort: port })).rejects.toThrow('EADDRINUSE');
  await expect(start({ port })).rejects.toThrow('EADDRINUSE');
  running = first;
});

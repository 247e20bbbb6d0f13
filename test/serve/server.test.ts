import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ServingCertificate } from '../../src/runtime/certificate-files.ts';
import { type RunningServer, type ServerOptions, startServer, TIMEOUTS } from '../../src/serve/server.ts';
import { issueCertificate } from '../support/certificates.ts';
import { ask, dial, type Serving } from '../support/serving.ts';

const { cert, key, ca } = await issueCertificate('localhost');
const certificate: ServingCertificate = { cert, key, expires: new Date() };
const SHORT = { ...TIMEOUTS, handshake: 300, headers: 300, request: 600, check: 50, close: 300 };

let running: RunningServer | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

async function start(options: Partial<ServerOptions> = {}): Promise<Serving> {
  running = await startServer({
    bind: '127.0.0.1',
    port: 0,
    metricsPort: 0,
    certificate,
    reviews: (_request, response) => response.end('answered'),
    app: (_request, response) => response.end(),
    onTlsError: () => {},
    timeouts: SHORT,
    ...options,
  });
  return { port: running.port, ca } as Serving;
}

describe('callers that are slow on purpose', () => {
  it('lose their connection in the headers', async () => {
    const { socket, received } = await dial(await start());
    socket.write('POST /validate HTTP/1.1\r\nHost: localhost\r\n');
    const drip = setInterval(() => socket.write('X-Drip: a\r\n'), 50);
    expect(await received).toMatch(/^(?:HTTP\/1\.1 408 |$)/);
    clearInterval(drip);
  });

  it('lose their connection in the body', async () => {
    const reviews: ServerOptions['reviews'] = (request, response) => request.resume().on('end', () => response.end());
    const { socket, received } = await dial(await start({ reviews }));
    socket.write('POST /validate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n');
    const drip = setInterval(() => socket.write('a'), 50);
    expect(await received).toMatch(/^(?:HTTP\/1\.1 408 |$)/);
    clearInterval(drip);
  });

  it('lose their connection in the TLS handshake', async () => {
    const { port } = await start();
    const socket = connectPlain(port, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket.resume(), 'close');
  });

  it('do not keep others from being answered', async () => {
    const serving = await start();
    const slow = await Promise.all(Array.from({ length: 50 }, () => dial(serving)));
    for (const { socket } of slow) socket.write('POST /validate HTTP/1.1\r\n');
    expect((await ask(serving, '')).text).toBe('answered');
    for (const { socket } of slow) socket.destroy();
  });
});

describe('closing', () => {
  it('waits for what is in flight, and closes idle connections', async () => {
    const asked = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const serving = await start({
      timeouts: TIMEOUTS,
      reviews: (_request, response) => {
        asked.resolve();
        release.promise.then(() => response.end('late'));
      },
    });
    const idle = await dial(serving);
    const answer = ask(serving, '');
    await asked.promise;
    const closed = running?.close();
    await expect(dial(serving)).rejects.toThrow('ECONNREFUSED');
    release.resolve();
    expect((await answer).text).toBe('late');
    idle.socket.destroy();
    await closed;
  });

  it('does not wait for ever', async () => {
    const serving = await start({ reviews: () => {} });
    const answer = ask(serving, '').catch((error: Error) => error);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await running?.close();
    expect(await answer).toBeInstanceOf(Error);
  });
});

it('says which port it cannot have, and gives back the other', async () => {
  const { port } = await start();
  const first = running;
  await expect(start({ port: 0, metricsPort: port })).rejects.toThrow('EADDRINUSE');
  await expect(start({ port })).rejects.toThrow('EADDRINUSE');
  running = first;
});

import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RegistryContentOptions } from '../../src/registry/registry-content.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import {
  contentOf,
  descriptorOf,
  entryFor,
  imageManifest,
  OCI_MANIFEST,
  type RegistryServer,
  send,
  sendBytes,
  startRegistry,
} from './registry-server.ts';

let server: RegistryServer;
let registry: string;

const blob = { ...descriptorOf('hello'), annotations: {} };

beforeAll(async () => {
  server = await startRegistry();
  registry = `registry.test:${server.port}`;
});
afterAll(() => server.close());
beforeEach(() => server.reset());

/** Time that passes by itself whenever somebody waits. */
function quickClock(): Clock & { readonly slept: number[] } {
  const slept: number[] = [];
  return { slept, now: () => 0, random: () => 0, sleep: async (ms) => void slept.push(ms) };
}

async function manifest(options: Partial<RegistryContentOptions> = {}, signal = AbortSignal.timeout(60_000)) {
  const content = contentOf([entryFor(registry, server)], { clock: quickClock(), ...options });
  const found = await content.manifest({ registry, repository: 'acme/app', tag: 'v1' }, signal);
  content.close();
  return found;
}

const bytes = JSON.stringify(imageManifest());

describe('an answer that is too much', () => {
  it('by its Content-Length is not read', async () => {
    let sent = 0;
    server.play((_, response) => {
      response.writeHead(200, { 'content-type': OCI_MANIFEST, 'content-length': 5 * 1024 ** 3 });
      response.on('close', () => {
        sent = response.socket?.bytesWritten ?? 0;
      });
      response.flushHeaders();
      return true;
    });
    expect(await manifest()).toMatchObject({ ok: false, error: { kind: 'invalid' } });
    expect(sent).toBeLessThan(100_000);
  });

  it('in chunks without an end is cut at the limit (chunked bomb)', async () => {
    server.play((_, response) => {
      response.writeHead(200, { 'content-type': OCI_MANIFEST });
      const part = Buffer.alloc(64 * 1024, ' ');
      const go = (): void => {
        while (!response.destroyed && response.write(part));
        response.once('drain', go);
      };
      go();
      return true;
    });
    expect(await manifest()).toMatchObject({
      ok: false,
      error: { kind: 'invalid', message: expect.stringContaining('4194304') },
    });
  });

  it('when unpacked is not unpacked (gzip bomb)', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024, ' '));
    server.play(
      (_, response) =>
        response.writeHead(200, { 'content-type': OCI_MANIFEST, 'content-encoding': 'gzip' }).end(bomb) && true,
    );
    expect(await manifest()).toMatchObject({
      ok: false,
      error: { kind: 'invalid', message: expect.stringContaining('compressed') },
    });
    expect(server.met.map(({ acceptEncoding }) => acceptEncoding)).toEqual(['identity']);
  });

  it.each(['br', 'deflate', 'zstd', 'identity, gzip'])('may not say that it is packed by %s', async (encoding) => {
    server.play((_, response) =>
      send(response, 200, { 'content-type': OCI_MANIFEST, 'content-encoding': encoding }, bytes),
    );
    expect(await manifest()).toMatchObject({ ok: false, error: { kind: 'invalid' } });
  });

  it('in its headers is invalid (huge headers)', async () => {
    server.play((_, response) => send(response, 200, { 'content-type': OCI_MANIFEST, x: 'x'.repeat(20_000) }, bytes));
    expect(await manifest()).toMatchObject({
      ok: false,
      error: { kind: 'invalid', message: expect.stringContaining('headers') },
    });
  });

  it('in its layers is invalid (a million layers)', async () => {
    const layers = Array.from({ length: 129 }, (_, n) => descriptorOf(`layer ${n}`));
    server.putManifest('acme/app', 'v1', imageManifest({ layers }));
    expect(await manifest()).toMatchObject({
      ok: false,
      error: { kind: 'invalid', message: expect.stringContaining('129 layers') },
    });
  });

  it('with status 404 is let go', async () => {
    server.play((_, response) => send(response, 404, {}, 'x'.repeat(10_000_000)));
    expect(await manifest()).toMatchObject({ ok: false, error: { kind: 'absent' } });
  });

  it('is no reason for more memory: bytes in chunks of one are put together', async () => {
    server.play((_, response) => {
      response.writeHead(200, { 'content-type': OCI_MANIFEST });
      for (const byte of Buffer.from(bytes)) response.write(Buffer.from([byte]));
      response.end();
      return true;
    });
    expect(await manifest()).toMatchObject({ ok: true });
  });
});

describe('an answer that does not come', () => {
  it('ends with the deadline (slow body)', async () => {
    server.play((_, response) => {
      response.writeHead(200, { 'content-type': OCI_MANIFEST, 'content-length': bytes.length });
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
      return true;
    });
    expect(await manifest({}, AbortSignal.timeout(300))).toMatchObject({
      ok: false,
      error: { kind: 'unreachable', message: expect.stringContaining('time that was left') },
    });
  });

  it('ends with the deadline (slow-loris before the headers)', async () => {
    server.play(() => true);
    expect(await manifest({}, AbortSignal.timeout(200))).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
  });

  it.each(['before the headers', 'within the body'])('ends where nothing comes for too long: %s', async (when) => {
    server.play((_, response) => {
      if (when === 'within the body') {
        response.writeHead(200, { 'content-type': OCI_MANIFEST, 'content-length': 100 });
        response.write('{');
      }
      return true;
    });
    const found = await manifest({ limits: { idleMs: 50 } });
    expect(found).toMatchObject({
      ok: false,
      error: { kind: 'unreachable', message: expect.stringContaining('nothing came') },
    });
    expect(server.met).toHaveLength(3);
  });

  it('ends with the deadline where the name service hangs', async () => {
    const found = await manifest({ lookup: () => new Promise(() => undefined) }, AbortSignal.timeout(100));
    expect(found).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
  });

  it('is not asked for after the deadline', async () => {
    expect(await manifest({}, AbortSignal.abort())).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
    expect(server.met).toEqual([]);
  });

  it('in full is unreachable, and not a short manifest (lying Content-Length)', async () => {
    server.play((_, response) => {
      response.writeHead(200, { 'content-type': OCI_MANIFEST, 'content-length': bytes.length + 10 });
      response.write(bytes, () => response.socket?.destroySoon());
      return true;
    });
    expect(await manifest()).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
  });

  it('waits for a free connection, of which there are few', async () => {
    let open = 0;
    let most = 0;
    server.play(async (_, response) => {
      open += 1;
      most = Math.max(most, open);
      await new Promise((done) => setTimeout(done, 20));
      open -= 1;
      return sendBytes(response, bytes, OCI_MANIFEST);
    });
    const content = contentOf([entryFor(registry, server)], { limits: { connectionsPerHost: 3 } });
    const found = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        content.manifest({ registry, repository: 'acme/app', tag: `v${n}` }, AbortSignal.timeout(60_000)),
      ),
    );
    content.close();
    expect(found.every(({ ok }) => ok)).toBe(true);
    expect(most).toBe(3);
  });

  it('and for which there is no free connection in time is unreachable, and leaves the connections to others', async () => {
    const answers: (() => void)[] = [];
    server.play((_, response) => {
      answers.push(() => sendBytes(response, bytes, OCI_MANIFEST));
      return true;
    });
    const content = contentOf([entryFor(registry, server)], { limits: { connectionsPerHost: 1 } });
    const image = { registry, repository: 'acme/app', tag: 'v1' };
    const first = content.manifest(image, AbortSignal.timeout(60_000));
    // It has the connection, and not the one that comes late.
    while (answers.length === 0) await new Promise((done) => setTimeout(done, 5));
    const late = await content.manifest(image, AbortSignal.timeout(50));
    expect(late).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
    answers.shift()?.();
    expect(await first).toMatchObject({ ok: true });
    server.play((_, response) => sendBytes(response, bytes, OCI_MANIFEST));
    expect(await content.manifest(image, AbortSignal.timeout(60_000))).toMatchObject({ ok: true });
    content.close();
  });
});

describe('a server that asks for patience', () => {
  it('is asked again after Retry-After (429)', async () => {
    const clock = quickClock();
    server.play((_, response) =>
      server.met.length === 1 ? send(response, 429, { 'retry-after': '2' }) : sendBytes(response, bytes, OCI_MANIFEST),
    );
    expect(await manifest({ clock })).toMatchObject({ ok: true });
    expect(clock.slept).toEqual([2000]);
  });

  it('for longer than anybody has is not waited for (429 with Retry-After beyond the deadline)', async () => {
    const clock = quickClock();
    server.play((_, response) => send(response, 429, { 'retry-after': '3600' }));
    expect(await manifest({ clock })).toMatchObject({
      ok: false,
      error: { kind: 'unreachable', message: expect.stringContaining('3600 s') },
    });
    expect([clock.slept, server.met.length]).toEqual([[], 1]);
  });

  it('by a date far away is not waited for', async () => {
    server.play((_, response) => send(response, 429, { 'retry-after': 'Fri, 31 Dec 2100 23:59:59 GMT' }));
    expect(await manifest()).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
    expect(server.met).toHaveLength(1);
  });

  it.each(['-5', '1e9', 'soon', '', 'Fri, 31 Dec 1999 23:59:59 GMT'])(
    'in no way that counts (%s) is asked three times',
    async (after) => {
      const clock = quickClock();
      server.play((_, response) => send(response, 429, { 'retry-after': after }));
      expect(await manifest({ clock })).toMatchObject({
        ok: false,
        error: { kind: 'unreachable', message: expect.stringContaining('429') },
      });
      expect(server.met).toHaveLength(3);
      expect(clock.slept).toEqual([200, 800]);
    },
  );

  it('is asked no more once the deadline is over', async () => {
    const deadline = new AbortController();
    const clock: Clock = { ...quickClock(), sleep: async () => deadline.abort() };
    server.play((_, response) => send(response, 503));
    expect(await manifest({ clock }, deadline.signal)).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
    expect(server.met).toHaveLength(1);
  });

  it.each([500, 502, 503, 504])('is asked again after %s, and then has it', async (status) => {
    server.play((_, response) =>
      server.met.length < 3 ? send(response, status) : sendBytes(response, bytes, OCI_MANIFEST),
    );
    expect(await manifest()).toMatchObject({ ok: true });
  });

  it('by cutting the connection is asked again', async () => {
    server.play((_, response) => {
      if (server.met.length > 1) return sendBytes(response, bytes, OCI_MANIFEST);
      response.socket?.destroy();
      return true;
    });
    expect(await manifest()).toMatchObject({ ok: true });
  });
});

describe('what does not speak as a registry does', () => {
  let raw: Server | undefined;
  afterEach(() => void raw?.close());

  /** The manifest from a server that writes this text to whoever connects. */
  async function fromRaw(text: string) {
    raw = createServer((socket: Socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(text));
    });
    await new Promise<void>((listening) => raw?.listen(0, '127.0.0.1', listening));
    const name = `registry.test:${(raw.address() as AddressInfo).port}`;
    const content = contentOf([entryFor(name, server, { insecure: true })], { clock: quickClock() });
    const found = await content.manifest({ registry: name, repository: 'a', tag: 'v1' }, AbortSignal.timeout(60_000));
    content.close();
    return found;
  }

  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n\r\n'],
    ['two lengths (smuggling)', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} '],
    [
      'a length beside chunks (smuggling)',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    ],
    ['a length below zero', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}'],
    ['a header with a NUL', 'HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n{}'],
  ])('is invalid: %s', async (_, text) => {
    expect(await fromRaw(text)).toMatchObject({ ok: false, error: { kind: 'invalid' } });
  });

  it.each([
    ['nothing', ''],
    ['half a status line', 'HTTP/1.1 20'],
    ['the headers alone', 'HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n'],
  ])('is unreachable: %s', async (_, text) => {
    expect(await fromRaw(text)).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
  });

  it('is told as text that can be printed, whatever it sends', async () => {
    const found = await fromRaw('HTTP/1.1 200 OK\r\nContent-Type: \x1b[31mred\r\nContent-Length: 2\r\n\r\n{}');
    expect(JSON.stringify(found)).not.toContain('\\u001b');
  });
});

describe('a certificate', () => {
  it('of nobody that is trusted is unreachable, and the message names caFile', async () => {
    const content = contentOf([entryFor(registry, server, { caFile: undefined })], { clock: quickClock() });
    const found = await content.manifest({ registry, repository: 'a', tag: 'v1' }, AbortSignal.timeout(60_000));
    content.close();
    expect(found).toMatchObject({
      ok: false,
      error: { kind: 'unreachable', message: expect.stringContaining('caFile') },
    });
    expect(server.met).toEqual([]);
  });

  it('for another host is unreachable', async () => {
    const name = `elsewhere.test:${server.port}`;
    const content = contentOf([entryFor(name, server)], { clock: quickClock() });
    const found = await content.manifest({ registry: name, repository: 'a', tag: 'v1' }, AbortSignal.timeout(60_000));
    content.close();
    expect(found).toMatchObject({
      ok: false,
      error: { kind: 'unreachable', message: expect.stringContaining('another host') },
    });
  });
});

describe('plain HTTP', () => {
  it('is spoken where the configuration says so, and nowhere else', async () => {
    const plain = await startRegistry({ plain: true });
    plain.putManifest('acme/app', 'v1', imageManifest());
    const name = `registry.test:${plain.port}`;
    const image = { registry: name, repository: 'acme/app', tag: 'v1' };
    const content = contentOf([entryFor(name, plain, { insecure: true })]);
    expect(await content.manifest(image, AbortSignal.timeout(60_000))).toMatchObject({ ok: true });
    content.close();
    const strict = contentOf([entryFor(name, plain)], { clock: quickClock() });
    expect(await strict.manifest(image, AbortSignal.timeout(60_000))).toMatchObject({
      ok: false,
      error: { kind: 'unreachable', message: expect.stringContaining('insecure') },
    });
    strict.close();
    await plain.close();
    expect(plain.met).toHaveLength(1);
  });
});

it('what a connection was kept for is read over it again', async () => {
  const ports = new Set<number | undefined>();
  server.play((_, response) => {
    ports.add(response.socket?.remotePort);
    return false;
  });
  server.putBlob('hello');
  server.putManifest('acme/app', 'v1', imageManifest());
  const content = contentOf([entryFor(registry, server)]);
  const signal = AbortSignal.timeout(60_000);
  await content.manifest({ registry, repository: 'acme/app', tag: 'v1' }, signal);
  await content.blob({ registry, repository: 'acme/app' }, blob, 100, signal);
  content.close();
  expect(ports.size).toBe(1);
});

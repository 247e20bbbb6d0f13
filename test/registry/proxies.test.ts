import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ProxyTexts, proxyOf, readProxies } from '../../src/registry/proxies.ts';
import type { RegistryContentOptions } from '../../src/registry/registry-content.ts';
import {
  contentOf,
  descriptorOf,
  entryFor,
  imageManifest,
  LOOPBACK,
  type RegistryServer,
  send,
  startRegistry,
} from './registry-server.ts';

function proxies(texts: ProxyTexts) {
  const read = readProxies(texts);
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

describe('NO_PROXY', () => {
  it.each<[string, string, boolean]>([
    ['', 'https://registry.example.com', true],
    ['*', 'https://registry.example.com', false],
    ['example.com', 'https://example.com', false],
    ['example.com', 'https://registry.example.com', false],
    ['example.com', 'https://evilexample.com', true],
    ['.example.com', 'https://example.com', true],
    ['.example.com', 'https://registry.example.com', false],
    ['*.example.com', 'https://registry.example.com', false],
    ['EXAMPLE.com', 'https://registry.example.com', false],
    ['example.com:8443', 'https://example.com', true],
    ['example.com:8443', 'https://example.com:8443', false],
    ['example.com:443', 'https://example.com', false],
    ['10.0.0.0/8', 'https://10.1.2.3', false],
    ['10.0.0.0/8', 'https://11.1.2.3', true],
    ['10.1.2.3', 'https://10.1.2.3:5000', false],
    ['10.1.2.3:5000', 'https://10.1.2.3:5000', false],
    ['10.1.2.3:5000', 'https://10.1.2.3', true],
    ['fd00::/8', 'https://[fd00::1]', false],
    ['[fd00::1]', 'https://[fd00::1]', false],
    [' a.test , example.com ', 'https://example.com', false],
    ['', 'https://localhost:5000', false],
    ['', 'https://127.0.0.1:5000', false],
    ['', 'https://[::1]:5000', false],
  ])('%j: %s by the proxy: %s', (except, url, isProxied) => {
    const read = proxies({ https: 'http://proxy.test:3128', except });
    expect(proxyOf(new URL(url), read)?.href).toBe(isProxied ? 'http://proxy.test:3128/' : undefined);
  });

  it('plain HTTP has a proxy of its own', () => {
    const read = proxies({ https: 'http://a.test', http: 'b.test:8080' });
    expect(proxyOf(new URL('http://x.test'), read)?.href).toBe('http://b.test:8080/');
    expect(proxyOf(new URL('http://x.test'), proxies({ https: 'http://a.test' }))).toBeUndefined();
  });

  it.each(['socks5://user:hunter2@proxy.test', 'http://', 'http://user:hunter2@proxy.test:99999'])(
    'a proxy %s is an error that quotes nothing',
    (https) => {
      const read = readProxies({ https });
      expect(read).toMatchObject({ ok: false, error: expect.stringContaining('HTTPS_PROXY') });
      expect(JSON.stringify(read)).not.toContain('hunter2');
    },
  );
});

it('a proxy of plain HTTP that wants TLS is an error', () => {
  expect(readProxies({ http: 'https://proxy.test' })).toMatchObject({
    ok: false,
    error: expect.stringContaining('HTTP_PROXY'),
  });
});

describe('a registry behind a proxy', () => {
  let server: RegistryServer;
  let plain: RegistryServer;
  let proxy: string;
  let registry: string;
  const asked: { target: string; authorization: string | undefined }[] = [];
  const sockets = new Set<Socket>();
  let refuse = 0;

  /** A proxy that finds every name on loopback. */
  const http = createServer((incoming, response) => {
    asked.push({ target: incoming.url ?? '', authorization: incoming.headers['proxy-authorization'] });
    const { port, pathname, host } = new URL(incoming.url ?? '');
    request(
      { port, path: pathname, host: '127.0.0.1', headers: { host, accept: incoming.headers.accept } },
      (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(response);
      },
    ).end();
  });
  http.on('connect', (incoming: IncomingMessage, client: Socket) => {
    asked.push({ target: incoming.url ?? '', authorization: incoming.headers['proxy-authorization'] });
    if (refuse !== 0) {
      client.end(`HTTP/1.1 ${refuse} No\r\n\r\n`);
      return;
    }
    const upstream = connect(Number(incoming.url?.split(':').at(-1)), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
  });
  http.on('connection', (socket) => sockets.add(socket));

  beforeAll(async () => {
    [server, plain] = await Promise.all([startRegistry(), startRegistry({ plain: true })]);
    await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening));
    proxy = `http://me:pass%20word@127.0.0.1:${(http.address() as AddressInfo).port}`;
    registry = `registry.test:${server.port}`;
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    http.close();
    await Promise.all([server.close(), plain.close()]);
  });
  beforeEach(() => {
    server.reset();
    asked.length = 0;
    refuse = 0;
  });

  const unknown = async (): Promise<never> => {
    throw Object.assign(new Error('not here'), { code: 'ENOTFOUND' });
  };

  async function manifest(options: Partial<RegistryContentOptions> = {}, privateAddresses = false) {
    const content = contentOf([entryFor(registry, server, { privateAddresses })], {
      proxies: proxies({ https: proxy }),
      lookup: unknown,
      clock: { now: () => 0, random: () => 0, sleep: async () => undefined },
      ...options,
    });
    const found = await content.manifest({ registry, repository: 'acme/app', tag: 'v1' }, AbortSignal.timeout(60_000));
    content.close();
    return found;
  }

  it('is asked through a tunnel, by its name, which is not known here', async () => {
    server.putManifest('acme/app', 'v1', imageManifest());
    expect(await manifest()).toMatchObject({ ok: true });
    const authorization = `Basic ${Buffer.from('me:pass word').toString('base64')}`;
    expect(asked).toEqual([{ target: registry, authorization }]);
    expect(server.met).toHaveLength(1);
  });

  it('still has to have a certificate of the right authority: the proxy is not trusted', async () => {
    const content = contentOf([], {
      proxies: proxies({ https: proxy }),
      lookup: unknown,
      clock: { now: () => 0, random: () => 0, sleep: async () => undefined },
    });
    const found = await content.manifest({ registry, repository: 'a', tag: 'v1' }, AbortSignal.timeout(60_000));
    content.close();
    expect(found).toMatchObject({
      ok: false,
      error: { kind: 'unreachable', message: expect.stringContaining('caFile') },
    });
  });

  it.each([403, 407, 502])(
    'is unreachable where the proxy says %s, and its password is not printed',
    async (status) => {
      refuse = status;
      const found = await manifest();
      expect(found).toMatchObject({
        ok: false,
        error: { kind: 'unreachable', message: expect.stringContaining(String(status)) },
      });
      expect(JSON.stringify(found)).not.toMatch(/pass%?2?0? ?word/);
    },
  );

  it('that is known here by a private address is not asked (SSRF through the proxy)', async () => {
    expect(await manifest({ lookup: LOOPBACK })).toMatchObject({
      ok: false,
      error: { kind: 'unreachable', message: expect.stringContaining('privateAddresses') },
    });
    expect(asked).toEqual([]);
    server.putManifest('acme/app', 'v1', imageManifest());
    expect(await manifest({ lookup: LOOPBACK }, true)).toMatchObject({ ok: true });
  });

  it.each([
    'https://kubernetes.default.svc/',
    'https://metadata/',
    'https://metadata.google.internal/',
    'https://10.0.0.1/',
    'https://x.cluster.local/',
  ])('cannot send a blob to %s by way of the proxy', async (location) => {
    server.play((_, response) => send(response, 307, { location }));
    const content = contentOf([entryFor(registry, server)], { proxies: proxies({ https: proxy }), lookup: unknown });
    const blob = { ...descriptorOf('hello'), annotations: {} };
    const found = await content.blob({ registry, repository: 'a' }, blob, 100, AbortSignal.timeout(60_000));
    content.close();
    expect(found).toMatchObject({ ok: false, error: { kind: 'invalid' } });
    expect(asked).toHaveLength(1);
  });

  it('of plain HTTP is asked by the whole URL', async () => {
    plain.putManifest('acme/app', 'v1', imageManifest());
    const name = `registry.test:${plain.port}`;
    const content = contentOf([entryFor(name, plain, { insecure: true })], {
      proxies: proxies({ http: proxy }),
      lookup: unknown,
    });
    const found = await content.manifest(
      { registry: name, repository: 'acme/app', tag: 'v1' },
      AbortSignal.timeout(60_000),
    );
    content.close();
    expect(found).toMatchObject({ ok: true });
    expect(asked.map(({ target }) => target)).toEqual([`http://${name}/v2/acme/app/manifests/v1`]);
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NO_ADDRESSES, parseRange } from '../../src/network/addresses.ts';
import type { Lookup } from '../../src/registry/reach.ts';
import {
  contentOf,
  descriptorOf,
  entryFor,
  imageManifest,
  LOOPBACK,
  OCI_INDEX,
  OCI_MANIFEST,
  type RegistryServer,
  send,
  sendBytes,
  startRegistry,
} from './registry-server.ts';

let server: RegistryServer;
let registry: string;

const signal = (): AbortSignal => AbortSignal.timeout(60_000);
const blob = { ...descriptorOf('hello'), annotations: {} };

beforeAll(async () => {
  server = await startRegistry();
  registry = `registry.test:${server.port}`;
});
afterAll(() => server.close());
beforeEach(() => server.reset());

/** Reads the blob of a registry that redirects it to `location`; `privateHosts` as the configuration has them. */
async function redirectedTo(location: string, privateHosts: readonly string[] = [], lookup: Lookup = LOOPBACK) {
  server.play(({ host }, response) => host === registry && send(response, 307, { location }));
  const token = JSON.stringify({ auths: { [registry]: { registrytoken: 'secret-of-the-registry' } } });
  const content = contentOf(
    [entryFor(registry, server, { privateHosts }), entryFor(`storage.test:${server.port}`, server)],
    {
      lookup,
      pullSecrets: async () => [token],
    },
  );
  const found = await content.blob({ registry, repository: 'acme/app' }, blob, 100, signal());
  content.close();
  return found;
}

describe('a blob that is redirected', () => {
  it('to another host over https is read there, and the registry keeps its Authorization to itself', async () => {
    server.putBlob('hello');
    const storage = `storage.test:${server.port}`;
    const found = await redirectedTo(`https://${storage}/v2/x/blobs/${blob.digest}?signature=abc`, [storage]);
    expect(found.ok && Buffer.from(found.value).toString()).toBe('hello');
    expect(server.met.map(({ host, authorization }) => [host, authorization])).toEqual([
      [registry, 'Bearer secret-of-the-registry'],
      [storage, undefined],
    ]);
  });

  it('to another host and is not of its digest there is invalid', async () => {
    const storage = `storage.test:${server.port}`;
    server.play(({ host }, response) =>
      host === registry ? send(response, 307, { location: `https://${storage}/x` }) : send(response, 200, {}, 'HELLO'),
    );
    const content = contentOf([entryFor(registry, server, { privateHosts: [storage] }), entryFor(storage, server)]);
    const found = await content.blob({ registry, repository: 'acme/app' }, blob, 100, signal());
    content.close();
    expect(found).toMatchObject({ ok: false, error: { kind: 'invalid' } });
  });

  it.each([
    'http://169.254.169.254/latest/meta-data/',
    'https://169.254.169.254/latest/meta-data/',
    'https://[fd00:ec2::254]/latest/meta-data/',
    'https://168.63.129.16/',
    'https://localhost/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://0.0.0.0/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[fe80::1]/',
    'https://10.96.0.1/',
    'https://192.168.0.1/',
    'https://100.100.100.200/',
    'http://storage.test/plain',
    'https://user:password@storage.test/',
    'https://storage.test:0/',
    'file:///etc/passwd',
    'ftp://storage.test/x',
    'https://kubernetes.default.svc/',
  ])('to %s is invalid, and not followed', async (location) => {
    const found = await redirectedTo(location);
    expect(found).toMatchObject({ ok: false, error: { kind: 'invalid' } });
    expect(server.met).toHaveLength(1);
    expect(JSON.stringify(found)).not.toContain('secret-of-the-registry');
  });

  it('to a private host is followed over TLS only', async () => {
    const plain = await startRegistry({ plain: true });
    plain.putBlob('hello');
    const host = `storage.test:${plain.port}`;
    const found = await redirectedTo(`http://${host}/v2/x/blobs/${blob.digest}`, [host]);
    await plain.close();
    expect(found).toMatchObject({ ok: false, error: { kind: 'invalid', message: expect.stringContaining('https') } });
    expect(plain.met).toEqual([]);
  });

  it('to a metadata service stays unread even where the configuration calls it private', async () => {
    const found = await redirectedTo('https://169.254.169.254/', ['169.254.169.254']);
    expect(found).toMatchObject({ ok: false, error: { kind: 'invalid' } });
  });

  it('to a name that leads to a private address says what to configure, without the query of the URL', async () => {
    const found = await redirectedTo('https://storage.test/x?X-Amz-Signature=secret');
    expect(found).toMatchObject({ ok: false, error: { message: expect.stringContaining('privateHosts') } });
    expect(JSON.stringify(found)).not.toContain('X-Amz-Signature');
  });

  it('to a private host of another port than the configuration names is invalid', async () => {
    const found = await redirectedTo(`https://storage.test:${server.port}/x`, ['storage.test']);
    expect(found).toMatchObject({ ok: false, error: { kind: 'invalid' } });
  });

  it('for ever is invalid (redirect loop)', async () => {
    const found = await redirectedTo(`https://${registry}/v2/acme/app/blobs/${blob.digest}`);
    expect(found).toMatchObject({ ok: false, error: { kind: 'invalid' } });
    expect(server.met).toHaveLength(4);
  });

  it.each(['', 'https://', 'http://['])('to %j is invalid (redirect to nowhere)', async (location) => {
    expect(await redirectedTo(location)).toMatchObject({ ok: false, error: { kind: 'invalid' } });
    expect(server.met).toHaveLength(1);
  });

  it('back to the registry from elsewhere does not get its Authorization', async () => {
    const storage = `storage.test:${server.port}`;
    server.play(({ host, path }, response) =>
      send(response, 307, {
        location: host === registry && path.startsWith('/v2') ? `https://${storage}/` : `https://${registry}/admin`,
      }),
    );
    const token = JSON.stringify({ auths: { [registry]: { registrytoken: 'secret' } } });
    const content = contentOf(
      [entryFor(registry, server, { privateHosts: [storage, registry] }), entryFor(storage, server)],
      { pullSecrets: async () => [token] },
    );
    await content.blob({ registry, repository: 'acme/app' }, blob, 100, signal());
    content.close();
    const back = server.met.filter(({ path }) => path === '/admin');
    expect(back.length).toBeGreaterThan(0);
    expect(back.map(({ authorization }) => authorization)).toEqual(back.map(() => undefined));
  });

  it('to a host whose certificate is of the private authority of the registry alone is unreachable', async () => {
    server.putBlob('hello');
    const storage = `storage.test:${server.port}`;
    server.play(({ host }, response) => host === registry && send(response, 307, { location: `https://${storage}/x` }));
    const content = contentOf([entryFor(registry, server, { privateHosts: [storage] })], {
      clock: { now: () => 0, random: () => 0, sleep: async () => undefined },
    });
    const found = await content.blob({ registry, repository: 'acme/app' }, blob, 100, signal());
    content.close();
    expect(found).toMatchObject({
      ok: false,
      error: { kind: 'unreachable', message: expect.stringContaining('caFile') },
    });
  });
});

describe('what is no blob and is redirected', () => {
  it('to another host is invalid: a manifest has to come from its registry', async () => {
    const storage = `storage.test:${server.port}`;
    server.play(({ host }, response) => host === registry && send(response, 302, { location: `https://${storage}/x` }));
    const content = contentOf([entryFor(registry, server, { privateHosts: [storage] }), entryFor(storage, server)]);
    const found = await content.manifest({ registry, repository: 'acme/app', tag: 'v1' }, signal());
    content.close();
    expect(found).toMatchObject({ ok: false, error: { kind: 'invalid' } });
    expect(server.met).toHaveLength(1);
  });

  it('on the same origin is followed', async () => {
    server.play(({ path }, response) =>
      path === '/elsewhere'
        ? sendBytes(response, JSON.stringify(imageManifest()), OCI_MANIFEST)
        : send(response, 302, { location: '/elsewhere' }),
    );
    const content = contentOf([entryFor(registry, server)]);
    const found = await content.manifest({ registry, repository: 'acme/app', tag: 'v1' }, signal());
    content.close();
    expect(found).toMatchObject({ ok: true });
  });
});

describe('the name of a registry', () => {
  /** Asks a registry that the configuration does not know, as it stands in a pod. */
  async function ask(registry: string, lookup: Lookup = LOOPBACK, options: object = {}) {
    const content = contentOf([], { lookup, ...options });
    const found = await content.manifest({ registry, repository: 'acme/app', tag: 'v1' }, signal());
    content.close();
    return found;
  }

  it.each([
    'localhost:6443',
    '127.0.0.1:6443',
    '127.1:5000',
    '0x7f000001:5000',
    '2130706433:5000',
    '0177.0.0.1:5000',
    '[::1]:5000',
    '[::ffff:7f00:1]:5000',
    '0.0.0.0:5000',
    '10.96.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '192.0.0.192',
    'kubernetes.default.svc',
    'metadata.google.internal',
  ])('%s leads to no public address and is not asked (SSRF by a name in a pod)', async (registry) => {
    expect(await ask(registry)).toMatchObject({
      ok: false,
      error: { kind: 'unreachable', message: expect.stringContaining('privateAddresses') },
    });
    expect(server.met).toEqual([]);
  });

  it.each(['169.254.169.254', '100.100.100.200', '168.63.129.16', 'fd00:ec2::254'])(
    'leads to the metadata service %s and is not asked, whatever is configured',
    async (address) => {
      const name = `registry.test:${server.port}`;
      const content = contentOf([entryFor(name, server)], { lookup: async () => [address] });
      const found = await content.manifest({ registry: name, repository: 'a', tag: 'v1' }, signal());
      content.close();
      expect(found).toMatchObject({
        ok: false,
        error: { kind: 'unreachable', message: expect.stringContaining(address) },
      });
    },
  );

  it('leads to public and private addresses at once and is not asked', async () => {
    expect(await ask('registry.example.com', async () => ['93.184.216.34', '10.0.0.1'])).toMatchObject({
      ok: false,
      error: { kind: 'unreachable', message: expect.stringContaining('10.0.0.1') },
    });
  });

  it('leads to public addresses of the cluster and is not asked', async () => {
    const range = parseRange('203.1.113.0/24');
    const clusterAddresses = range.ok ? range.value : NO_ADDRESSES;
    expect(await ask('registry.example.com', async () => ['203.1.113.7'], { clusterAddresses })).toMatchObject({
      ok: false,
      error: { kind: 'unreachable', message: expect.stringContaining('203.1.113.7') },
    });
  });

  it('is looked up once for a connection, which goes to the address that was checked (DNS rebinding)', async () => {
    server.putManifest('acme/app', 'v1', imageManifest());
    const answers = [['127.0.0.1'], ['169.254.169.254']];
    const asked: string[] = [];
    const content = contentOf([entryFor(registry, server)], {
      lookup: async (name) => {
        asked.push(name);
        return answers.shift() ?? [];
      },
    });
    const found = await content.manifest({ registry, repository: 'acme/app', tag: 'v1' }, signal());
    content.close();
    expect(found).toMatchObject({ ok: true });
    expect(asked).toEqual(['registry.test']);
  });

  it('that means another address at the next connection is checked again (DNS rebinding)', async () => {
    server.putManifest('acme/app', 'v1', imageManifest());
    server.play((_, response) => {
      response.setHeader('connection', 'close');
      return false;
    });
    const answers = [['127.0.0.1'], ['169.254.169.254']];
    const content = contentOf([entryFor(registry, server)], { lookup: async () => answers.shift() ?? [] });
    const image = { registry, repository: 'acme/app', tag: 'v1' };
    expect(await content.manifest(image, signal())).toMatchObject({ ok: true });
    expect(await content.manifest(image, signal())).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
    content.close();
    expect(server.met).toHaveLength(1);
  });

  it('has a connection of its own where only the configuration lets it be private', async () => {
    // The registry's own connection to this host is open and private: a redirect of another must not use it.
    server.putManifest('acme/app', 'v1', imageManifest());
    const other = `mirror.test:${server.port}`;
    server.play(({ host }, response) => host === other && send(response, 307, { location: `https://${registry}/x` }));
    const content = contentOf([entryFor(registry, server), entryFor(other, server)]);
    expect(await content.manifest({ registry, repository: 'acme/app', tag: 'v1' }, signal())).toMatchObject({
      ok: true,
    });
    const found = await content.blob({ registry: other, repository: 'acme/app' }, blob, 100, signal());
    content.close();
    expect(found).toMatchObject({ ok: false, error: { kind: 'invalid' } });
    expect(server.met.some(({ path }) => path === '/x')).toBe(false);
  });
});

it('an index that lists a manifest elsewhere by urls is read without them', async () => {
  const foreign = { ...descriptorOf('x', OCI_MANIFEST), urls: ['http://169.254.169.254/'] };
  server.putManifest('acme/app', 'v1', { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [foreign] }, OCI_INDEX);
  const content = contentOf([entryFor(registry, server)]);
  const found = await content.manifest({ registry, repository: 'acme/app', tag: 'v1' }, signal());
  content.close();
  expect(found.ok && Object.keys(found.value.manifests[0] ?? {})).not.toContain('urls');
});

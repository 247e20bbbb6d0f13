import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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
let auth: string;

const signal = (): AbortSignal => AbortSignal.timeout(60_000);

beforeAll(async () => {
  server = await startRegistry();
  registry = `registry.test:${server.port}`;
  auth = `auth.test:${server.port}`;
});
afterAll(() => server.close());
beforeEach(() => server.reset());

const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;
const secretFor = (host: string, entry: object): string => JSON.stringify({ auths: { [host]: entry } });

/** A registry that wants a token of the service, which gives numbered ones. */
function wantTokens({ realm = `https://${registry}/token`, more = '', answer = {} as object } = {}): void {
  let given = 0;
  server.play(({ path, authorization }, response) => {
    if (path.includes('/token')) {
      given += 1;
      return send(response, 200, {}, JSON.stringify({ token: `token-${given}`, ...answer }));
    }
    if (authorization?.startsWith('Bearer token-')) {
      return sendBytes(response, JSON.stringify(imageManifest()), OCI_MANIFEST);
    }
    return send(response, 401, { 'www-authenticate': `Bearer realm="${realm}",service="the service"${more}` });
  });
}

interface Asking {
  readonly secrets?: readonly string[];
  readonly privateHosts?: readonly string[];
  readonly clock?: Clock;
  readonly repositories?: readonly string[];
}

/** What comes of asking for a manifest of each repository. */
async function ask({ secrets = [], privateHosts = [], clock, repositories = ['acme/app'] }: Asking = {}) {
  const content = contentOf([entryFor(registry, server, { privateHosts }), entryFor(auth, server)], {
    pullSecrets: async () => secrets,
    ...(clock && { clock }),
  });
  const found = [];
  for (const repository of repositories) {
    found.push(await content.manifest({ registry, repository, tag: 'v1' }, signal()));
  }
  content.close();
  return found;
}

const tokenRequests = () => server.met.filter(({ path }) => path.includes('/token'));

describe('a registry that wants a token', () => {
  it('gets one of its service, for pulling from this repository and nothing more', async () => {
    wantTokens({ more: ',scope="repository:acme/app:pull,push,delete registry:catalog:*"' });
    expect(await ask()).toMatchObject([{ ok: true }]);
    const [{ path, authorization } = { path: '', authorization: '' }] = tokenRequests();
    expect(Object.fromEntries(new URL(path, 'https://x').searchParams)).toEqual({
      service: 'the service',
      scope: 'repository:acme/app:pull',
    });
    expect(authorization).toBeUndefined();
  });

  it('gets the credentials that are stored for it, at its own service', async () => {
    wantTokens();
    expect(
      await ask({ secrets: [secretFor(registry, { auth: Buffer.from('me:pass:word').toString('base64') })] }),
    ).toMatchObject([{ ok: true }]);
    expect(tokenRequests().map(({ authorization }) => authorization)).toEqual([basic('me:pass:word')]);
    // The registry itself sees the token alone.
    expect(server.met.filter(({ path }) => path.startsWith('/v2')).map(({ authorization }) => authorization)).toEqual([
      undefined,
      'Bearer token-1',
    ]);
  });

  it('gets a refresh token by POST, and never in a URL', async () => {
    wantTokens({ answer: { token: undefined, access_token: 'token-9' } });
    expect(await ask({ secrets: [secretFor(registry, { identitytoken: 'refresh-me' })] })).toMatchObject([
      { ok: true },
    ]);
    const [request] = tokenRequests();
    expect(request).toMatchObject({ method: 'POST', path: '/token' });
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toMatchObject({
      grant_type: 'refresh_token',
      refresh_token: 'refresh-me',
      scope: 'repository:acme/app:pull',
    });
  });

  it('gets the token again until it expires, and then another', async () => {
    wantTokens({ answer: { expires_in: 100 } });
    let now = 0;
    const clock: Clock = { now: () => now, random: () => 0, sleep: async () => undefined };
    const content = contentOf([entryFor(registry, server)], { clock });
    const image = { registry, repository: 'acme/app', tag: 'v1' };
    for (const at of [0, 89_000, 91_000]) {
      now = at;
      expect(await content.manifest(image, signal())).toMatchObject({ ok: true });
    }
    content.close();
    expect(tokenRequests()).toHaveLength(2);
  });

  it('gets another token for another repository', async () => {
    wantTokens();
    await ask({ repositories: ['acme/app', 'acme/other', 'acme/app'] });
    expect(tokenRequests().map(({ path }) => new URL(path, 'https://x').searchParams.get('scope'))).toEqual([
      'repository:acme/app:pull',
      'repository:acme/other:pull',
    ]);
  });

  it('is asked twice and no more where it refuses every token (401 loop)', async () => {
    wantTokens({ answer: { token: 'refused' } });
    expect(await ask()).toMatchObject([
      { ok: false, error: { kind: 'unreachable', message: expect.stringContaining('401') } },
    ]);
    expect(server.met).toHaveLength(3);
  });

  it('and whose service refuses the credentials is unreachable, and no credential is printed', async () => {
    wantTokens();
    server.play(({ path }, response) =>
      path.includes('/token')
        ? send(response, 401)
        : send(response, 401, { 'www-authenticate': `Bearer realm="https://${registry}/token"` }),
    );
    const found = await ask({ secrets: [secretFor(registry, { username: 'me', password: 'hunter2' })] });
    expect(found).toMatchObject([
      { ok: false, error: { kind: 'unreachable', message: expect.stringContaining('credentials') } },
    ]);
    expect(JSON.stringify(found)).not.toContain('hunter2');
  });

  it.each<[string, unknown]>([
    ['a line break (header injection)', 'token\r\nhost: evil.test'],
    ['64 KiB', 'x'.repeat(60_000)],
    ['no text', 7],
    ['nothing', ''],
  ])('whose service gives a token of %s is unreachable', async (_, token) => {
    wantTokens({ answer: { token } });
    expect(await ask()).toMatchObject([
      { ok: false, error: { kind: 'unreachable', message: expect.stringContaining('none that can be sent') } },
    ]);
  });

  it('whose service sends a token of a megabyte is invalid', async () => {
    wantTokens({ answer: { padding: 'x'.repeat(1_000_000) } });
    expect(await ask()).toMatchObject([{ ok: false, error: { kind: 'invalid' } }]);
  });

  it.each(['', 'Negotiate', 'Bearer', 'Bearer realm="not a url"', 'Bearer realm=""', '"', ', ,'])(
    'in a way that nobody knows is unreachable: %s',
    async (header) => {
      server.play((_, response) => send(response, 401, { 'www-authenticate': header }));
      expect(await ask()).toMatchObject([{ ok: false, error: { kind: 'unreachable' } }]);
    },
  );
});

describe('a realm of another host', () => {
  it('that the configuration names gets the credentials of this registry', async () => {
    wantTokens({ realm: `https://${auth}/token` });
    const secrets = [
      secretFor(registry, { username: 'me', password: 'right' }),
      secretFor(auth, { username: 'me', password: 'other' }),
    ];
    expect(await ask({ secrets, privateHosts: [auth] })).toMatchObject([{ ok: true }]);
    expect(tokenRequests()).toMatchObject([{ host: auth, authorization: basic('me:right') }]);
  });

  it('gets nothing of what is stored for other registries, its own name included', async () => {
    wantTokens({ realm: `https://${auth}/token` });
    const secrets = [secretFor(auth, { username: 'me', password: 'other' })];
    expect(await ask({ secrets, privateHosts: [auth] })).toMatchObject([{ ok: true }]);
    expect(tokenRequests()).toMatchObject([{ host: auth, authorization: undefined }]);
  });

  it.each([
    'http://169.254.169.254/latest/api/token',
    'https://169.254.169.254/token',
    'http://auth.test/token',
    'https://auth.test/token',
    'https://127.0.0.1/token',
    'https://[::1]/token',
    'https://localhost/token',
    'https://user:password@auth.test/token',
    'file:///token',
  ])('%s is not asked', async (realm) => {
    wantTokens({ realm });
    const found = await ask({ secrets: [secretFor(registry, { username: 'me', password: 'hunter2' })] });
    expect(found).toMatchObject([
      { ok: false, error: { kind: 'unreachable', message: expect.stringContaining('tokens') } },
    ]);
    expect(tokenRequests()).toEqual([]);
    expect(JSON.stringify(found)).not.toContain('hunter2');
  });

  it('that is private by the configuration is asked over TLS only', async () => {
    const plain = await startRegistry({ plain: true });
    const host = `auth.test:${plain.port}`;
    wantTokens({ realm: `http://${host}/token` });
    expect(await ask({ privateHosts: [host] })).toMatchObject([{ ok: false, error: { kind: 'unreachable' } }]);
    await plain.close();
    expect(plain.met).toEqual([]);
  });

  it('that is the same host without TLS is not asked', async () => {
    wantTokens({ realm: `http://${registry}/token` });
    expect(await ask()).toMatchObject([{ ok: false, error: { kind: 'unreachable' } }]);
    expect(tokenRequests()).toEqual([]);
  });
});

describe('a registry that wants Basic', () => {
  beforeEach(() => {
    server.play(({ authorization }, response) =>
      authorization === basic('me:right')
        ? sendBytes(response, JSON.stringify(imageManifest()), OCI_MANIFEST)
        : send(response, 401, { 'www-authenticate': 'Basic realm="registry, with a comma", charset="UTF-8"' }),
    );
  });

  it('gets it, and from then on at once', async () => {
    const secrets = [secretFor(registry, { username: 'me', password: 'right' })];
    expect(await ask({ secrets, repositories: ['a', 'a'] })).toMatchObject([{ ok: true }, { ok: true }]);
    expect(server.met).toHaveLength(3);
  });

  it('and gets wrong ones is asked no third time', async () => {
    const found = await ask({ secrets: [secretFor(registry, { username: 'me', password: 'wrong' })] });
    expect(found).toMatchObject([{ ok: false, error: { kind: 'unreachable' } }]);
    expect(server.met).toHaveLength(2);
  });

  it('and has none stored for it is unreachable, and the message says where to write them', async () => {
    expect(await ask()).toMatchObject([
      { ok: false, error: { kind: 'unreachable', message: expect.stringContaining('credentialsFile') } },
    ]);
  });
});

describe('credentials', () => {
  it.each([
    ['cr.test', 'ghcr.test', 'cr.io and ghcr.io'],
    ['ghcr.test', 'cr.test', 'ghcr.io and cr.io'],
  ])('of one registry are nothing to another whose name is a part of its own (%s, %s)', async (asked, stored) => {
    const host = `${asked}:${server.port}`;
    const secret = secretFor(`${stored}:${server.port}`, { username: 'me', password: 'right' });
    server.play((_, response) => send(response, 401, { 'www-authenticate': 'Basic realm="x"' }));
    const content = contentOf([entryFor(host, server)], { pullSecrets: async () => [secret] });
    expect(await content.manifest({ registry: host, repository: 'a', tag: 'v1' }, signal())).toMatchObject({
      ok: false,
    });
    content.close();
    expect(server.met.map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  it('of a host are nothing to another port of it', async () => {
    server.play((_, response) => send(response, 401, { 'www-authenticate': 'Basic realm="x"' }));
    await ask({ secrets: [secretFor('registry.test', { username: 'me', password: 'right' })] });
    await ask({ secrets: [secretFor('registry.test:1', { username: 'me', password: 'right' })] });
    expect(server.met.map(({ authorization }) => authorization)).toEqual([undefined, undefined]);
  });

  it('that a program keeps are a problem that names it', async () => {
    const found = await ask({ secrets: [JSON.stringify({ credHelpers: { [registry]: 'ecr-login' } })] });
    expect(found).toMatchObject([
      { ok: false, error: { kind: 'unreachable', message: expect.stringContaining('docker-credential-ecr-login') } },
    ]);
  });

  it('never go with a blob that is redirected to the next of two ports of the same host', async () => {
    const second = await startRegistry();
    const blob = { ...descriptorOf('hello'), annotations: {} };
    second.putBlob('hello');
    const target = `registry.test:${second.port}`;
    server.play((_, response) => send(response, 307, { location: `https://${target}/v2/a/blobs/${blob.digest}` }));
    const content = contentOf([entryFor(registry, server, { privateHosts: [target] }), entryFor(target, second)], {
      pullSecrets: async () => [secretFor(registry, { registrytoken: 'secret' })],
    });
    const found = await content.blob({ registry, repository: 'a' }, blob, 100, signal());
    content.close();
    await second.close();
    expect(found.ok).toBe(true);
    expect(second.met.map(({ authorization }) => authorization)).toEqual([undefined]);
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ImageContent } from '../../src/images/content.ts';
import type { ImageReference } from '../../src/k8s/core/image-reference.ts';
import {
  contentOf,
  DOCKER_MANIFEST,
  descriptorOf,
  entryFor,
  imageManifest,
  OCI_INDEX,
  OCI_MANIFEST,
  type RegistryServer,
  send,
  sendBytes,
  sendIndex,
  sha256,
  startRegistry,
} from './registry-server.ts';

let server: RegistryServer;
let content: ImageContent & { close(): void };
let registry: string;

const signal = (): AbortSignal => AbortSignal.timeout(60_000);
const image = (of: Partial<ImageReference> = {}): ImageReference => ({ registry, repository: 'acme/app', ...of });

beforeAll(async () => {
  server = await startRegistry();
  registry = `registry.test:${server.port}`;
  content = contentOf([entryFor(registry, server)]);
});
afterAll(async () => {
  content.close();
  await server.close();
});
beforeEach(() => server.reset());

describe('a manifest', () => {
  it('is read by its tag, and named by the digest of its bytes', async () => {
    const { digest, size } = server.putManifest('acme/app', 'v1', imageManifest({ annotations: { a: 'b' } }));
    const found = await content.manifest(image({ tag: 'v1' }), signal());
    expect(found).toMatchObject({
      ok: true,
      value: { digest, size, mediaType: OCI_MANIFEST, annotations: { a: 'b' }, layers: [], manifests: [] },
    });
  });

  it('is read by its digest alone where there is a tag, too: the tag is never resolved', async () => {
    const { digest } = server.putManifest('acme/app', undefined, imageManifest());
    server.putManifest('acme/app', 'v1', imageManifest({ annotations: { another: 'image' } }));
    const found = await content.manifest(image({ tag: 'v1', digest }), signal());
    expect(found).toMatchObject({ ok: true, value: { digest } });
    expect(server.met.map(({ path }) => path)).toEqual([`/v2/acme/app/manifests/${digest}`]);
  });

  it('without tag and digest is the one of latest', async () => {
    server.putManifest('acme/app', 'latest', imageManifest());
    expect(await content.manifest(image(), signal())).toMatchObject({ ok: true });
  });

  it('of Docker is read like one of OCI', async () => {
    const body = imageManifest({ mediaType: DOCKER_MANIFEST });
    server.putManifest('acme/app', 'v1', body, DOCKER_MANIFEST);
    const found = await content.manifest(image({ tag: 'v1' }), signal());
    expect(found).toMatchObject({ ok: true, value: { mediaType: DOCKER_MANIFEST } });
  });

  it('that the registry does not have is absent', async () => {
    const found = await content.manifest(image({ tag: 'v9' }), signal());
    expect(found).toEqual({
      ok: false,
      error: { kind: 'absent', message: `${registry} has no ${registry}/acme/app:v9` },
    });
  });

  it('whose bytes are not of the digest that was asked for is invalid (digest flip)', async () => {
    const { digest } = server.putManifest('acme/app', undefined, imageManifest());
    server.play((_, response) =>
      sendBytes(response, JSON.stringify(imageManifest({ annotations: { x: 'y' } })), OCI_MANIFEST),
    );
    expect(await content.manifest(image({ digest }), signal())).toMatchObject({
      ok: false,
      error: { kind: 'invalid' },
    });
  });

  it('whose bytes are not of the digest in the header is invalid (the registry chooses the digest)', async () => {
    const bytes = JSON.stringify(imageManifest());
    server.play((_, response) =>
      send(response, 200, { 'content-type': OCI_MANIFEST, 'docker-content-digest': sha256('another') }, bytes),
    );
    const found = await content.manifest(image({ tag: 'v1' }), signal());
    expect(found).toMatchObject({ ok: false, error: { kind: 'invalid', message: expect.stringContaining('digest') } });
  });

  it('of a tag that moves between two requests has another digest each time, and no name for the first (tag flip)', async () => {
    const bodies = [imageManifest({ annotations: { n: '1' } }), imageManifest({ annotations: { n: '2' } })];
    server.play((_, response) => sendBytes(response, JSON.stringify(bodies.shift()), OCI_MANIFEST));
    const first = await content.manifest(image({ tag: 'v1' }), signal());
    const digest = first.ok ? first.value.digest : '';
    // What is asked next is asked by the digest, and the second image is none of it.
    expect(await content.manifest(image({ tag: 'v1', digest }), signal())).toMatchObject({
      ok: false,
      error: { kind: 'invalid' },
    });
  });

  it.each([
    ['401 twice', 401],
    ['403', 403],
  ])('that nobody may pull is unreachable, and the credentials are named (%s)', async (_, status) => {
    server.play((_request, response) => send(response, status, { 'www-authenticate': 'Basic realm="x"' }));
    const found = await content.manifest(image({ tag: 'v1' }), signal());
    expect(found).toMatchObject({
      ok: false,
      error: { kind: 'unreachable', message: expect.stringContaining('credentials') },
    });
  });

  it.each([500, 502, 503])('is unreachable where the server goes on failing with %s', async (status) => {
    server.play((_, response) => send(response, status));
    const quick = contentOf([entryFor(registry, server)], {
      clock: { now: () => 0, random: () => 0, sleep: async () => undefined },
    });
    const found = await quick.manifest(image({ tag: 'v1' }), signal());
    quick.close();
    expect(found).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
    expect(server.met).toHaveLength(3);
  });

  it('is unreachable where nothing listens', async () => {
    const nobody = await startRegistry();
    await nobody.close();
    const name = `registry.test:${nobody.port}`;
    const there = contentOf([entryFor(name, server)], {
      clock: { now: () => 0, random: () => 0, sleep: async () => undefined },
    });
    const found = await there.manifest({ registry: name, repository: 'a', tag: 'b' }, signal());
    expect(found).toMatchObject({ ok: false, error: { kind: 'unreachable', message: expect.stringContaining(name) } });
  });
});

describe('a manifest that is two things', () => {
  it.each<[string, object, string]>([
    ['both manifests and layers', imageManifest({ manifests: [] }), OCI_MANIFEST],
    ['an index with layers', { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [], layers: [] }, OCI_INDEX],
    ['an index with a config', { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [], config: {} }, OCI_INDEX],
    ['Content-Type of an index, mediaType of a manifest', imageManifest(), OCI_INDEX],
    ['Content-Type of Docker, mediaType of OCI', imageManifest(), DOCKER_MANIFEST],
    ['schema 1', { schemaVersion: 1, fsLayers: [] }, 'application/vnd.docker.distribution.manifest.v1+prettyjws'],
    ['schema 1 sent as schema 2', { schemaVersion: 1, fsLayers: [] }, DOCKER_MANIFEST],
    ['schema 2 with the layers of schema 1', imageManifest({ fsLayers: [] }), OCI_MANIFEST],
    ['a page for people', imageManifest(), 'text/html'],
  ])('is invalid (mediaType confusion): %s', async (_, body, mediaType) => {
    server.putManifest('acme/app', 'v1', body, mediaType);
    expect(await content.manifest(image({ tag: 'v1' }), signal())).toMatchObject({
      ok: false,
      error: { kind: 'invalid' },
    });
  });
});

describe('a blob', () => {
  it('is read, and checked against digest and size', async () => {
    const { digest, size } = server.putBlob('hello');
    const found = await content.blob(
      image(),
      { ...descriptorOf('hello'), digest, size, annotations: {} },
      100,
      signal(),
    );
    expect(found.ok && Buffer.from(found.value).toString()).toBe('hello');
  });

  it.each([
    ['other bytes of the same length', 'HELLO'],
    ['fewer bytes (size lie)', 'hell'],
    ['more bytes (size lie)', 'hello, world'],
  ])('that is not what its descriptor says is invalid: %s', async (_, sent) => {
    server.play((_request, response) => send(response, 200, {}, sent));
    const blob = { ...descriptorOf('hello'), annotations: {} };
    expect(await content.blob(image(), blob, 100, signal())).toMatchObject({ ok: false, error: { kind: 'invalid' } });
  });

  it('whose descriptor says another size than its bytes have is invalid, though the digest is right (size lie)', async () => {
    server.putBlob('hello');
    const blob = { ...descriptorOf('hello'), size: 10, annotations: {} };
    expect(await content.blob(image(), blob, 100, signal())).toMatchObject({ ok: false, error: { kind: 'invalid' } });
  });

  it('that is larger than the limit is not asked for', async () => {
    const blob = { ...descriptorOf('hello'), annotations: {} };
    expect(await content.blob(image(), blob, 4, signal())).toMatchObject({ ok: false, error: { kind: 'invalid' } });
    expect(server.met).toEqual([]);
  });

  it.each(['md5:d41d8cd98f00b204e9800998ecf8427e', `sha512:${'0'.repeat(128)}`, 'sha256:12', 'sha256:../../x'])(
    'with the digest %s is invalid, and not asked for',
    async (digest) => {
      const blob = { ...descriptorOf('hello'), digest, annotations: {} };
      expect(await content.blob(image(), blob, 100, signal())).toMatchObject({ ok: false, error: { kind: 'invalid' } });
      expect(server.met).toEqual([]);
    },
  );

  it('that the registry does not have is absent', async () => {
    const blob = { ...descriptorOf('hello'), annotations: {} };
    expect(await content.blob(image(), blob, 100, signal())).toMatchObject({ ok: false, error: { kind: 'absent' } });
  });
});

describe('referrers', () => {
  const subject = descriptorOf('the image', OCI_MANIFEST);
  const bundle = 'application/vnd.dev.sigstore.bundle.v0.3+json';
  const attached = (n: number) => imageManifest({ subject, artifactType: bundle, annotations: { n: String(n) } });
  const tag = subject.digest.replace(':', '-');
  const list = () => content.referrers(image(), subject.digest, signal());

  it('come from the API and from the fallback tag, each once', async () => {
    const one = server.putManifest('acme/app', undefined, attached(1));
    const two = descriptorOf('two', OCI_MANIFEST);
    server.putManifest('acme/app', tag, { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [one, two] }, OCI_INDEX);
    const found = await list();
    expect(found.ok && found.value.map(({ digest }) => digest)).toEqual([one.digest, two.digest]);
    expect(found.ok && found.value[0]?.artifactType).toBe(bundle);
  });

  it('are none where neither has any', async () => {
    expect(await list()).toEqual({ ok: true, value: [] });
  });

  it.each<[string, number, Record<string, string>]>([
    ['404', 404, {}],
    ['400', 400, {}],
    ['405', 405, {}],
    ['406', 406, {}],
    ['501', 501, {}],
    ['a page for people with status 200', 200, { 'content-type': 'text/html' }],
    ['200 and application/json', 200, { 'content-type': 'application/json' }],
    ['a redirect to another host', 303, { location: 'https://github.test/-/v2/packages' }],
  ])('come from the fallback tag where the API answers %s', async (_, status, headers) => {
    const one = server.putManifest('acme/app', undefined, attached(1));
    server.putManifest('acme/app', tag, { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [one] }, OCI_INDEX);
    server.play(({ path }, response) => path.includes('/referrers/') && send(response, status, headers, '<html>'));
    const found = await list();
    expect(found.ok && found.value.map(({ digest }) => digest)).toEqual([one.digest]);
    expect(server.met.filter(({ path }) => path.includes('/referrers/'))).toHaveLength(1);
  });

  it('come from the fallback tag where the API says falsely that there are none (false 200)', async () => {
    const one = server.putManifest('acme/app', undefined, attached(1));
    server.putManifest('acme/app', tag, { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [one] }, OCI_INDEX);
    server.play(({ path }, response) => path.includes('/referrers/') && sendIndex(response, []));
    const found = await list();
    expect(found.ok && found.value.map(({ digest }) => digest)).toEqual([one.digest]);
  });

  it.each([401, 403, 429, 500])('are unknown, and never none, where the API answers %s', async (status) => {
    const quick = contentOf([entryFor(registry, server)], {
      clock: { now: () => 0, random: () => 0, sleep: async () => undefined },
    });
    server.play(({ path }, response) => path.includes('/referrers/') && send(response, status));
    const found = await quick.referrers(image(), subject.digest, signal());
    quick.close();
    expect(found).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
  });

  it('are unknown where the fallback tag cannot be read', async () => {
    server.play(({ path }, response) => path.includes('/manifests/') && send(response, 403));
    expect(await list()).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
  });

  it('are invalid where the fallback tag is an image and no index', async () => {
    server.putManifest('acme/app', tag, imageManifest());
    expect(await list()).toMatchObject({ ok: false, error: { kind: 'invalid' } });
  });

  it('are read to the last page, by Link', async () => {
    const pages = [1, 2, 3].map((n) => descriptorOf(`page ${n}`, OCI_MANIFEST));
    server.play(({ path }, response) => {
      if (!path.includes('/referrers/')) return false;
      const page = Number(new URL(path, 'https://x').searchParams.get('page') ?? 0);
      const link = page < 2 ? { link: `<${path.split('?')[0]}?page=${page + 1}>; rel="next"` } : {};
      return sendIndex(response, [pages[page] ?? {}], link);
    });
    const found = await list();
    expect(found.ok && found.value.map(({ digest }) => digest)).toEqual(pages.map(({ digest }) => digest));
  });

  it('are unknown where a later page is missing: a shorter list would hide the one that counts', async () => {
    server.play(({ path }, response) => {
      if (!path.includes('/referrers/')) return false;
      if (path.includes('page')) return send(response, 404);
      return sendIndex(response, [], { link: `<${path}?page=1>; rel="next"` });
    });
    expect(await list()).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
  });

  it.each<[string, (path: string) => string]>([
    ['another host', () => 'https://evil.test/v2/acme/app/referrers/x'],
    ['the metadata service', () => 'http://169.254.169.254/latest/meta-data/'],
    ['the same host without TLS', (path) => `http://${registry}${path}`],
    ['the same host with a user', (path) => `https://user:password@${registry}${path}`],
  ])('are invalid where Link leads to %s (Link next to another origin)', async (_, target) => {
    server.play(
      ({ path }, response) =>
        path.includes('/referrers/') && sendIndex(response, [], { link: `<${target(path)}>; rel="next"` }),
    );
    expect(await list()).toMatchObject({ ok: false, error: { kind: 'invalid' } });
    expect(server.met.filter(({ path }) => path.includes('/referrers/'))).toHaveLength(1);
  });

  it('are invalid where Link never ends (endless pages)', async () => {
    server.play(
      ({ path }, response) =>
        path.includes('/referrers/') && sendIndex(response, [], { link: `<${path}x>; rel="next"` }),
    );
    expect(await list()).toMatchObject({ ok: false, error: { kind: 'invalid' } });
    expect(server.met.filter(({ path }) => path.includes('/referrers/'))).toHaveLength(10);
  });

  it.each([51, 10_000])(
    'are invalid, and no shorter list, where there are %s (endless attestations)',
    async (number) => {
      const many = Array.from({ length: number }, (_, n) => descriptorOf(`referrer ${n}`, OCI_MANIFEST));
      server.play(({ path }, response) => path.includes('/referrers/') && sendIndex(response, many));
      expect(await list()).toMatchObject({ ok: false, error: { kind: 'invalid' } });
    },
  );

  it('are invalid where both stores together have too many', async () => {
    const many = Array.from({ length: 60 }, (_, n) => descriptorOf(`referrer ${n}`, OCI_MANIFEST));
    server.play(({ path }, response) => path.includes('/referrers/') && sendIndex(response, many.slice(0, 30)));
    const body = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: many.slice(30) };
    server.putManifest('acme/app', tag, body, OCI_INDEX);
    expect(await list()).toMatchObject({ ok: false, error: { kind: 'invalid' } });
  });
});

describe('what is no image reference', () => {
  it.each<[string, Partial<ImageReference>]>([
    ['an uppercase repository', { repository: 'Acme/App' }],
    ['a repository with ..%2f', { repository: 'acme/..%2f..%2fadmin' }],
    ['a repository with ..', { repository: 'acme/../../admin' }],
    ['a repository with a query', { repository: 'acme/app?x=y' }],
    ['a repository of 256 characters', { repository: 'a'.repeat(256) }],
    ['a tag with a slash', { tag: 'v1/../../x' }],
    ['a tag with a line break', { tag: 'v1\r\nhost: evil' }],
    ['user@host', { registry: 'user@registry.test' }],
    ['user:password@host', { registry: 'user:password@registry.test' }],
    ['a host in unicode', { registry: 'régistry.test' }],
    ['a host with a path', { registry: 'registry.test/x' }],
    ['a short digest', { digest: 'sha256:1234' }],
    ['a digest of md5', { digest: 'md5:d41d8cd98f00b204e9800998ecf8427e' }],
    ['a digest of sha512, which is not checked here', { digest: `sha512:${'0'.repeat(128)}` }],
    ['a digest in capitals', { digest: `sha256:${'A'.repeat(64)}` }],
  ])('is invalid and never becomes a URL: %s', async (_, of) => {
    expect(await content.manifest(image({ tag: 'v1', ...of }), signal())).toMatchObject({
      ok: false,
      error: { kind: 'invalid' },
    });
    expect(server.met).toEqual([]);
  });

  it.each(['registry.test:0', 'registry.test:70000'])('has the port of %s', async (registry) => {
    expect(await content.manifest(image({ registry, tag: 'v1' }), signal())).toMatchObject({
      ok: false,
      error: { kind: 'invalid' },
    });
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RegistryEntry } from '../../src/images/registry-settings.ts';
import { parseImageReference, registryScope } from '../../src/k8s/core/image-reference.ts';
import type { RegistryContentOptions } from '../../src/registry/registry-content.ts';
import {
  contentOf,
  descriptorOf,
  entryFor,
  imageManifest,
  OCI_INDEX,
  OCI_MANIFEST,
  type RegistryServer,
  send,
  startRegistry,
} from './registry-server.ts';

let server: RegistryServer;
let mirror: string;
let second: string;

beforeAll(async () => {
  server = await startRegistry();
  mirror = `mirror.test:${server.port}`;
  second = `second.test:${server.port}`;
});
afterAll(() => server.close());
beforeEach(() => server.reset());

const quick = { now: () => 0, random: () => 0, sleep: async () => undefined };
const signal = (): AbortSignal => AbortSignal.timeout(60_000);

function mirrored(scope: string, mirrors: readonly string[], more: Partial<RegistryEntry> = {}): RegistryEntry {
  return entryFor(scope, server, {
    mirrors: mirrors.map(registryScope),
    privateAddresses: false,
    caFile: undefined,
    ...more,
  });
}

async function manifest(
  image: string,
  entries: readonly RegistryEntry[],
  options: Partial<RegistryContentOptions> = {},
) {
  const content = contentOf([...entries, entryFor(mirror, server), entryFor(second, server)], {
    clock: quick,
    ...options,
  });
  const reference = parseImageReference(image);
  if (!reference) throw new Error(image);
  const found = await content.manifest(reference, signal());
  content.close();
  return found;
}

const asked = (): string[] => server.met.map(({ host, path }) => `${host}${path}`);

describe('a mirror', () => {
  it.each([
    ['docker.io/qdrant/qdrant:v1', 'docker.io/qdrant', 'mirror/qdrant', 'mirror/qdrant/qdrant'],
    ['docker.io/qdrant/qdrant:v1', 'docker.io', '', 'qdrant/qdrant'],
    ['docker.io/qdrant/qdrant:v1', 'docker.io', 'hub', 'hub/qdrant/qdrant'],
    ['docker.io/qdrant/qdrant:v1', 'docker.io/qdrant/qdrant', 'db', 'db'],
    ['nginx:v1', 'docker.io', 'hub', 'hub/library/nginx'],
    ['docker.io/qdrant/qdrant:v1', 'docker.io/qdrant', '', 'qdrant'],
  ])('of %s, for %s, is asked below its own path %s', async (image, scope, path, repository) => {
    server.putManifest(repository, 'v1', imageManifest());
    const entry = mirrored(scope, [path === '' ? mirror : `${mirror}/${path}`]);
    expect(await manifest(image, [entry])).toMatchObject({ ok: true });
    expect(asked()).toEqual([`${mirror}/v2/${repository}/manifests/v1`]);
  });

  it('of docker.io/qdrant is not asked for docker.io/qdrantevil', async () => {
    const entry = mirrored('docker.io/qdrant', [mirror]);
    // Loopback is all that any name leads to here, and Docker Hub may not be there.
    expect(await manifest('docker.io/qdrantevil/x:v1', [entry])).toMatchObject({
      ok: false,
      error: { kind: 'unreachable' },
    });
    expect(asked()).toEqual([]);
  });

  it('of the longest path counts, whatever the order', async () => {
    server.putManifest('long/qdrant', 'v1', imageManifest());
    const short = mirrored('docker.io', [`${mirror}/short`]);
    const long = mirrored('docker.io/qdrant', [`${mirror}/long`]);
    for (const entries of [
      [short, long],
      [long, short],
    ]) {
      expect(await manifest('docker.io/qdrant/qdrant:v1', entries)).toMatchObject({ ok: true });
    }
    expect(new Set(asked())).toEqual(new Set([`${mirror}/v2/long/qdrant/manifests/v1`]));
  });

  it('that does not have it leads to the next', async () => {
    server.putManifest('b/app', 'v1', imageManifest());
    const entry = mirrored('acme.test/x', [`${mirror}/a`, `${second}/b`]);
    expect(await manifest('acme.test/x/app:v1', [entry])).toMatchObject({ ok: true });
    expect(asked()).toEqual([`${mirror}/v2/a/app/manifests/v1`, `${second}/v2/b/app/manifests/v1`]);
  });

  it('that cannot be reached leads to the next', async () => {
    server.putManifest('b/app', 'v1', imageManifest());
    server.play(({ host }, response) => host === mirror && send(response, 503));
    const entry = mirrored('acme.test/x', [`${mirror}/a`, `${second}/b`]);
    expect(await manifest('acme.test/x/app:v1', [entry])).toMatchObject({ ok: true });
  });

  it('that cannot be reached makes unknown what the next does not have', async () => {
    server.play(({ host }, response) => host === mirror && send(response, 503));
    const entry = mirrored('acme.test/x', [`${mirror}/a`, `${second}/b`]);
    expect(await manifest('acme.test/x/app:v1', [entry])).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
  });

  it('that lies is not passed over', async () => {
    server.putManifest('b/app', 'v1', imageManifest());
    server.play(({ host }, response) => host === mirror && send(response, 200, { 'content-type': OCI_MANIFEST }, '{'));
    const entry = mirrored('acme.test/x', [`${mirror}/a`, `${second}/b`]);
    expect(await manifest('acme.test/x/app:v1', [entry])).toMatchObject({ ok: false, error: { kind: 'invalid' } });
  });

  it('that does not have it is the last word unless fallBack is configured', async () => {
    const strict = mirrored(`registry.test:${server.port}`, [`${mirror}/a`]);
    expect(await manifest(`registry.test:${server.port}/app:v1`, [strict])).toMatchObject({
      ok: false,
      error: { kind: 'absent' },
    });
    expect(asked()).toEqual([`${mirror}/v2/a/app/manifests/v1`]);
    server.putManifest('app', 'v1', imageManifest());
    const open = { ...strict, fallBack: true, privateAddresses: true, caFile: server.caFile };
    expect(await manifest(`registry.test:${server.port}/app:v1`, [open])).toMatchObject({ ok: true });
  });

  it('may be private where the registry itself may not', async () => {
    server.putManifest('a/app', 'v1', imageManifest());
    const entry = mirrored('acme.test', [`${mirror}/a`], { fallBack: true });
    expect(await manifest('acme.test/app:v1', [entry])).toMatchObject({ ok: true });
    expect(await manifest('acme.test/other:v1', [entry])).toMatchObject({
      ok: false,
      error: { kind: 'unreachable', message: expect.stringContaining('acme.test leads to 127.0.0.1') },
    });
  });

  it('gets the credentials of its own name, and not those of the registry', async () => {
    server.play(
      ({ authorization }, response) =>
        authorization === undefined && send(response, 401, { 'www-authenticate': 'Basic realm="x"' }),
    );
    server.putManifest('a/app', 'v1', imageManifest());
    const auths = {
      'acme.test': { username: 'registry', password: 'x' },
      [mirror]: { username: 'mirror', password: 'y' },
    };
    const entry = mirrored('acme.test', [`${mirror}/a`]);
    const pullSecrets = async () => [JSON.stringify({ auths })];
    expect(await manifest('acme.test/app:v1', [entry], { pullSecrets })).toMatchObject({ ok: true });
    expect(server.met.map(({ authorization }) => authorization)).toEqual([
      undefined,
      `Basic ${Buffer.from('mirror:y').toString('base64')}`,
    ]);
  });

  it('is not mirrored again by its own entry', async () => {
    server.putManifest('a/app', 'v1', imageManifest());
    const entry = mirrored('acme.test', [`${mirror}/a`]);
    const again = mirrored(`${mirror}/a`, [`${second}/b`], { caFile: server.caFile });
    expect(await manifest('acme.test/app:v1', [entry, again])).toMatchObject({ ok: true });
    expect(asked()).toEqual([`${mirror}/v2/a/app/manifests/v1`]);
  });
});

describe('referrers of mirrors', () => {
  const subject = descriptorOf('the image', OCI_MANIFEST);
  const tag = subject.digest.replace(':', '-');
  const one = descriptorOf('one', OCI_MANIFEST);

  async function referrers() {
    const entry = mirrored('acme.test', [`${mirror}/a`, `${second}/b`]);
    const content = contentOf([entry, entryFor(mirror, server), entryFor(second, server)], { clock: quick });
    const found = await content.referrers({ registry: 'acme.test', repository: 'app' }, subject.digest, signal());
    content.close();
    return found;
  }

  it('are those of the first that lists any: images are copied without their signatures', async () => {
    server.putManifest('b/app', tag, { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [one] }, OCI_INDEX);
    const found = await referrers();
    expect(found.ok && found.value.map(({ digest }) => digest)).toEqual([one.digest]);
  });

  it('are none where all say so', async () => {
    expect(await referrers()).toEqual({ ok: true, value: [] });
  });

  it('are unknown where one has none and the other cannot be reached', async () => {
    server.play(({ host }, response) => host === second && send(response, 503));
    expect(await referrers()).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
  });
});

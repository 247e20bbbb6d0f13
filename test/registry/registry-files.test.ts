import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { contentOf, entryFor, imageManifest, type RegistryServer, send, startRegistry } from './registry-server.ts';

let server: RegistryServer;
let registry: string;
let file: string;

beforeAll(async () => {
  server = await startRegistry();
  registry = `registry.test:${server.port}`;
  file = join(server.folder, 'config.json');
});
afterAll(() => server.close());
beforeEach(async () => {
  server.reset();
  await rm(file, { force: true, recursive: true });
  server.putManifest('acme/app', 'v1', imageManifest());
  server.play(
    ({ authorization }, response) =>
      authorization === undefined && send(response, 401, { 'www-authenticate': 'Basic realm="x"' }),
  );
});

const config = (password: string): string => JSON.stringify({ auths: { [registry]: { username: 'me', password } } });
const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;
const lastAuthorization = () => server.met.at(-1)?.authorization;

function open(more: object = { credentialsFile: file }) {
  const content = contentOf([entryFor(registry, server, more)], {
    clock: { now: () => 0, random: () => 0, sleep: async () => undefined },
  });
  return {
    ask: () => content.manifest({ registry, repository: 'acme/app', tag: 'v1' }, AbortSignal.timeout(60_000)),
    close: () => content.close(),
  };
}

it('a credentials file is read again when it changes, and what the old ones gave is not used with the new', async () => {
  await writeFile(file, config('old'));
  const { ask, close } = open();
  expect(await ask()).toMatchObject({ ok: true });
  expect(lastAuthorization()).toBe(basic('me:old'));
  await writeFile(file, config('new'));
  expect(await ask()).toMatchObject({ ok: true });
  expect(lastAuthorization()).toBe(basic('me:new'));
  close();
});

it('a credentials file of a mounted Secret is read again when kubelet replaces the link of its directory', async () => {
  const mount = join(server.folder, 'secret');
  for (const version of ['old', 'new']) {
    await mkdir(join(mount, version), { recursive: true });
    await writeFile(join(mount, version, '.dockerconfigjson'), config(version));
  }
  await symlink('old', join(mount, '..data'));
  await symlink('..data/.dockerconfigjson', join(mount, '.dockerconfigjson'));
  const { ask, close } = open({ credentialsFile: join(mount, '.dockerconfigjson') });
  await ask();
  expect(lastAuthorization()).toBe(basic('me:old'));
  await symlink('new', join(mount, '..data_tmp'));
  await rename(join(mount, '..data_tmp'), join(mount, '..data'));
  await ask();
  expect(lastAuthorization()).toBe(basic('me:new'));
  close();
});

it.each([
  ['is not there', undefined],
  ['is not JSON', '{"auths": {"x": "hunter2"'],
  ['is no docker config', '[]'],
  ['has an auth that is none', '{"auths":{"registry.test":{"auth":"aHVudGVyMg=="}}}'],
])('a credentials file that %s makes the registry unreachable, and nothing of it is printed', async (_, text) => {
  if (text !== undefined) await writeFile(file, text);
  const { ask, close } = open();
  const found = await ask();
  close();
  expect(found).toMatchObject({ ok: false, error: { kind: 'unreachable', message: expect.stringContaining(file) } });
  expect(JSON.stringify(found)).not.toContain('hunter2');
  expect(server.met).toEqual([]);
});

it('a file of authorities is read again when it changes', async () => {
  const caFile = join(server.folder, 'changing.crt');
  const other = await startRegistry();
  await writeFile(caFile, await readFile(other.caFile));
  const { ask, close } = open({ caFile });
  expect(await ask()).toMatchObject({
    ok: false,
    error: { kind: 'unreachable', message: expect.stringContaining('caFile') },
  });
  await writeFile(caFile, await readFile(server.caFile));
  server.play(() => false);
  expect(await ask()).toMatchObject({ ok: true });
  close();
  await other.close();
});

it('a file of authorities that holds none makes the registry unreachable', async () => {
  await writeFile(file, 'no certificate');
  const { ask, close } = open({ caFile: file });
  expect(await ask()).toMatchObject({
    ok: false,
    error: { kind: 'unreachable', message: expect.stringContaining('PEM') },
  });
  close();
});

it('pull secrets that cannot be read make the registry unreachable', async () => {
  const content = contentOf([entryFor(registry, server)], {
    pullSecrets: async () => {
      throw new Error('secret qdrant/pull: forbidden');
    },
  });
  const image = { registry, repository: 'acme/app', tag: 'v1' };
  expect(await content.manifest(image, AbortSignal.timeout(60_000))).toMatchObject({
    ok: false,
    error: { kind: 'unreachable', message: expect.stringContaining('qdrant/pull') },
  });
  content.close();
  expect(server.met).toEqual([]);
});

it('pull secrets that do not come end with the deadline', async () => {
  const content = contentOf([entryFor(registry, server)], { pullSecrets: () => new Promise(() => undefined) });
  const image = { registry, repository: 'acme/app', tag: 'v1' };
  expect(await content.manifest(image, AbortSignal.timeout(50))).toMatchObject({
    ok: false,
    error: { kind: 'unreachable' },
  });
  content.close();
});

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findCluster } from '../../src/cluster/kubeconfig.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kube-config-'));
});

afterEach(() => rm(folder, { recursive: true }));

const NAMES = ['first', 'second'] as const;

function config(more: object = {}): string {
  return JSON.stringify({
    'current-context': 'first',
    clusters: NAMES.map((name) => ({ name, cluster: { server: `https://${name}.example.com:6443` } })),
    users: NAMES.map((name) => ({ name, user: { token: `token of ${name}` } })),
    contexts: NAMES.map((name) => ({ name, context: { cluster: name, user: name } })),
    ...more,
  });
}

async function write(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, text);
  return file;
}

const serviceAccountFolder = (): string => join(folder, 'serviceaccount');

it('takes the file that is named before everything else, and its current context unless told', async () => {
  const kubeconfig = await write('named', config());
  const env = { KUBECONFIG: join(folder, 'absent'), HOME: folder, KUBERNETES_SERVICE_HOST: '10.0.0.1' };
  const access = await findCluster({ kubeconfig, env });
  expect(access.server.href).toBe('https://first.example.com:6443/');
  expect(access.source).toBe(kubeconfig);
  expect((await access.requestOptions()).headers).toEqual({ Authorization: 'Bearer token of first' });
  const other = await findCluster({ kubeconfig, context: 'second', env });
  expect(other.server.href).toBe('https://second.example.com:6443/');
});

it('merges the files of KUBECONFIG as kubectl does: the first that says something wins, absent ones do not count', async () => {
  const one = await write('one', config({ 'current-context': '', contexts: [] }));
  const two = await write('two', config({ 'current-context': 'second', clusters: [], users: [] }));
  const three = await write(
    'three',
    config({ clusters: [{ name: 'second', cluster: { server: 'https://elsewhere' } }] }),
  );
  const env = { KUBECONFIG: [join(folder, 'absent'), one, two, three].join(delimiter), HOME: folder };
  const access = await findCluster({ env });
  expect(access.server.href).toBe('https://second.example.com:6443/');
});

it('takes the service account inside a cluster, and ~/.kube/config where there is none', async () => {
  await write('.kube/config', config());
  await write('serviceaccount/token', 'a projected token');
  await write('serviceaccount/ca.crt', 'a certificate');
  const env = { HOME: folder, KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' };
  const inside = await findCluster({ env, serviceAccountFolder: serviceAccountFolder() });
  expect(inside.server.href).toBe('https://[fd00::1]:6443/');
  const { headers, ca } = await inside.requestOptions();
  expect(headers).toEqual({ Authorization: 'Bearer a projected token' });
  expect(ca?.toString()).toBe('a certificate');

  const outside = await findCluster({ env: { HOME: folder }, serviceAccountFolder: serviceAccountFolder() });
  expect(outside.source).toBe(join(folder, '.kube', 'config'));
  // A context is a thing of files.
  const asked = await findCluster({ env, context: 'second', serviceAccountFolder: serviceAccountFolder() });
  expect(asked.server.href).toBe('https://second.example.com:6443/');
});

it('reads what is relative from the folder of the file: certificates, token files and plugins', async () => {
  await write('pki/ca.crt', 'a certificate');
  await write('pki/token', 'a token');
  await write('plugin', '');
  const kubeconfig = await write(
    'relative',
    config({
      clusters: [{ name: 'first', cluster: { server: 'https://a', 'certificate-authority': 'pki/ca.crt' } }],
      users: [{ name: 'first', user: { token: 'the file wins', tokenFile: 'pki/token' } }],
    }),
  );
  const options = await (await findCluster({ kubeconfig, env: {} })).requestOptions();
  expect(options.ca?.toString()).toBe('a certificate');
  expect(options.headers).toEqual({ Authorization: 'Bearer a token' });

  const plugin = await write(
    'with-plugin',
    config({ users: [{ name: 'first', user: { exec: { command: './plugin' } } }] }),
  );
  const access = await findCluster({ kubeconfig: plugin, env: {} });
  await expect(access.requestOptions()).rejects.toThrow(`spawn ${join(folder, 'plugin')} EACCES`);
});

it('acts as the groups that are named, too', async () => {
  const user = { token: 't', as: 'admin', 'as-groups': ['system:masters', 'others'] };
  const kubeconfig = await write('as', config({ users: [{ name: 'first', user }] }));
  const { headers } = await (await findCluster({ kubeconfig, env: {} })).requestOptions();
  expect(headers).toMatchObject({
    'Impersonate-User': 'admin',
    'Impersonate-Group': ['system:masters', 'others'],
  });
});

it.each([
  ['a context that is not there', config(), 'nowhere', 'there is no context "nowhere": expected one of first, second'],
  ['no context at all', config({ 'current-context': '' }), undefined, 'current-context is not set: name one'],
  ['a cluster that is not there', config({ clusters: [] }), undefined, 'the cluster first, which is not there'],
  ['a user that is not there', config({ users: [] }), undefined, 'the user first, which is not there'],
  ['a list', '[]', undefined, 'is not a kubeconfig: expected a YAML object'],
  ['clusters that are no list', config({ clusters: {} }), undefined, 'clusters: expected a list of objects'],
  ['a cluster without a name', config({ clusters: [{}] }), undefined, 'clusters[0].name is missing'],
  [
    'an address that is none',
    config({ clusters: [{ name: 'first', cluster: { server: 'example.com' } }] }),
    undefined,
    'cluster first: server is "example.com": expected an https URL',
  ],
])('refuses %s, naming the file', async (_, text, context, message) => {
  const kubeconfig = await write('bad', text);
  await expect(findCluster({ kubeconfig, context, env: {} })).rejects.toThrow(
    expect.objectContaining({ name: 'KubeConfigError', message: expect.stringContaining(message) }),
  );
  await expect(findCluster({ kubeconfig, context, env: {} })).rejects.toThrow(kubeconfig);
});

it('never quotes a file that it cannot parse', async () => {
  const kubeconfig = await write('bad', 'users:\n- name: x\n  user: {token: "hush-hush}\n');
  const failed = await findCluster({ kubeconfig, env: {} }).catch((error: Error) => error.message);
  expect(failed).toMatch(/^\/.*\/bad:\d: is not YAML \([A-Z_]+\)$/);
});

it('says so when there is no file, or no cluster at all', async () => {
  const absent = join(folder, 'absent');
  await expect(findCluster({ kubeconfig: absent, env: {} })).rejects.toThrow(`${absent}: cannot be read: ENOENT`);
  await expect(findCluster({ env: { KUBECONFIG: absent } })).rejects.toThrow('KUBECONFIG names no file that exists');
  await expect(findCluster({ env: { HOME: folder } })).rejects.toThrow('no cluster: name a kubeconfig');
});

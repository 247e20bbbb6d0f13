import { execFile } from 'node:child_process';
import { access, chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer as createProxy } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createKubeClient, type KubeClient, type KubeLimits } from '../../src/cluster/client.ts';
import { findCluster } from '../../src/cluster/kubeconfig.ts';
import { pathOf } from '../../src/cluster/wire.ts';
import { createAuthority, issue } from '../real-cluster/harness/certificates.ts';
import { kubeconfigText, type ScriptedApi, sendJson, sendStatus, startScriptedApi } from '../support/scripted-api.ts';
import { eventually } from '../support/watch-script.ts';

const run = promisify(execFile);
const PODS = { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true };

let api: ScriptedApi;
let stop: AbortController;

beforeAll(async () => {
  api = await startScriptedApi();
});

beforeEach(() => {
  api.requests.length = 0;
  stop = new AbortController();
  api.play((_, response) => sendJson(response, { kind: 'Thing' }));
});

afterEach(() => {
  stop.abort();
  api.cut();
});

afterAll(() => api.close());

async function clientFor(user?: object, cluster?: object, limits?: Partial<KubeLimits>): Promise<KubeClient> {
  const kubeconfig = join(api.folder, 'own');
  await writeFile(kubeconfig, kubeconfigText(api.server, user ?? { token: 'a-token' }, cluster));
  return createKubeClient(await findCluster({ kubeconfig, env: {} }), limits);
}

it('authenticates by token over verified TLS, and says who asks', async () => {
  const client = await clientFor();
  expect(await client.get('/api/v1/things', stop.signal)).toEqual({ kind: 'Thing' });
  expect(api.requests[0]?.headers).toMatchObject({
    authorization: 'Bearer a-token',
    accept: 'application/json',
    'user-agent': 'qdrant-admission',
  });
});

it('does not talk to a server that another authority vouches for, nor under another name', async () => {
  const { certificate } = await createAuthority('strangers');
  await writeFile(join(api.folder, 'strangers.crt'), certificate);
  const distrusting = await clientFor(undefined, { 'certificate-authority': 'strangers.crt' });
  await expect(distrusting.get('/', stop.signal)).rejects.toThrow(/certificate|signature/);
  const misnamed = await clientFor(undefined, { 'tls-server-name': 'kubernetes.example.com' });
  await expect(misnamed.get('/', stop.signal)).rejects.toThrow('ERR_TLS_CERT_ALTNAME_INVALID');
  expect(api.requests).toEqual([]);
});

it('keeps connections, and moves to new ones when the client certificate in its file is rotated', async () => {
  const write = async (name: string): Promise<void> => {
    const { key, certificate } = await issue(api.authority, { commonName: name });
    await writeFile(join(api.folder, 'client.crt'), certificate);
    await writeFile(join(api.folder, 'client.key'), key);
  };
  await write('before');
  const client = await clientFor({ 'client-certificate': 'client.crt', 'client-key': 'client.key' });
  await client.get('/', stop.signal);
  await client.get('/', stop.signal);
  await write('after');
  await client.get('/', stop.signal);
  expect(api.requests.map((request) => request.client)).toEqual(['before', 'before', 'after']);
});

it('reads a rotated token again when the API server no longer takes the old one', async () => {
  const tokenFile = join(api.folder, 'token');
  await writeFile(tokenFile, 'old');
  api.play(({ headers }, response) => {
    if (headers['authorization'] === 'Bearer new') return sendJson(response, {});
    sendStatus(response, 401, 'Unauthorized', 'Unauthorized');
  });
  const client = await clientFor({ tokenFile });
  await writeFile(tokenFile, 'new');
  await client.get('/', stop.signal);
  await writeFile(tokenFile, 'newest');
  await client.get('/', stop.signal);
  api.play(({ headers }, response) => {
    if (headers['authorization'] === 'Bearer newest') return sendJson(response, {});
    sendStatus(response, 401, 'Unauthorized', 'Unauthorized');
  });
  await expect(client.get('/', stop.signal)).rejects.toThrow('HTTP 401: Unauthorized');
  await client.get('/', stop.signal);
});

it('takes token and authority of the service account as they are now, for every request', async () => {
  const serviceAccountFolder = join(api.folder, 'account');
  const { hostname, port } = new URL(api.server);
  await mkdir(serviceAccountFolder);
  await writeFile(join(serviceAccountFolder, 'token'), 'first\n');
  await writeFile(join(serviceAccountFolder, 'ca.crt'), api.authority.certificate);
  const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
  const client = createKubeClient(await findCluster({ env, serviceAccountFolder }));
  await client.get('/', stop.signal);
  await writeFile(join(serviceAccountFolder, 'token'), 'second');
  await client.get('/', stop.signal);
  expect(api.requests.map(({ headers }) => headers['authorization'])).toEqual(['Bearer first', 'Bearer second']);
  const { certificate } = await createAuthority('strangers');
  await writeFile(join(serviceAccountFolder, 'ca.crt'), certificate);
  await expect(client.get('/', stop.signal)).rejects.toThrow(/certificate|signature/);
});

async function plugin(script: string): Promise<object> {
  const command = join(api.folder, 'plugin');
  await writeFile(command, `#!/bin/sh\n${script}\n`);
  await chmod(command, 0o755);
  return { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: './plugin', interactiveMode: 'Never' } };
}

it('asks a credential plugin, and asks it again after a 401', async () => {
  const counter = join(api.folder, 'count');
  await writeFile(counter, '');
  const status = `{"token":"plugin-'$(wc -c < ${counter})'"}`;
  const client = await clientFor(
    await plugin(`printf x >> ${counter}\necho '{"kind":"ExecCredential","status":${status}}'`),
  );
  await client.get('/', stop.signal);
  await client.get('/', stop.signal);
  api.play((_, response) => sendStatus(response, 401, 'Unauthorized', 'Unauthorized'));
  await client.get('/', stop.signal).catch(() => undefined);
  api.play((_, response) => sendJson(response, {}));
  await client.get('/', stop.signal);
  const used = api.requests.map(({ headers }) => headers['authorization']);
  expect(used).toEqual(['Bearer plugin-1', 'Bearer plugin-1', 'Bearer plugin-1', 'Bearer plugin-2']);
});

it.each([
  ['what is no JSON', 'echo hush-hush', 'printed no ExecCredential'],
  ['JSON that is none', `echo '{"token":"hush-hush"}'`, 'printed no ExecCredential'],
  ['a failure', 'echo log in first >&2; exit 1', 'log in first'],
])('says what is wrong with a plugin that prints %s, and never what it printed', async (_, script, message) => {
  const client = await clientFor(await plugin(script));
  const failed = await client.get('/', stop.signal).catch((error: Error) => error.message);
  expect(failed).toContain(message);
  expect(failed).not.toContain('hush');
});

it('does not wait for a plugin longer than the request lasts', async () => {
  const [started, release] = ['started', 'release'].map((name) => join(api.folder, name));
  await run('mkfifo', [String(release)]);
  const client = await clientFor(await plugin(`touch ${started}\nread line < ${release}`));
  const asked = client.get('/', stop.signal);
  asked.catch(() => undefined);
  await eventually(() => access(String(started)));
  stop.abort();
  await expect(asked).rejects.toThrow('aborted');
  await writeFile(String(release), '\n');
});

it('goes through a proxy where the kubeconfig names one', async () => {
  const asked: string[] = [];
  const proxy = createProxy();
  proxy.on('connect', ({ url = '' }, socket) => {
    asked.push(url);
    const target = new URL(`tcp://${url}`);
    const upstream = connect(Number(target.port), target.hostname, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    for (const end of [upstream, socket]) end.on('error', () => upstream.destroy());
  });
  await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening));
  const client = await clientFor(undefined, {
    'proxy-url': `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
  });
  expect(await client.get('/', stop.signal)).toEqual({ kind: 'Thing' });
  expect(asked).toEqual([new URL(api.server).host]);
  proxy.close();
});

it('keeps the path that a server has in front of its API', async () => {
  const kubeconfig = join(api.folder, 'prefixed');
  await writeFile(kubeconfig, kubeconfigText(`${api.server}/k8s/clusters/c-1/`, { token: 't' }));
  const client = createKubeClient(await findCluster({ kubeconfig, env: {} }));
  await client.read(PODS, 'one', 'a', stop.signal);
  expect(api.requests[0]?.url.pathname).toBe('/k8s/clusters/c-1/api/v1/namespaces/one/pods/a');
});

it('sends a body of the kind that is said, and hands back any status with what came', async () => {
  api.play((_, response) => sendStatus(response, 409, 'Conflict', 'somebody was faster'));
  const client = await clientFor();
  const answer = await client.request({
    method: 'PATCH',
    path: '/api/v1/namespaces/one/secrets/s?fieldManager=test',
    contentType: 'application/merge-patch+json',
    body: { metadata: { labels: { grün: '✓' } } },
    signal: stop.signal,
  });
  expect(answer).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
  expect(api.requests[0]).toMatchObject({
    method: 'PATCH',
    headers: { 'content-type': 'application/merge-patch+json' },
    body: '{"metadata":{"labels":{"grün":"✓"}}}',
  });
});

it('tells an object that is not there from a kind that is not served', async () => {
  const client = await clientFor();
  const status = { kind: 'Status', code: 404, reason: 'NotFound', message: 'gone' };
  api.play((_, response) => sendJson(response, { ...status, details: { name: 'a', kind: 'pods' } }, 404));
  expect(await client.read(PODS, 'one', 'a', stop.signal)).toBeUndefined();
  api.play((_, response) => sendJson(response, { ...status, details: {} }, 404));
  await expect(client.read(PODS, 'one', 'a', stop.signal)).rejects.toThrow('HTTP 404: gone');
});

it('asks for smaller pages where one is too large, and misses and repeats nothing', async () => {
  const names = Array.from({ length: 23 }, (_, i) => `pod-${i}`);
  api.play(({ url }, response) => {
    const from = Number(url.searchParams.get('continue') ?? 0);
    const to = Math.min(from + Number(url.searchParams.get('limit')), names.length);
    sendJson(response, {
      metadata: { resourceVersion: '1', continue: to < names.length ? String(to) : '' },
      items: names.slice(from, to).map((name) => ({ metadata: { name }, spec: 'x'.repeat(100) })),
    });
  });
  const client = await clientFor(undefined, undefined, { mostBytes: 600, pageSize: 20 });
  const listed: unknown[] = [];
  for await (const { items } of client.list(PODS, 'one', stop.signal)) listed.push(...items);
  expect(listed).toEqual(
    names.map((name) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: 'x'.repeat(100) })),
  );
  const tiny = await clientFor(undefined, undefined, { mostBytes: 50 });
  await expect(tiny.list(PODS, 'one', stop.signal).next()).rejects.toThrow('the answer is larger than 50 bytes');
});

it('gives up on an answer that does not begin, or does not end', async () => {
  const client = await clientFor(undefined, undefined, { timeoutMs: 100 });
  api.play(() => undefined);
  await expect(client.get('/', stop.signal)).rejects.toThrow('no end of the answer within 0.1 s');
  api.play((_, response) => void response.writeHead(200).write('{'));
  await expect(client.get('/', stop.signal)).rejects.toThrow('no end of the answer within 0.1 s');
});

it('refuses a watch event that does not end', async () => {
  const client = await clientFor(undefined, undefined, { longestLine: 1000 });
  api.play((_, response) => {
    response.writeHead(200);
    for (let i = 0; i < 10; i++) response.write('x'.repeat(500));
  });
  const options = { resourceVersion: '1', timeoutSeconds: 60, deadlineMs: 60_000 };
  await expect(client.watch(PODS, 'one', options, stop.signal).next()).rejects.toThrow('longer than 1000 characters');
});

it('writes names into paths as one segment each, and refuses those that lead elsewhere', () => {
  expect(pathOf(PODS, 'one', 'a/../b?c')).toBe('/api/v1/namespaces/one/pods/a%2F..%2Fb%3Fc');
  expect(pathOf(PODS, '')).toBe('/api/v1/pods');
  expect(pathOf({ ...PODS, group: 'apps', plural: 'deployments' }, 'x')).toBe('/apis/apps/v1/namespaces/x/deployments');
  expect(() => pathOf(PODS, '..')).toThrow('".." is not a name');
  expect(() => pathOf(PODS, 'one', '')).toThrow('"" is not a name');
});

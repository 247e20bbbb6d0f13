import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createKubeClient, type KubeClient } from '../../src/cluster/client.ts';
import { findCluster } from '../../src/cluster/kubeconfig.ts';
import { createListedWorld, createLiveWorld, type LiveWorld } from '../../src/cluster/watched-world.ts';
import { definePodRule } from '../../src/engine/define.ts';
import type { FactName } from '../../src/engine/facts.ts';
import type { Policy } from '../../src/engine/policy.ts';
import { makeSubject } from '../../src/engine/subject.ts';
import type { FactKind } from '../../src/facts/kinds.ts';
import { judge } from '../../src/judge.ts';
import { POD_CARRIERS } from '../../src/k8s/core/pods.ts';
import { isJsonObject } from '../../src/k8s/object.ts';
import { policyWith } from '../support/policies.ts';
import { type ScriptedApi, sendJson, sendStatus, startScriptedApi } from '../support/scripted-api.ts';
import { eventually, FAST, isWatch, sendEvent, sendList, WIDGETS, widget } from '../support/watch-script.ts';

const NAMESPACE = { group: '', kind: 'Namespace' };
const WIDGET_ROW: FactKind = {
  ...WIDGETS,
  watched: 'protected namespaces',
  optional: true,
  facts: ['namespace'],
};

let api: ScriptedApi;
let stop: AbortController;
let client: KubeClient;

beforeAll(async () => {
  api = await startScriptedApi();
});

beforeEach(async () => {
  api.requests.length = 0;
  stop = new AbortController();
  client = createKubeClient(await findCluster({ kubeconfig: api.kubeconfig, env: {} }));
});

afterEach(() => {
  stop.abort();
  api.cut();
});

afterAll(() => api.close());

/** The policy of a namespace whose one rule needs these facts. */
function needing(needs: readonly FactName[]): Policy {
  const rule = definePodRule({
    id: 'labelled',
    title: 'the namespace is labelled',
    promise: 'containers',
    why: '',
    fix: '',
    controls: [],
    reads: ['spec.hostNetwork'],
    needs,
    check: (_, __, facts) => {
      const { metadata } = facts.namespace;
      const labels = isJsonObject(metadata) ? metadata['labels'] : undefined;
      return isJsonObject(labels) ? [] : [{ path: 'metadata.namespace', required: 'label the namespace' }];
    },
  });
  return { ...policyWith(), rules: [{ rule, mode: 'enforce', options: {}, reads: {} }] };
}

function follow(namespaces: readonly string[], needs: readonly FactName[] = ['namespace'], kinds = [WIDGET_ROW]) {
  const world = createLiveWorld({ client, signal: stop.signal, timing: FAST, kinds });
  world.follow(new Map(namespaces.map((name) => [name, needing(needs)])));
  return world;
}

const paths = (): string[] => api.requests.filter((request) => !isWatch(request)).map(({ url }) => url.pathname);
const namesIn = async (world: LiveWorld, namespace: string): Promise<unknown> => {
  const listed = await world.list(WIDGET_ROW, namespace, stop.signal);
  if (!listed.known) return listed.reason;
  return listed.value.map(({ metadata }) => (isJsonObject(metadata) ? metadata['name'] : undefined));
};

it('asks nothing of a cluster where no active rule needs a fact', async () => {
  const world = follow(['one', 'two'], []);
  expect(world.ready()).toBe(true);
  await world.whenReady();
  expect(await namesIn(world, 'one')).toBe('Widget is not watched in one');
  expect(api.requests).toEqual([]);
});

it('is ready when every watch is, and tells apart what is empty, not listed yet and not watched', async () => {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  api.play(async ({ url }, response) => {
    if (url.searchParams.has('watch')) return void response.writeHead(200).flushHeaders();
    if (url.pathname.includes('/two/')) await opened;
    sendList(response, '7', url.pathname.includes('/one/') ? [widget('a', '3')] : []);
  });
  const world = follow(['one', 'two']);
  await eventually(async () => expect(await namesIn(world, 'one')).toEqual(['a']));
  expect(world.ready()).toBe(false);
  expect(await namesIn(world, 'two')).toBe('widgets have not been listed yet');
  open();
  await world.whenReady();
  expect(world.ready()).toBe(true);
  expect(await namesIn(world, 'two')).toEqual([]);
  expect(await namesIn(world, 'three')).toBe('Widget is not watched in three');
  expect(await world.list(NAMESPACE, '', stop.signal)).toEqual({ known: false, reason: 'Namespace is not watched' });
  expect([...world.contactAges().keys()]).toEqual(['widgets']);
});

it('begins and ends watches as the protected namespaces change, and keeps those that stay', async () => {
  const watching = new Set<string>();
  api.play(({ url }, response) => {
    if (!url.searchParams.has('watch')) return sendList(response, '7', []);
    const namespace = url.pathname.split('/')[5] ?? '';
    watching.add(namespace);
    response.once('close', () => watching.delete(namespace));
    response.writeHead(200).flushHeaders();
  });
  const world = follow(['one', 'two']);
  await eventually(() => expect([...watching].sort()).toEqual(['one', 'two']));
  world.follow(new Map(['two', 'three'].map((name) => [name, needing(['namespace'])])));
  await eventually(() => expect([...watching].sort()).toEqual(['three', 'two']));
  expect(await namesIn(world, 'one')).toBe('Widget is not watched in one');
  expect(paths().map((path) => path.split('/')[5])).toEqual(['one', 'two', 'three']);
  stop.abort();
  await eventually(() => expect(watching.size).toBe(0));
});

it('watches nothing of a kind that is only read live', async () => {
  const world = follow(['one'], ['namespace'], [{ ...WIDGET_ROW, watched: 'nowhere' }]);
  expect(await namesIn(world, 'one')).toBe('Widget is not watched in one');
  expect(api.requests).toEqual([]);
  api.play((_, response) => sendJson(response, widget('a', '3')));
  expect(await world.readLive?.(WIDGET_ROW, 'one', 'a', stop.signal)).toMatchObject({ known: true });
});

it('can read live every kind that may own a pod', async () => {
  const world = createLiveWorld({ client, signal: stop.signal });
  api.play(({ url }, response) => sendJson(response, { metadata: { name: url.pathname } }));
  const owners = POD_CARRIERS.filter(({ kind }) => kind !== 'Pod' && kind !== 'PodTemplate');
  for (const kind of owners) {
    expect(await world.readLive?.(kind, 'one', 'a', stop.signal)).toMatchObject({ known: true });
  }
  expect(paths()).toContain('/apis/apps/v1/namespaces/one/replicasets/a');
  expect(paths()).toContain('/api/v1/namespaces/one/replicationcontrollers/a');
  expect(paths()).toContain('/apis/batch/v1/namespaces/one/cronjobs/a');
});

it('watches a kind everywhere in one watch where its row says so', async () => {
  api.play((request, response) => {
    if (!isWatch(request)) return sendList(response, '7', [widget('a', '3')]);
    response.writeHead(200);
    sendEvent(response, 'ADDED', widget('b', '8'));
  });
  const world = follow(['one', 'two'], ['namespace'], [{ ...WIDGET_ROW, watched: 'everywhere' }]);
  await eventually(async () => expect(await namesIn(world, 'one')).toEqual(['a', 'b']));
  expect(await namesIn(world, 'two')).toEqual([]);
  expect(paths()).toEqual(['/apis/example.com/v1/widgets']);
});

it('reads one object live, and takes for absent only what the API server says is', async () => {
  const world = follow([]);
  api.play((_, response) => sendJson(response, widget('a', '3')));
  expect(await world.readLive?.(WIDGET_ROW, 'one', 'a', stop.signal)).toMatchObject({
    known: true,
    value: { metadata: { name: 'a' } },
  });
  const gone = { kind: 'Status', reason: 'NotFound', message: 'gone', details: { name: 'a' } };
  api.play((_, response) => sendJson(response, gone, 404));
  expect(await world.readLive?.(WIDGET_ROW, 'one', 'a', stop.signal)).toEqual({ known: true, value: undefined });
  api.play((_, response) => void response.writeHead(404).end('404 page not found\n'));
  expect(await world.readLive?.(WIDGET_ROW, 'one', 'a', stop.signal)).toEqual({ known: true, value: undefined });
  api.play((_, response) => sendStatus(response, 503, 'ServiceUnavailable', 'not now'));
  expect(await world.readLive?.(WIDGET_ROW, 'one', 'a', stop.signal)).toEqual({
    known: false,
    reason: 'Widget a in one cannot be read: HTTP 503: not now',
  });
  expect(await world.readLive?.(NAMESPACE, '', 'one', stop.signal)).toMatchObject({ known: false });
  api.play(() => undefined);
  const deadline = AbortSignal.timeout(50);
  expect(await world.readLive?.(WIDGET_ROW, 'one', 'a', deadline)).toMatchObject({ known: false });
});

it('asks for each list once in a world of lists, and never takes a failure for empty', async () => {
  const world = createListedWorld(client, [WIDGET_ROW]);
  api.play(({ url }, response) => {
    if (url.pathname.includes('/none/')) return void response.writeHead(404).end('404 page not found\n');
    if (url.pathname === '/apis/example.com') return void response.writeHead(404).end('404 page not found\n');
    if (url.pathname.includes('/one/')) return sendList(response, '7', [widget('a', '3')]);
    sendStatus(response, 403, 'Forbidden', 'widgets is forbidden');
  });
  const [first, second] = await Promise.all([
    world.list(WIDGET_ROW, 'one', stop.signal),
    world.list(WIDGET_ROW, 'one', stop.signal),
  ]);
  expect(first).toMatchObject({ known: true, value: [{ metadata: { name: 'a' } }] });
  expect(second).toBe(first);
  expect(paths()).toHaveLength(1);
  expect(await world.list(WIDGET_ROW, 'two', stop.signal)).toEqual({
    known: false,
    reason: 'widgets in two cannot be listed: HTTP 403: widgets is forbidden',
  });
  expect(await world.list(WIDGET_ROW, 'none', stop.signal)).toEqual({ known: true, value: [] });
  expect(await world.list(NAMESPACE, '', stop.signal)).toMatchObject({ known: false });
});

it('judges by a namespace that is younger than the watch, and not at all by one that cannot be read', async () => {
  const namespace = (name: string, more = {}) => ({ metadata: { name, resourceVersion: '5', ...more } });
  api.play((request, response) => {
    const { pathname } = request.url;
    if (isWatch(request)) return void response.writeHead(200).flushHeaders();
    if (pathname.endsWith('/namespaces')) return sendList(response, '7', [namespace('old')]);
    // What a refusal rests on is read once more.
    if (pathname.endsWith('/old')) return sendJson(response, namespace('old'));
    if (pathname.endsWith('/young')) return sendJson(response, namespace('young', { labels: {} }));
    if (pathname.endsWith('/gone')) return sendJson(response, { reason: 'NotFound', details: { name: 'gone' } }, 404);
    sendStatus(response, 500, 'InternalError', 'etcdserver: request timed out');
  });
  const policy = needing(['namespace']);
  const world = createLiveWorld({ client, signal: stop.signal, timing: FAST });
  world.follow(new Map([['old', policy]]));
  await world.whenReady();
  const verdict = async (name: string): Promise<unknown> => {
    const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: name }, spec: {} };
    const subject = makeSubject({ object, now: new Date() });
    const { verdicts } = await judge(subject, policy, world, stop.signal);
    return verdicts.map((each) => (each.outcome === 'unknown' ? each.reason : each.outcome));
  };
  expect(await verdict('old')).toEqual(['fail']);
  expect(await verdict('young')).toEqual(['pass']);
  expect(await verdict('gone')).toEqual(['Namespace gone is not there']);
  expect(await verdict('broken')).toEqual(['Namespace broken cannot be read: HTTP 500: etcdserver: request timed out']);
});

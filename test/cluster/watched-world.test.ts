import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createKubeClient, type KubeClient } from '../../src/cluster/client.ts';
import { findCluster } from '../../src/cluster/kubeconfig.ts';
import { createListedWorld } from '../../src/cluster/listed-world.ts';
import { createWatchedWorld, type WatchedWorld } from '../../src/cluster/watched-world.ts';
import { makeSubject } from '../../src/engine/subject.ts';
import type { FactName } from '../../src/facts/index.ts';
import { judge } from '../../src/judge.ts';
import { type KindName, WORKLOAD_KINDS } from '../../src/k8s/kinds.ts';
import { isJsonObject, type JsonObject } from '../../src/k8s/object.ts';
import { definePodRule, type Policy } from '../../src/rules/define.ts';
import { policyWith } from '../support/policies.ts';
import { type ScriptedApi, sendJson, sendStatus, startScriptedApi } from '../support/scripted-api.ts';
import { eventually, FAST, isWatch, sendEvent, sendList } from '../support/watch-script.ts';

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

/** The policy of a namespace whose one rule needs these facts, and is broken where the namespace has no labels. */
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
    check: ({ facts: { namespace } }) =>
      namespace.metadata?.labels ? [] : [{ path: 'metadata.namespace', required: 'label the namespace' }],
  });
  return { ...policyWith(), rules: [{ rule, mode: 'enforce', options: {}, reads: {} }] };
}

/** A world that watches the claims of these namespaces, and the Namespaces. */
function follow(namespaces: readonly string[], needs: readonly FactName[] = ['waitingClaims']): WatchedWorld {
  const world = createWatchedWorld({ client, signal: stop.signal, timing: FAST });
  world.follow(new Map(namespaces.map((name) => [name, needing(needs)])));
  return world;
}

function claim(name: string, resourceVersion: string, namespace = 'one'): JsonObject {
  const metadata = { name, namespace, uid: `uid-${name}`, resourceVersion };
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, spec: {} };
}

const CLAIMS = 'PersistentVolumeClaim';
const ofClaims = (path: string): boolean => path.endsWith('/persistentvolumeclaims');
const lists = (): string[] => api.requests.filter((request) => !isWatch(request)).map(({ url }) => url.pathname);
const namesIn = async (world: Pick<WatchedWorld, 'list'>, namespace: string, kind: KindName = CLAIMS) => {
  const listed = await world.list(kind, namespace, stop.signal);
  if (!listed.known) return listed.reason;
  return listed.value.map(({ metadata }) => (isJsonObject(metadata) ? metadata['name'] : undefined));
};

describe('what is watched', () => {
  it('is nothing where nothing is protected', async () => {
    const world = follow([]);
    expect(world.ready()).toBe(true);
    await world.whenReady();
    expect(await namesIn(world, 'one')).toBe('PersistentVolumeClaim is not watched in one');
    expect(api.requests).toEqual([]);
  });

  it('is the Namespaces alone where no active rule needs a fact', async () => {
    api.play((request, response) => {
      if (!isWatch(request)) return sendList(response, '7', []);
      response.writeHead(200).flushHeaders();
    });
    const world = follow(['one', 'two'], []);
    await world.whenReady();
    expect(lists()).toEqual(['/api/v1/namespaces']);
    expect(await namesIn(world, 'one')).toBe('PersistentVolumeClaim is not watched in one');
  });

  it('tells apart what is empty, not listed yet and not watched', async () => {
    const opened = Promise.withResolvers<void>();
    api.play(async ({ url }, response) => {
      if (url.searchParams.has('watch')) return void response.writeHead(200).flushHeaders();
      if (url.pathname.includes('/two/')) await opened.promise;
      sendList(response, '7', url.pathname.includes('/one/') ? [claim('a', '3')] : []);
    });
    const world = follow(['one', 'two']);
    await eventually(async () => expect(await namesIn(world, 'one')).toEqual(['a']));
    expect(world.ready()).toBe(false);
    expect(await namesIn(world, 'two')).toBe('persistentvolumeclaims have not been listed yet');
    opened.resolve();
    await world.whenReady();
    expect(world.ready()).toBe(true);
    expect(await namesIn(world, 'two')).toEqual([]);
    expect(await namesIn(world, 'three')).toBe('PersistentVolumeClaim is not watched in three');
    expect(await namesIn(world, '', 'StorageClass.storage.k8s.io')).toBe('StorageClass is not watched');
    expect([...world.contactAges().keys()].sort()).toEqual(['namespaces', 'persistentvolumeclaims']);
  });

  it('follows the protected namespaces, and keeps the watches that stay', async () => {
    const watching = new Set<string>();
    api.play(({ url }, response) => {
      if (!url.searchParams.has('watch')) return sendList(response, '7', []);
      response.writeHead(200).flushHeaders();
      if (!ofClaims(url.pathname)) return;
      const namespace = url.pathname.split('/')[4] ?? '';
      watching.add(namespace);
      response.once('close', () => watching.delete(namespace));
    });
    const world = follow(['one', 'two']);
    await eventually(() => expect([...watching].sort()).toEqual(['one', 'two']));
    world.follow(new Map(['two', 'three'].map((name) => [name, needing(['waitingClaims'])])));
    await eventually(() => expect([...watching].sort()).toEqual(['three', 'two']));
    expect(await namesIn(world, 'one')).toBe('PersistentVolumeClaim is not watched in one');
    const listed = lists().filter(ofClaims);
    expect(listed.map((path) => path.split('/')[4])).toEqual(['one', 'two', 'three']);
    stop.abort();
    await eventually(() => expect(watching.size).toBe(0));
  });

  it('is in one watch for all namespaces where a kind stands in none', async () => {
    api.play((request, response) => {
      if (!isWatch(request)) return sendList(response, '7', []);
      response.writeHead(200).flushHeaders();
    });
    await follow(['one', 'two'], ['attributesClasses']).whenReady();
    expect(lists().sort()).toEqual(['/api/v1/namespaces', '/apis/storage.k8s.io/v1/volumeattributesclasses']);
  });

  it('is nothing of a kind that is only read live', async () => {
    api.play((request, response) => {
      if (!isWatch(request)) return sendList(response, '7', []);
      response.writeHead(200).flushHeaders();
    });
    await follow(['one'], ['owners']).whenReady();
    expect(lists()).toEqual(['/api/v1/namespaces']);
  });
});

describe('what is remembered', () => {
  it('is what the shape of the kind names, of lists and of events', async () => {
    let watch: ServerResponse | undefined;
    const full = (name: string, version: string): JsonObject => ({
      ...claim(name, version),
      spec: { volumeName: `volume-${name}`, resources: { requests: { storage: '1Gi' } } },
      status: { phase: 'Bound' },
    });
    api.play((request, response) => {
      if (!isWatch(request)) return sendList(response, '7', [full('a', '3')]);
      response.writeHead(200).flushHeaders();
      if (ofClaims(request.url.pathname)) watch = response;
    });
    const world = follow(['one']);
    await world.whenReady();
    await eventually(() => expect(watch).toBeDefined());
    if (watch) sendEvent(watch, 'ADDED', full('b', '8'));
    const kept = (name: string, version: string) => ({
      ...claim(name, version),
      spec: { volumeName: `volume-${name}` },
    });
    await eventually(async () =>
      expect(await world.list(CLAIMS, 'one', stop.signal)).toEqual({
        known: true,
        value: [kept('a', '3'), kept('b', '8')],
      }),
    );
  });
});

describe('what is read live', () => {
  it('can be every kind that may own a pod', async () => {
    const { live } = createWatchedWorld({ client, signal: stop.signal });
    api.play(({ url }, response) => sendJson(response, { metadata: { name: url.pathname } }));
    for (const { name } of WORKLOAD_KINDS) {
      expect(await live.read(name, 'one', 'a', stop.signal)).toMatchObject({ known: true });
    }
    expect(lists()).toContain('/apis/apps/v1/namespaces/one/replicasets/a');
    expect(lists()).toContain('/api/v1/namespaces/one/replicationcontrollers/a');
    expect(lists()).toContain('/apis/batch/v1/namespaces/one/cronjobs/a');
  });

  it('is absent only where the API server says so', async () => {
    const { live } = follow([]);
    const read = (kind: KindName = 'VolumeSnapshot.snapshot.storage.k8s.io') =>
      live.read(kind, 'one', 'a', stop.signal);
    api.play((_, response) => sendJson(response, { metadata: { name: 'a' } }));
    expect(await read()).toMatchObject({ known: true, value: { kind: 'VolumeSnapshot', metadata: { name: 'a' } } });
    const gone = { kind: 'Status', reason: 'NotFound', message: 'gone', details: { name: 'a' } };
    api.play((_, response) => sendJson(response, gone, 404));
    expect(await read()).toEqual({ known: true, value: undefined });
    // A cluster without the CRD has none; of a kind that every cluster has, it is a fault.
    api.play((_, response) => void response.writeHead(404).end('404 page not found\n'));
    expect(await read()).toEqual({ known: true, value: undefined });
    expect(await read(CLAIMS)).toMatchObject({ known: false });
    api.play((_, response) => sendStatus(response, 503, 'ServiceUnavailable', 'not now'));
    expect(await read()).toEqual({
      known: false,
      reason: 'VolumeSnapshot a in one cannot be read: HTTP 503: not now',
    });
  });

  it('is unknown to whoever has no time left, and still read for the others', async () => {
    const { live } = follow([]);
    const answered = Promise.withResolvers<void>();
    api.play(async (_, response) => {
      await answered.promise;
      sendJson(response, claim('a', '3'));
    });
    const hurried = new AbortController();
    const [late, patient] = [hurried.signal, stop.signal].map((signal) => live.read(CLAIMS, 'one', 'a', signal));
    hurried.abort();
    expect(await late).toEqual({ known: false, reason: 'there was no time left to read it' });
    answered.resolve();
    expect(await patient).toMatchObject({ known: true });
  });

  it('is a list as well: what came a moment ago is in it', async () => {
    api.play((request, response) => {
      if (isWatch(request)) return void response.writeHead(200).flushHeaders();
      const first = api.requests.filter(({ url }) => ofClaims(url.pathname)).length === 1;
      sendList(response, '7', first ? [] : [claim('new', '9')]);
    });
    const world = follow(['one']);
    await world.whenReady();
    expect(await namesIn(world, 'one')).toEqual([]);
    expect(await namesIn(world.live, 'one')).toEqual(['new']);
  });

  it('is read once for all who ask while one reading is under way, and never before they asked', async () => {
    const { live } = follow([]);
    const gates: (() => void)[] = [];
    api.play(async (_, response) => {
      await new Promise<void>((resolve) => gates.push(resolve));
      sendList(response, '7', [claim(`at-${gates.length}`, '3')]);
    });
    const asked = Array.from({ length: 20 }, () => namesIn(live, 'one'));
    await eventually(() => expect(gates).toHaveLength(1));
    gates[0]?.();
    expect(await asked[0]).toEqual(['at-1']);
    await eventually(() => expect(gates).toHaveLength(2));
    gates[1]?.();
    // The first reading had begun when the others asked: theirs is the second, and the last.
    expect(await Promise.all(asked.slice(1))).toEqual(Array.from({ length: 19 }, () => ['at-2']));
    expect(gates).toHaveLength(2);
  });
});

describe('which of two was there first', () => {
  const EARLY = { kind: 'StorageClass.storage.k8s.io', namespace: '', name: 'fast', uid: 'uid-fast' } as const;
  const LATE = { kind: CLAIMS, namespace: 'one', name: 'data', uid: 'uid-data' } as const;
  const storageClass = (resourceVersion: string): JsonObject => ({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'fast', uid: 'uid-fast', resourceVersion },
  });

  /** A world in which the class is listed at one version, and the watch on claims reports these events. */
  async function seeing(listed: string, events: readonly ['ADDED' | 'MODIFIED', string][]): Promise<WatchedWorld> {
    api.play((request, response) => {
      const { pathname } = request.url;
      if (!isWatch(request)) return sendList(response, '5', pathname.endsWith('classes') ? [storageClass(listed)] : []);
      response.writeHead(200).flushHeaders();
      if (ofClaims(pathname)) for (const [type, version] of events) sendEvent(response, type, claim('data', version));
    });
    const world = follow(['one'], ['claimClasses']);
    await world.whenReady();
    return world;
  }

  it('is told by the versions at which the watches saw them', async () => {
    const world = await seeing('4', [['ADDED', '10']]);
    expect(await world.madeBefore(EARLY, LATE, stop.signal)).toBe(true);
  });

  it('compares versions as numbers', async () => {
    const world = await seeing('9', [['ADDED', '10']]);
    expect(await world.madeBefore(EARLY, LATE, stop.signal)).toBe(true);
  });

  it('is not told by a version that may be later than the making', async () => {
    // The claim was first seen when it changed; and a class that changed after the claim may be older than it.
    const changed = await seeing('4', [['MODIFIED', '10']]);
    expect(await changed.madeBefore(EARLY, LATE, stop.signal)).toBeUndefined();
    const younger = await seeing('12', [['ADDED', '10']]);
    expect(await younger.madeBefore(EARLY, LATE, stop.signal)).toBeUndefined();
  });

  it('stays what it was when the later one changes', async () => {
    const world = await seeing('4', [
      ['ADDED', '6'],
      ['MODIFIED', '10'],
    ]);
    expect(await world.madeBefore(EARLY, LATE, stop.signal)).toBe(true);
  });

  it('is not told of what no watch has seen, or under another uid', async () => {
    const world = await seeing('4', [['ADDED', '10']]);
    const brief = AbortSignal.abort();
    expect(await world.madeBefore({ ...EARLY, uid: 'uid-other' }, LATE, brief)).toBeUndefined();
    expect(await world.madeBefore(EARLY, { ...LATE, namespace: 'two' }, brief)).toBeUndefined();
  });
});

describe('a world of lists', () => {
  it('asks for each list once, and never takes a failure for empty', async () => {
    const world = createListedWorld(client);
    api.play(({ url }, response) => {
      if (url.pathname.includes('/none/')) return void response.writeHead(404).end('404 page not found\n');
      if (url.pathname === '/apis/snapshot.storage.k8s.io') {
        return void response.writeHead(404).end('404 page not found\n');
      }
      if (url.pathname.includes('/one/')) return sendList(response, '7', [claim('a', '3')]);
      sendStatus(response, 403, 'Forbidden', 'claims are forbidden');
    });
    const [first, second] = await Promise.all([1, 2].map(() => world.list(CLAIMS, 'one', stop.signal)));
    expect(first).toMatchObject({ known: true, value: [{ metadata: { name: 'a' } }] });
    expect(second).toBe(first);
    expect(await world.live?.list(CLAIMS, 'one', stop.signal)).toBe(first);
    expect(lists()).toHaveLength(1);
    expect(await world.list(CLAIMS, 'two', stop.signal)).toEqual({
      known: false,
      reason: 'persistentvolumeclaims in two cannot be listed: HTTP 403: claims are forbidden',
    });
    const snapshots = await world.list('VolumeSnapshot.snapshot.storage.k8s.io', 'none', stop.signal);
    expect(snapshots).toEqual({ known: true, value: [] });
  });

  it('looks for what a list lacks once more', async () => {
    const world = createListedWorld(client);
    api.play(({ url }, response) => {
      if (url.pathname.endsWith('/young')) return sendJson(response, claim('young', '9'));
      sendList(response, '7', [claim('a', '3')]);
    });
    expect(await world.read(CLAIMS, 'one', 'a', stop.signal)).toMatchObject({ value: { metadata: { name: 'a' } } });
    expect(await world.read(CLAIMS, 'one', 'young', stop.signal)).toMatchObject({
      value: { metadata: { name: 'young' } },
    });
    expect(lists()).toHaveLength(2);
  });
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
  const world = createWatchedWorld({ client, signal: stop.signal, timing: FAST });
  world.follow(new Map([['old', policy]]));
  await world.whenReady();
  const verdict = async (name: string): Promise<unknown> => {
    const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: name }, spec: {} };
    const subject = makeSubject({ object, now: new Date() });
    const { verdicts } = await judge(subject, policy, { cluster: world }, stop.signal);
    return verdicts.map((each) => (each.outcome === 'unknown' ? each.reason : each.outcome));
  };
  expect(await verdict('old')).toEqual(['fail']);
  expect(await verdict('young')).toEqual(['pass']);
  expect(await verdict('gone')).toEqual(['Namespace gone is not there']);
  expect(await verdict('broken')).toEqual(['Namespace broken cannot be read: HTTP 500: etcdserver: request timed out']);
});

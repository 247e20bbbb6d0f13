import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { createKubeClient, type KubeClient } from '../../src/cluster/client.ts';
import { findCluster } from '../../src/cluster/kubeconfig.ts';
import { Reflector, type ReflectorOptions } from '../../src/cluster/reflector.ts';
import { isJsonObject, type JsonObject } from '../../src/k8s/object.ts';
import { REAL_CLOCK } from '../../src/runtime/clock.ts';
import { type Cluster, joinCluster, type SharedCluster, startCluster } from './harness/cluster.ts';
import { ensureNamespace } from './support/protected.ts';

const NAMESPACES = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false };
const WIDGETS = {
  group: 'facts.example.com',
  version: 'v1',
  plural: 'widgets',
  kind: 'Widget',
  namespaced: true,
};
const PATIENT = { timeout: 60_000, interval: 50 };

let stop: AbortController;

beforeEach(() => {
  stop = new AbortController();
});

afterEach(() => stop.abort());

interface Reflected {
  readonly reflector: Reflector;
  readonly lists: number[];
  readonly errors: string[];
}

async function reflect(
  { kubeconfig }: SharedCluster,
  options: Partial<ReflectorOptions> = {},
  timeoutMs = 20_000,
): Promise<Reflected> {
  const lists: number[] = [];
  const errors: string[] = [];
  const reflector = new Reflector({
    client: createKubeClient(await findCluster({ kubeconfig, env: {} }), { pageSize: 2, timeoutMs }),
    resource: NAMESPACES,
    hooks: { onList: (objects) => lists.push(objects), onError: (reason) => errors.push(reason) },
    ...options,
  });
  void reflector.run(stop.signal);
  return { reflector, lists, errors };
}

function metadataOf(object: JsonObject): JsonObject {
  return isJsonObject(object['metadata']) ? object['metadata'] : {};
}

function find(reflector: Reflector, name: string, namespace = ''): JsonObject | undefined {
  const listed = reflector.list(namespace);
  if (!listed.known) throw new Error(listed.reason);
  return listed.value.find((object) => metadataOf(object)['name'] === name);
}

async function kubectl(cluster: SharedCluster, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await cluster.kubectl(args);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

function widgetDefinition(versions: readonly string[]): string {
  return JSON.stringify({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.facts.example.com' },
    spec: {
      group: 'facts.example.com',
      scope: 'Namespaced',
      names: { kind: 'Widget', plural: 'widgets' },
      versions: versions.map((name, i) => ({
        name,
        served: true,
        storage: i === 0,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      })),
    },
  });
}

async function apply(cluster: SharedCluster, text: string): Promise<void> {
  const { code, stderr } = await cluster.kubectl(['apply', '-f', '-'], { stdin: text });
  if (code !== 0) throw new Error(stderr);
}

describe('on the cluster that all tests share', () => {
  const cluster = joinCluster(inject('cluster'));

  beforeAll(() => ensureNamespace(cluster, 'facts-one'));

  afterAll(async () => {
    await kubectl(cluster, 'delete', '--ignore-not-found', '--wait=false', 'namespace', 'facts-one', 'facts-two');
    await kubectl(cluster, 'delete', '--ignore-not-found', 'customresourcedefinition', 'widgets.facts.example.com');
  });

  it('lists page by page and follows namespaces as they are created, changed and deleted', async () => {
    const { reflector, lists } = await reflect(cluster);
    await reflector.whenSynced();
    // More than fit on one page.
    expect(lists[0]).toBeGreaterThan(4);
    const wire: unknown = JSON.parse(await kubectl(cluster, 'get', '--raw', '/api/v1/namespaces/facts-one'));
    const expected = isJsonObject(wire) ? wire : {};
    const { managedFields, ...metadata } = metadataOf(expected);
    expect(managedFields).toBeDefined();
    expect(find(reflector, 'facts-one')).toEqual({ ...expected, metadata });

    await kubectl(cluster, 'create', 'namespace', 'facts-two');
    await vi.waitFor(() => expect(find(reflector, 'facts-two')).toBeDefined(), PATIENT);
    await kubectl(cluster, 'label', 'namespace', 'facts-two', 'tier=vectors');
    await vi.waitFor(
      () => expect(find(reflector, 'facts-two')).toMatchObject({ metadata: { labels: { tier: 'vectors' } } }),
      PATIENT,
    );
    await kubectl(cluster, 'delete', 'namespace', 'facts-two');
    await vi.waitFor(() => expect(find(reflector, 'facts-two')).toBeUndefined(), PATIENT);
    expect(lists).toHaveLength(1);
  });

  it('resumes watch after watch, and lists again where a watch showed no life', async () => {
    const client = createKubeClient(await findCluster({ kubeconfig: cluster.kubeconfig, env: {} }));
    let opened = 0;
    const watch: KubeClient['watch'] = (...args) => {
      opened += 1;
      return client.watch(...args);
    };
    const { reflector, errors, lists } = await reflect(cluster, {
      client: { ...client, watch },
      timing: { watchSeconds: 1 },
    });
    for (let i = 0; i < 3; i++) {
      // Each change falls into another watch, and the last ones into watches after a quiet one.
      await vi.waitFor(() => expect(opened).toBeGreaterThan(2 * i), PATIENT);
      await kubectl(cluster, 'label', '--overwrite', 'namespace', 'facts-one', `round=r${i}`);
      await vi.waitFor(
        () => expect(find(reflector, 'facts-one')).toMatchObject({ metadata: { labels: { round: `r${i}` } } }),
        PATIENT,
      );
    }
    expect(errors).toEqual([]);
    expect(lists.length).toBeLessThan(opened + 1);
  });

  it('knows that there are none of a kind without a CRD, finds one that comes later, and loses one that goes', async () => {
    const { reflector, errors } = await reflect(cluster, {
      resource: WIDGETS,
      optional: true,
      timing: { absentMs: 100 },
    });
    await reflector.whenSynced();
    expect(reflector.list('facts-one')).toEqual({ known: true, value: [] });
    expect(errors).toEqual([]);

    await apply(cluster, widgetDefinition(['v1']));
    await kubectl(cluster, 'wait', '--for=condition=Established', 'crd/widgets.facts.example.com');
    const widget = { apiVersion: 'facts.example.com/v1', kind: 'Widget', metadata: { name: 'a' }, spec: { size: 3 } };
    await apply(cluster, JSON.stringify({ ...widget, metadata: { name: 'a', namespace: 'facts-one' } }));
    await vi.waitFor(() => expect(find(reflector, 'a', 'facts-one')).toMatchObject({ spec: { size: 3 } }), PATIENT);

    await kubectl(cluster, 'delete', 'customresourcedefinition', 'widgets.facts.example.com');
    await vi.waitFor(() => expect(reflector.list('facts-one')).toEqual({ known: true, value: [] }), PATIENT);
  });

  it('does not say that there are none of a kind that is served in another version only', async () => {
    await apply(cluster, widgetDefinition(['v2']));
    await kubectl(cluster, 'wait', '--for=condition=Established', 'crd/widgets.facts.example.com');
    const { reflector, errors } = await reflect(cluster, { resource: WIDGETS, optional: true });
    await vi.waitFor(
      () => expect(errors).toContain('widgets are served as facts.example.com/v2 only, which is not known here'),
      PATIENT,
    );
    expect(reflector.list('facts-one')).toMatchObject({ known: false });
  });

  it('names what it may not read, and reads it once it may', async () => {
    const user = ['--as=facts-reader'];
    const { kubeconfig } = cluster;
    const reader = createKubeClient(await findCluster({ kubeconfig, env: {} }));
    const impersonating = {
      ...reader,
      // The API server itself judges what this user may do.
      list: createKubeClient({
        ...(await findCluster({ kubeconfig, env: {} })),
        requestOptions: async () => {
          const options = await (await findCluster({ kubeconfig, env: {} })).requestOptions();
          return { ...options, headers: { ...options.headers, 'Impersonate-User': 'facts-reader' } };
        },
      }).list,
    };
    const { reflector, errors } = await reflect(cluster, { client: impersonating });
    await vi.waitFor(
      () => expect(errors[0]).toMatch(/^HTTP 403: namespaces is forbidden: User "facts-reader"/),
      PATIENT,
    );
    expect(reflector.list('')).toMatchObject({ known: false });
    expect((await cluster.kubectl(['get', 'namespaces', ...user])).code).toBe(1);
    await kubectl(cluster, 'create', 'clusterrole', 'facts-reader', '--verb=get,list,watch', '--resource=namespaces');
    await kubectl(
      cluster,
      'create',
      'clusterrolebinding',
      'facts-reader',
      '--clusterrole=facts-reader',
      '--user=facts-reader',
    );
    await reflector.whenSynced();
    expect(find(reflector, 'facts-one')).toBeDefined();
    await kubectl(cluster, 'delete', 'clusterrole/facts-reader', 'clusterrolebinding/facts-reader');
  });
});

describe.skipIf(inject('cluster').provider !== 'local')('on a cluster that can be broken', () => {
  let own: Cluster;

  beforeAll(async () => {
    own = await startCluster({ provider: 'local', log: () => undefined });
  });

  afterAll(() => own.stop());

  it('survives a restart of the API server without losing what it knew', async () => {
    const { reflector, errors } = await reflect(own);
    await reflector.whenSynced();
    await kubectl(own, 'create', 'namespace', 'before');
    await vi.waitFor(() => expect(find(reflector, 'before')).toBeDefined(), PATIENT);
    let lost = 0;
    const looking = setInterval(() => {
      const listed = reflector.list('');
      if (!listed.known || listed.value.length < 5) lost += 1;
    }, 5);
    await own.restartApiServer?.();
    await kubectl(own, 'create', 'namespace', 'after');
    await vi.waitFor(() => expect(find(reflector, 'after')).toBeDefined(), PATIENT);
    clearInterval(looking);
    expect(lost).toBe(0);
    expect(find(reflector, 'before')).toBeDefined();
    expect(errors.length).toBeGreaterThan(0);
  });

  it('stays known while the storage is away for a while, and counts as unknown when that takes too long', async () => {
    let later = 0;
    const clock = { ...REAL_CLOCK, now: () => REAL_CLOCK.now() + later };
    const timing = { watchSeconds: 1, staleMs: 3_600_000 };
    const { reflector, errors } = await reflect(own, { timing, clock }, 2_000);
    await reflector.whenSynced();
    own.pauseEtcd?.();
    try {
      await vi.waitFor(() => expect(errors.length).toBeGreaterThan(0), PATIENT);
      expect(reflector.list('')).toMatchObject({ known: true });
      later = timing.staleMs;
      // The API server goes on opening watches from its memory; that must not count.
      const so = errors.length;
      await vi.waitFor(() => expect(errors.length).toBeGreaterThan(so + 1), PATIENT);
      expect(reflector.list('')).toMatchObject({
        reason: expect.stringMatching(/^nothing was heard of namespaces for \d+ s \(/),
      });
    } finally {
      own.resumeEtcd?.();
    }
    await vi.waitFor(() => expect(reflector.list('')).toMatchObject({ known: true }), PATIENT);
    await kubectl(own, 'create', 'namespace', 'later');
    await vi.waitFor(() => expect(find(reflector, 'later')).toBeDefined(), PATIENT);
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createKubeClient, type KubeClient } from '../../../src/cluster/client.ts';
import { findCluster } from '../../../src/cluster/kubeconfig.ts';
import type { JsonObject } from '../../../src/k8s/object.ts';
import { joinCluster } from '../harness/cluster.ts';
import { apply, ensureNamespace, type Protection, protect, until } from '../support/protected.ts';
import { type Csi, startCsi } from './csi.ts';
import { claim, ENCRYPTED, PLAIN, storageClass } from './objects.ts';
import { removeVolumesOf, storageOn, untilDenied } from './storage.ts';

const cluster = joinCluster(inject('cluster'));
const { kubectl } = cluster;
const { remove } = storageOn(cluster);
const namespace = 'storage-race';
const unprotected = 'storage-race-unprotected';
const CLASS = 'storage-race';
const CLAIMS = Array.from({ length: 30 }, (_, i) => `data-${i}`);
const BRIEFLY = ['brief-0', 'brief-1', 'brief-2', 'brief-3'];
/** Nothing runs there: it is only named. */
const NODE = 'storage-race';
const CLASSES = '/apis/storage.k8s.io/v1/storageclasses';
let client: KubeClient;
let csi: Csi;
let protection: Protection;

beforeAll(async () => {
  client = createKubeClient(await findCluster({ kubeconfig: cluster.kubeconfig, env: {} }));
  csi = await startCsi(cluster);
  csi.startProvisioner();
  await ensureNamespace(cluster, unprotected);
  await apply(cluster, { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE } });
  protection = await protect(cluster, namespace);
});

afterAll(async () => {
  await protection?.remove();
  for (const space of [namespace, unprotected]) await removeVolumesOf(cluster, space);
  await kubectl(['delete', 'namespace', unprotected, '--wait=false']);
  await remove(`storageclass ${CLASS}`, `node ${NODE}`);
  await csi?.stop();
});

interface Bound {
  readonly claim: string;
  readonly made: string;
}

/** What the claims of a namespace are bound to. */
async function boundIn(space: string): Promise<readonly Bound[]> {
  const [volumes, theirs] = await Promise.all([send('GET', '/api/v1/persistentvolumes'), send('GET', claims(space))]);
  const bound = (theirs.body as { items: readonly Claim[] }).items.filter(({ status }) => status.phase === 'Bound');
  const names = new Set(bound.map(({ spec }) => spec.volumeName));
  return (volumes.body as { items: readonly Volume[] }).items
    .filter(({ metadata }) => names.has(metadata.name))
    .map(({ spec }) => ({ claim: spec.claimRef.name, made: spec.csi.volumeAttributes.made }));
}

interface Claim {
  readonly spec: { readonly volumeName?: string };
  readonly status: { readonly phase?: string };
}

interface Volume {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly claimRef: { readonly name: string };
    readonly csi: { readonly volumeAttributes: { readonly made: string } };
  };
}

/** Claims come in, some at a time, while their class is deleted and made anew, plain. */
async function race(space: string): Promise<readonly Bound[]> {
  await makeClass();
  const first = come(space, CLAIMS.slice(0, 14));
  await until('the first claim to be bound', async () => (await boundIn(space)).length > 0);
  const meanwhile = come(space, CLAIMS.slice(14, 28));
  await send('DELETE', `${CLASSES}/${CLASS}`);
  expect(await send('POST', CLASSES, storageClass(CLASS, PLAIN))).toMatchObject({ status: 201 });
  await Promise.all([first, meanwhile, come(space, CLAIMS.slice(28))]);
  const bound = await settled(space);
  await send('DELETE', `${CLASSES}/${CLASS}`);
  return bound;
}

/** A class that is older than every claim to come: creation times are whole seconds. */
async function makeClass(): Promise<void> {
  expect(await send('POST', CLASSES, storageClass(CLASS))).toMatchObject({ status: 201 });
  await sleep(1_100);
}

/** The class is plain just while volumes are made, and all that falls into one second. */
async function interlude(space: string): Promise<readonly Bound[]> {
  const brief = (parameters: object) =>
    send('POST', CLASSES, storageClass(CLASS, parameters, { volumeBindingMode: 'WaitForFirstConsumer' }));
  await brief(ENCRYPTED);
  await sleep(1_100);
  await sleep(1_010 - (Date.now() % 1_000));
  await come(space, BRIEFLY);
  await send('DELETE', `${CLASSES}/${CLASS}`);
  await brief(PLAIN);
  await sleep(150);
  // As the scheduler does it for the first pod: now the volumes are made.
  const annotations = { 'volume.kubernetes.io/selected-node': NODE };
  await Promise.all(BRIEFLY.map((name) => send('PATCH', `${claims(space)}/${name}`, { metadata: { annotations } })));
  await sleep(250);
  await send('DELETE', `${CLASSES}/${CLASS}`);
  await brief(ENCRYPTED);
  await settled(space);
  await send('DELETE', `${CLASSES}/${CLASS}`);
  return (await boundIn(space)).filter(({ claim: name }) => BRIEFLY.includes(name));
}

async function come(space: string, names: readonly string[]): Promise<void> {
  const waiting = names.values();
  const some = async (): Promise<void> => {
    for (const name of waiting) {
      const { status } = await send('POST', claims(space), claim(space, name, { storageClassName: CLASS }));
      expect([201, 403]).toContain(status);
    }
  };
  await Promise.all([some(), some(), some()]);
}

function claims(space: string): string {
  return `/api/v1/namespaces/${space}/persistentvolumeclaims`;
}

async function send(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object) {
  const json = body && (JSON.parse(JSON.stringify(body)) as JsonObject);
  const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  return client.request({
    method,
    path,
    contentType,
    ...(json && { body: json }),
    signal: AbortSignal.timeout(20_000),
  });
}

/** What is bound once that has not changed for three seconds. */
async function settled(space: string): Promise<readonly Bound[]> {
  let before = '';
  let since = Date.now();
  await until('the claims to settle', async () => {
    const now = JSON.stringify(await boundIn(space));
    if (now !== before) since = Date.now();
    before = now;
    return Date.now() - since > 3_000;
  });
  return boundIn(space);
}

test('where nothing protects, claims end on plain volumes', async () => {
  const bound = await race(unprotected);
  expect(bound.some(({ made }) => made === 'plain')).toBe(true);
});

test('in a protected namespace none does', async () => {
  const bound = await race(namespace);
  expect(bound.filter(({ made }) => made !== 'encrypted')).toEqual([]);
  // What came in before the class was gone is bound; the rest waits, or was refused.
  expect(bound.length).toBeGreaterThan(0);
  expect(bound.length).toBeLessThan(CLAIMS.length);
});

test('none does where the class was plain for less than a second', async () => {
  const unguarded = await interlude(unprotected);
  expect(unguarded.map(({ made }) => made)).toEqual(BRIEFLY.map(() => 'plain'));
  const bound = await interlude(namespace);
  await untilDenied(protection, 'volume-claim-ref');
  expect(bound.filter(({ made }) => made !== 'encrypted')).toEqual([]);
});

import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type ControllerRef, createOwners, type OwnerNode, ownerLookUp, ownerNode } from '../../src/audit/owners.ts';
import { createKubeClient } from '../../src/cluster/client.ts';
import { findCluster } from '../../src/cluster/kubeconfig.ts';
import { type ScriptedApi, sendJson, sendStatus, startScriptedApi } from '../support/scripted-api.ts';

function node(kind: string, name: string, controller?: OwnerNode): OwnerNode {
  const own = { apiVersion: 'apps/v1', kind, name, uid: `uid of ${kind}/${name}` };
  return controller ? { ...own, controller } : own;
}

const nowhere = async (): Promise<undefined> => undefined;
const deployment = node('Deployment', 'loader');
const replicaSet = node('ReplicaSet', 'loader-1', deployment);
const pod = node('Pod', 'loader-1-a', replicaSet);

it('follows controllers by uid up to the last that is there', async () => {
  const owners = createOwners(nowhere);
  owners.add(deployment);
  owners.add(replicaSet);
  expect(await owners.topOf(pod)).toEqual({ ...deployment });
  expect(await owners.topOf(deployment)).toEqual({ ...deployment });
  expect(owners.has('uid of Deployment/loader')).toBe(true);
});

it('takes nobody for an owner who only has the same name, or another name under the same uid', async () => {
  const owners = createOwners(nowhere);
  owners.add({ ...deployment, uid: 'another' });
  owners.add(replicaSet);
  expect((await owners.topOf(pod)).name).toBe('loader-1');
  const forged = { ...pod, controller: { ...replicaSet, name: 'innocent' } };
  expect((await owners.topOf(forged)).name).toBe('loader-1-a');
});

it('looks each owner of another kind up once, and says what could not be looked up', async () => {
  const asked: string[] = [];
  const cluster = node('QdrantCluster', 'vectors');
  const owners = createOwners(async ({ kind, name }) => {
    asked.push(`${kind}/${name}`);
    if (kind === 'Node') throw new Error('HTTP 403: nodes is forbidden');
    return cluster;
  });
  const set = node('StatefulSet', 'vectors', cluster);
  owners.add(set);
  const tops = await Promise.all([owners.topOf(node('Pod', 'a', set)), owners.topOf(node('Pod', 'b', set))]);
  expect(tops.map(({ name, kind }) => `${kind}/${name}`)).toEqual(['QdrantCluster/vectors', 'QdrantCluster/vectors']);
  expect(asked).toEqual(['QdrantCluster/vectors']);
  expect(await owners.topOf(node('Pod', 'static', node('Node', 'worker')))).toMatchObject({
    name: 'static',
    unverified: 'Node/worker could not be looked up: HTTP 403: nodes is forbidden',
  });
});

it('comes to an end where owners own each other', async () => {
  const owners = createOwners(nowhere);
  const one: OwnerNode = { ...node('ReplicaSet', 'one'), controller: node('ReplicaSet', 'two') };
  const two: OwnerNode = { ...node('ReplicaSet', 'two'), controller: node('ReplicaSet', 'one') };
  owners.add(one);
  owners.add(two);
  expect((await owners.topOf(one)).kind).toBe('ReplicaSet');
});

it('reads of an object only the reference that controls it, and only a whole one', () => {
  const ref = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: '1' };
  const object = (ownerReferences: readonly object[]) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', uid: '2', ownerReferences },
  });
  expect(ownerNode(object([ref, { ...ref, controller: true, name: 'c' }])).controller).toEqual({ ...ref, name: 'c' });
  expect(ownerNode(object([ref])).controller).toBeUndefined();
  expect(ownerNode(object([{ kind: 'ReplicaSet', name: 'r', controller: true }])).controller).toBeUndefined();
});

let api: ScriptedApi;

beforeAll(async () => {
  api = await startScriptedApi();
});

beforeEach(() => {
  api.requests.length = 0;
});

afterAll(() => api.close());

async function lookUp(): Promise<ReturnType<typeof ownerLookUp>> {
  const client = createKubeClient(await findCluster({ kubeconfig: api.kubeconfig, env: {} }));
  return ownerLookUp(client, new AbortController().signal);
}

const VECTORS: ControllerRef = { apiVersion: 'qdrant.io/v1', kind: 'QdrantCluster', name: 'vectors', uid: '7' };

it('finds how a kind is served, and an object of it by name and uid', async () => {
  api.play(({ url }, response) => {
    if (url.pathname === '/apis/qdrant.io/v1') {
      const resources = [
        { name: 'qdrantclusters/status', kind: 'QdrantCluster', namespaced: true },
        { name: 'qdrantclusters', kind: 'QdrantCluster', namespaced: true },
      ];
      return sendJson(response, { resources });
    }
    sendJson(response, { kind: 'QdrantCluster', metadata: { name: 'vectors', uid: '7' } });
  });
  const find = await lookUp();
  expect(await find('one', VECTORS)).toEqual(VECTORS);
  expect(await find('one', { ...VECTORS, uid: '8' })).toBeUndefined();
  expect(await find('one', { ...VECTORS, kind: 'Other' })).toBeUndefined();
  expect(api.requests.map(({ url }) => url.pathname)).toEqual([
    '/apis/qdrant.io/v1',
    '/apis/qdrant.io/v1/namespaces/one/qdrantclusters/vectors',
    '/apis/qdrant.io/v1/namespaces/one/qdrantclusters/vectors',
  ]);
});

it('rejects where it may not look, and where a name would lead elsewhere', async () => {
  api.play(({ url }, response) => {
    if (url.pathname === '/api/v1') {
      return sendJson(response, { resources: [{ name: 'nodes', kind: 'Node', namespaced: false }] });
    }
    sendStatus(response, 403, 'Forbidden', 'nodes is forbidden');
  });
  const find = await lookUp();
  const node = { apiVersion: 'v1', kind: 'Node', name: 'worker', uid: '1' };
  await expect(find('one', node)).rejects.toThrow('HTTP 403: nodes is forbidden');
  expect(api.requests.at(-1)?.url.pathname).toBe('/api/v1/nodes/worker');
  await expect(find('one', { ...node, name: '..' })).rejects.toThrow('".." is not a name');
});

import { expect, it } from 'vitest';
import type { JsonObject } from '../../src/k8s/object.ts';
import { learnFact, subjectOf } from '../support/learn-fact.ts';

function gateway(namespace: string, listeners: readonly JsonObject[]): JsonObject {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'edge', namespace },
    spec: { listeners: [...listeners] },
  };
}

function route(...parentRefs: readonly JsonObject[]): JsonObject {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1beta1',
    kind: 'HTTPRoute',
    metadata: { name: 'qdrant', namespace: 'qdrant' },
    spec: { parentRefs: [...parentRefs] },
  };
}

const HTTPS = { name: 'https', port: 443, protocol: 'HTTPS' };
const HTTP = { name: 'http', port: 80, protocol: 'HTTP' };

function learn(object: JsonObject, ...objects: readonly JsonObject[]) {
  return learnFact('routeGateways', subjectOf(object), objects);
}

it('is the Gateway of the namespace that is named, else of the own', async () => {
  const world = [gateway('qdrant', [HTTP]), gateway('edge', [HTTPS])];
  const learnt = await learn(route({ name: 'edge' }, { name: 'edge', namespace: 'edge' }), ...world);
  expect(learnt.known && learnt.value.map(({ listeners }) => listeners)).toEqual([[HTTP], [HTTPS]]);
});

it('is unknown where there is none of that name', async () => {
  const learnt = await learn(route({ name: 'edge' }), gateway('edge', [HTTPS]));
  expect(learnt).toEqual({ known: false, reason: 'Gateway qdrant/edge is not there' });
});

it('is unknown where it cannot be read', async () => {
  const broken = { ...gateway('qdrant', []), spec: { listeners: { name: 'https' } } };
  expect((await learn(route({ name: 'edge' }), broken)).known).toBe(false);
});

it('does not take a Gateway of another group for one', async () => {
  const other = { ...gateway('qdrant', [HTTPS]), apiVersion: 'networking.istio.io/v1' };
  expect((await learn(route({ name: 'edge' }), other)).known).toBe(false);
  const learnt = await learn(route({ group: 'networking.istio.io', kind: 'Gateway', name: 'edge' }), other);
  expect(learnt.known && learnt.value.map(({ kind, listeners }) => [kind, listeners])).toEqual([
    [undefined, undefined],
  ]);
});

it('takes a Service for what it is', async () => {
  const learnt = await learn(route({ group: '', kind: 'Service', name: 'qdrant' }));
  expect(learnt.known && learnt.value.map(({ kind, ref }) => [kind, ref])).toEqual([
    ['Service', 'Service qdrant/qdrant'],
  ]);
});

it('is empty where a route attaches to nothing', async () => {
  expect(await learn(route())).toEqual({ known: true, value: [] });
});

import { expect, it } from 'vitest';
import type { JsonObject } from '../../src/k8s/object.ts';
import { learnFact, subjectOf } from '../support/learn-fact.ts';

const INGRESS_CLASS = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  metadata: { name: 'edge' },
  spec: { controller: 'haproxy.org/ingress-controller' },
};
const GATEWAY_CLASS = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'GatewayClass',
  metadata: { name: 'edge' },
  spec: { controllerName: 'istio.io/gateway-controller' },
};

function ingress(spec: JsonObject): JsonObject {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name: 'qdrant' }, spec };
}

function gateway(spec: JsonObject): JsonObject {
  return { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', metadata: { name: 'qdrant' }, spec };
}

const NONE = { className: undefined, controller: undefined };

it.each<[string, JsonObject, JsonObject]>([
  [
    'the controller of an IngressClass',
    ingress({ ingressClassName: 'edge' }),
    { className: 'edge', controller: 'haproxy.org/ingress-controller' },
  ],
  [
    'the controller of a GatewayClass',
    gateway({ gatewayClassName: 'edge' }),
    { className: 'edge', controller: 'istio.io/gateway-controller' },
  ],
  [
    'no controller where there is no such class',
    ingress({ ingressClassName: 'other' }),
    { className: 'other', controller: undefined } as never,
  ],
  ['no class where none is named', ingress({}), NONE as never],
  ['no class where the name is empty', gateway({ gatewayClassName: '' }), NONE as never],
])('is %s', async (_, object, value) => {
  const learnt = await learnFact('classController', subjectOf(object), [INGRESS_CLASS, GATEWAY_CLASS]);
  expect(learnt).toEqual({ known: true, value });
});

it('is unknown where the class cannot be read', async () => {
  const broken = { ...INGRESS_CLASS, spec: { controller: ['haproxy.org/ingress-controller'] } };
  const learnt = await learnFact('classController', subjectOf(ingress({ ingressClassName: 'edge' })), [broken]);
  expect(learnt.known).toBe(false);
});

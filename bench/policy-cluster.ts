import type { ServerResponse } from 'node:http';
import type { JsonObject } from '../src/k8s/object.ts';
import { type ScriptedApi, sendJson, sendStatus, startScriptedApi } from '../test/support/scripted-api.ts';

/** How many NetworkPolicies there are, and where. */
export interface Spread {
  /** In the namespace that is asked about, its default deny among them. */
  readonly own: number;
  /** Protected namespaces beside it. */
  readonly others: number;
  /** In all of those together. */
  readonly policies: number;
}

export const NAMESPACE = 'qdrant';

/** The names of the protected namespaces. */
export function namespacesOf({ others }: Pick<Spread, 'others'>): readonly string[] {
  return [NAMESPACE, ...Array.from({ length: others }, (_, i) => `qdrant-${i}`)];
}

/** An API server that holds namespaces and their NetworkPolicies, and on which nothing ever changes. */
export async function startPolicyCluster(spread: Spread): Promise<ScriptedApi> {
  const api = await startScriptedApi();
  const lists = new Map<string, readonly JsonObject[]>([
    ['/api/v1/namespaces', namespacesOf(spread).map((name) => ({ metadata: metadataOf(name, '') }))],
    ...namespacesOf(spread).map((name, i) => [pathOf(name), policiesOf(name, countIn(spread, i))] as const),
  ]);
  api.play(({ url }, response) => {
    if (url.searchParams.has('watch')) return openWatch(response);
    // What has a name is the second look before a refusal: nothing here is refused.
    if (!/s$/.test(url.pathname)) return sendStatus(response, 404, 'NotFound', 'no such object');
    sendJson(response, { kind: 'List', metadata: { resourceVersion: '7' }, items: lists.get(url.pathname) ?? [] });
  });
  return api;
}

function openWatch(response: ServerResponse): void {
  response.writeHead(200).flushHeaders();
}

function countIn({ own, others, policies }: Spread, index: number): number {
  if (index === 0) return own;
  return Math.floor(policies / others) + (index <= policies % others ? 1 : 0);
}

function pathOf(namespace: string): string {
  return `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`;
}

function policiesOf(namespace: string, count: number): readonly JsonObject[] {
  return Array.from({ length: count }, (_, i) => (i === 0 ? defaultDeny(namespace) : databasePolicy(namespace, i)));
}

function defaultDeny(namespace: string): JsonObject {
  return {
    metadata: metadataOf('default-deny', namespace),
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  };
}

/** What one database of many in a namespace needs. */
function databasePolicy(namespace: string, index: number): JsonObject {
  const labels = { app: 'qdrant', 'cluster-id': `cluster-${index}` };
  const peers = [{ podSelector: { matchLabels: labels } }];
  const ports = [6333, 6334, 6335].map((port) => ({ protocol: 'TCP', port }));
  const spec = {
    podSelector: { matchLabels: labels },
    policyTypes: ['Ingress', 'Egress'],
    ingress: [{ from: peers, ports }],
    egress: [{ to: peers, ports }],
  };
  return { metadata: metadataOf(`qdrant-${index}`, namespace, spec), spec };
}

/** As `kubectl apply` leaves it: with a copy of the object, and with who wrote which field. */
function metadataOf(name: string, namespace: string, spec?: JsonObject): JsonObject {
  const fields = {
    'f:metadata': { 'f:annotations': {}, 'f:labels': {} },
    'f:spec': { 'f:egress': {}, 'f:ingress': {} },
  };
  return {
    name,
    ...(namespace !== '' && { namespace }),
    uid: `${name}-of-${namespace}`,
    resourceVersion: '6',
    creationTimestamp: '2026-11-01T00:00:00Z',
    labels: { 'app.kubernetes.io/managed-by': 'helm', 'app.kubernetes.io/name': 'qdrant' },
    annotations: {
      'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ metadata: { name, namespace }, spec }),
    },
    managedFields: [{ manager: 'kubectl', operation: 'Apply', fieldsType: 'FieldsV1', fieldsV1: fields }],
  };
}

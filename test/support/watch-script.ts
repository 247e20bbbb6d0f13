import type { ServerResponse } from 'node:http';
import { vi } from 'vitest';
import { createKubeClient } from '../../src/cluster/client.ts';
import { findCluster } from '../../src/cluster/kubeconfig.ts';
import { Reflector, type ReflectorOptions, type ReflectorTiming } from '../../src/cluster/reflector.ts';
import { isJsonObject, type JsonObject } from '../../src/k8s/object.ts';
import { type ScriptedApi, type ScriptedRequest, sendJson } from './scripted-api.ts';

export const WIDGETS = { group: 'example.com', version: 'v1', plural: 'widgets', kind: 'Widget', namespaced: true };
/** Watches that outlast any test, and failures after which it goes on at once. */
export const FAST: Partial<ReflectorTiming> = {
  watchSeconds: 3600,
  firstBackoffMs: 1,
  longestBackoffMs: 20,
  absentMs: 20,
};

/** Waits until an assertion holds. A busy machine may take long, but not as long as a test may. */
export function eventually(assertion: () => unknown): Promise<unknown> {
  return vi.waitFor(assertion, { timeout: 50_000, interval: 20 });
}

/** What a reflector told its hooks. */
export interface Told {
  readonly lists: number[];
  readonly errors: string[];
}

/** A reflector of widgets that runs against a scripted server until the signal fires. */
export async function reflect(
  api: ScriptedApi,
  signal: AbortSignal,
  options: Partial<ReflectorOptions> = {},
): Promise<{ reflector: Reflector; told: Told; running: Promise<void> }> {
  const told: Told = { lists: [], errors: [] };
  const reflector = new Reflector({
    client: createKubeClient(await findCluster({ kubeconfig: api.kubeconfig, env: {} })),
    resource: WIDGETS,
    timing: FAST,
    hooks: { onList: (objects) => told.lists.push(objects), onError: (reason) => told.errors.push(reason) },
    ...options,
  });
  return { reflector, told, running: reflector.run(signal) };
}

export type Answer = (response: ServerResponse, request: ScriptedRequest) => void;

/** Answers lists from `lists`, the last one for good; each watch does what `watches` says, later ones stay open. */
export function play(api: ScriptedApi, lists: readonly Answer[], watches: readonly Answer[] = []): void {
  let listed = 0;
  let watched = 0;
  api.play((request, response) => {
    if (!isWatch(request)) return lists[Math.min(listed++, lists.length - 1)]?.(response, request);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    watches[watched++]?.(response, request);
  });
}

export function isWatch({ url }: ScriptedRequest): boolean {
  return url.searchParams.has('watch');
}

/** The resourceVersions from which watches were asked for. */
export function watchesFrom(api: ScriptedApi): (string | null)[] {
  return api.requests.filter(isWatch).map(({ url }) => url.searchParams.get('resourceVersion'));
}

/** The names of the objects that a reflector knows, or why it knows none. */
export function names(reflector: Reflector, namespace = 'one'): unknown {
  const listed = reflector.list(namespace);
  if (!listed.known) return listed.reason;
  return listed.value.map(({ metadata }) => (isJsonObject(metadata) ? metadata['name'] : undefined));
}

export function widget(name: string, resourceVersion: string, more: object = {}): JsonObject {
  return {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name, namespace: 'one', resourceVersion, managedFields: [{ manager: 'somebody' }] },
    ...more,
  };
}

export function sendList(
  response: ServerResponse,
  resourceVersion: string,
  items: readonly JsonObject[],
  next = '',
): void {
  // The API server leaves these two out of the items of a list.
  const bare = items.map(({ apiVersion: _, kind: __, ...rest }) => rest);
  sendJson(response, { kind: 'WidgetList', metadata: { resourceVersion, continue: next }, items: bare });
}

export function sendEvent(response: ServerResponse, type: string, object: object): void {
  response.write(`${JSON.stringify({ type, object })}\n`);
}

import { randomUUID } from 'node:crypto';
import type { KubeClient } from '../../../cluster/client.ts';
import { isNotFound, KubeError, refusal } from '../../../cluster/wire.ts';
import { isJsonObject, type JsonObject } from '../../../k8s/object.ts';
import { LABEL, namespaceOf, PREFIX } from './objects.ts';

const NAMESPACES = '/api/v1/namespaces';
/**
 * What is begun with a namespace is brought to its end, also when the program is told to stop: of a request without an
 * answer nobody knows whether the namespace is there. The client gives up by itself where none comes.
 */
const { signal: UNINTERRUPTED } = new AbortController();

const GROUPS = { networkpolicies: '/apis/networking.k8s.io/v1', pods: '/api/v1', serviceaccounts: '/api/v1' } as const;

/** The path of a kind in a namespace. */
export function inNamespace(namespace: string, plural: keyof typeof GROUPS): string {
  return `${GROUPS[plural]}/namespaces/${namespace}/${plural}`;
}

/** @throws KubeError where it is refused, or there already */
export async function create(client: KubeClient, path: string, body: JsonObject, signal: AbortSignal): Promise<void> {
  const { status, body: said } = await client.request({ method: 'POST', path, body, signal });
  if (status < 200 || status > 299) throw refusal(status, said);
}

/** What is not there is no error. @throws KubeError where it is refused */
export async function remove(client: KubeClient, path: string, signal: AbortSignal, body?: JsonObject): Promise<void> {
  const { status, body: said } = await client.request({ method: 'DELETE', path, signal, ...(body && { body }) });
  if ((status < 200 || status > 299) && !isNotFound(status, said)) throw refusal(status, said);
}

/** A namespace of one's own, for a time. */
export interface Scratch {
  readonly name: string;
  /** Asks for its end; Kubernetes then ends the pods and all else in it. @throws KubeError where it cannot */
  remove(): Promise<void>;
}

/** Makes the namespace, under this name or a new one. @throws KubeError where it is there already, or may not be made */
export async function makeScratch(client: KubeClient, wanted: string | undefined): Promise<Scratch> {
  const run = randomUUID();
  const name = wanted ?? `${PREFIX}${run.slice(0, 8)}`;
  await create(client, NAMESPACES, namespaceOf(name, run), UNINTERRUPTED);
  return { name, remove: () => removeNamespace(client, name, run, UNINTERRUPTED) };
}

/**
 * Deletes what probes left that were killed, and answers with the names. By label and by name: somebody who may write
 * labels must not have a namespace of others deleted by them. @throws KubeError where they cannot be listed or deleted
 */
export async function removeLeftovers(
  client: KubeClient,
  wanted: string | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { items } = await client.get(`${NAMESPACES}?labelSelector=${encodeURIComponent(LABEL)}`, signal);
  const removed: string[] = [];
  for (const item of Array.isArray(items) ? items.filter(isJsonObject) : []) {
    const { name, labels, deletionTimestamp } = isJsonObject(item['metadata']) ? item['metadata'] : {};
    const run = isJsonObject(labels) ? labels[LABEL] : undefined;
    if (typeof name !== 'string' || typeof run !== 'string' || deletionTimestamp !== undefined) continue;
    if (!name.startsWith(PREFIX) && name !== wanted) continue;
    await removeNamespace(client, name, run, signal);
    removed.push(name);
  }
  return removed;
}

/** Deletes it only while it is that of this run. */
async function removeNamespace(client: KubeClient, name: string, run: string, signal: AbortSignal): Promise<void> {
  const path = `${NAMESPACES}/${encodeURIComponent(name)}`;
  const { status, body } = await client.request({ method: 'GET', path, signal });
  if (isNotFound(status, body)) return;
  if (status !== 200) throw refusal(status, body);
  const { metadata } = isJsonObject(body) ? body : {};
  const { uid, labels } = isJsonObject(metadata) ? metadata : {};
  if (!isJsonObject(labels) || labels[LABEL] !== run || typeof uid !== 'string') {
    throw new KubeError(`the namespace ${name} is not that of the probe any more`);
  }
  await remove(client, path, signal, { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid } });
}

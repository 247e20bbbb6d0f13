import { isJsonObject, type JsonObject } from '../k8s/object.ts';
import type { KubeClient, Page } from './client.ts';
import { KubeError, type Resource, refusal } from './wire.ts';

/** The answer of the API server for a path that it does not serve. A 404 of some proxy reads differently. */
const NOT_SERVED = '404 page not found\n';

/** Lists the objects of a kind, page by page. There are none if the kind is `optional` and its CRD is not installed. */
export async function* listIfServed(
  client: KubeClient,
  resource: Resource,
  { namespace, optional }: { readonly namespace: string; readonly optional: boolean },
  signal: AbortSignal,
): AsyncGenerator<Page, void, undefined> {
  try {
    yield* client.list(resource, namespace, signal);
  } catch (error) {
    if (!optional || !mayMeanNotServed(error)) throw error;
    await assertNotServed(client, resource, error, signal);
  }
}

/** Reads one object. Undefined if it does not exist, or if its kind is `optional` and its CRD is not installed. */
export async function readIfServed(
  client: KubeClient,
  resource: Resource,
  { namespace, name, optional }: { readonly namespace: string; readonly name: string; readonly optional: boolean },
  signal: AbortSignal,
): Promise<JsonObject | undefined> {
  try {
    return await client.read(resource, namespace, name, signal);
  } catch (error) {
    if (!optional || !mayMeanNotServed(error)) throw error;
    await assertNotServed(client, resource, error, signal);
    return undefined;
  }
}

/** Whoever may not read a kind is told so before anybody looks whether it is served; what is served all may know. */
function mayMeanNotServed(error: unknown): error is KubeError {
  return error instanceof KubeError && (error.status === 404 || error.status === 403);
}

/**
 * Throws unless the kind is not served in any version. If it is served in another version, there may be objects that
 * this program cannot read, so a 404 does not mean that there are none.
 */
async function assertNotServed(
  client: KubeClient,
  { group, plural }: Resource,
  answered: KubeError,
  signal: AbortSignal,
): Promise<void> {
  const { status, body } = await client.request({ method: 'GET', path: `/apis/${group}`, signal });
  if (status === 404 && body === NOT_SERVED) return;
  if (status !== 200 || !isJsonObject(body)) throw refusal(status, body);
  const versions = Array.isArray(body['versions']) ? body['versions'].filter(isJsonObject) : [];
  for (const { groupVersion } of versions) {
    const list = await client.get(`/apis/${groupVersion}`, signal);
    const resources = Array.isArray(list['resources']) ? list['resources'].filter(isJsonObject) : [];
    if (!resources.some(({ name }) => name === plural)) continue;
    if (answered.status === 403) throw answered;
    throw new KubeError(`${plural} are served as ${groupVersion} only, which is not known here`);
  }
}

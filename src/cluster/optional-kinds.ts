import { isJsonObject, type JsonObject } from '../k8s/object.ts';
import type { KubeClient, Page } from './client.ts';
import { KubeError, type Resource, refusal } from './wire.ts';

/** What the API server itself says of a path that it does not serve; a proxy's 404 reads otherwise. */
const NOT_SERVED = '404 page not found\n';

/** The pages of a list. A kind that comes with a CRD (`optional`) and is not there has none. */
export async function* listServed(
  client: KubeClient,
  resource: Resource,
  { namespace, optional }: { readonly namespace: string; readonly optional: boolean },
  signal: AbortSignal,
): AsyncGenerator<Page, void, undefined> {
  try {
    yield* client.list(resource, namespace, signal);
  } catch (error) {
    if (!optional || !isMissing(error)) throw error;
    await assertAbsent(client, resource, signal);
  }
}

/** One object, undefined where it is not there, or where its kind may be lacking and is. */
export async function readServed(
  client: KubeClient,
  resource: Resource,
  { namespace, name, optional }: { readonly namespace: string; readonly name: string; readonly optional: boolean },
  signal: AbortSignal,
): Promise<JsonObject | undefined> {
  try {
    return await client.read(resource, namespace, name, signal);
  } catch (error) {
    if (!optional || !isMissing(error)) throw error;
    await assertAbsent(client, resource, signal);
    return undefined;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof KubeError && error.status === 404;
}

/**
 * A 404 means that there are no such objects only if the kind is not served at all. Where another version of it is
 * served, there may be objects that this program cannot read, and none is not what it should say.
 */
async function assertAbsent(client: KubeClient, { group, plural }: Resource, signal: AbortSignal): Promise<void> {
  const { status, body } = await client.request({ method: 'GET', path: `/apis/${group}`, signal });
  if (status === 404 && body === NOT_SERVED) return;
  if (status !== 200 || !isJsonObject(body)) throw refusal(status, body);
  const versions = Array.isArray(body['versions']) ? body['versions'].filter(isJsonObject) : [];
  for (const { groupVersion } of versions) {
    const list = await client.get(`/apis/${groupVersion}`, signal);
    const resources = Array.isArray(list['resources']) ? list['resources'].filter(isJsonObject) : [];
    if (!resources.some(({ name }) => name === plural)) continue;
    throw new KubeError(`${plural} are served as ${groupVersion} only, which is not known here`);
  }
}

import { z } from 'zod';
import type { JsonObject } from '../k8s/object.ts';
import type { KubeClient } from './client.ts';
import { KubeError, refusal } from './wire.ts';

/** A ConfigMap that holds bytes, by key. It is never made here: whoever installs the program makes it, empty. */
export interface ConfigMapShelf {
  read(): Promise<{ readonly version: string; readonly entries: Readonly<Record<string, Uint8Array>> } | undefined>;
  write(version: string, entries: Readonly<Record<string, Uint8Array | null>>): Promise<boolean>;
}

export interface ConfigMapLocation {
  readonly namespace: string;
  readonly name: string;
}

export const FIELD_MANAGER = 'qdrant-admission-evidence';

const schema = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string().min(1) }),
  binaryData: z.record(z.string(), z.string()).optional(),
});

/** Rejects with a KubeError where the API server does not let us, or gives no answer. */
export function createConfigMapShelf(
  client: Pick<KubeClient, 'request'>,
  { namespace, name }: ConfigMapLocation,
  signal: AbortSignal,
): ConfigMapShelf {
  const path = `/api/v1/namespaces/${namespace}/configmaps/${name}`;
  return {
    async read() {
      const { status, body } = await client.request({ method: 'GET', path, signal });
      if (status === 404) return undefined;
      if (status !== 200) throw refused('read', status, body);
      const parsed = schema.safeParse(body);
      if (!parsed.success) throw new KubeError(`ConfigMap ${namespace}/${name} is not what an API server returns`);
      const { metadata, binaryData = {} } = parsed.data;
      const entries = Object.entries(binaryData).map(([key, text]) => [key, Buffer.from(text, 'base64')] as const);
      return { version: metadata.resourceVersion, entries: Object.fromEntries(entries) };
    },
    async write(version, entries) {
      const binaryData: JsonObject = Object.fromEntries(
        Object.entries(entries).map(([key, bytes]) => [key, bytes && Buffer.from(bytes).toString('base64')]),
      );
      const { status, body } = await client.request({
        method: 'PATCH',
        path: `${path}?fieldManager=${FIELD_MANAGER}`,
        contentType: 'application/merge-patch+json',
        body: { metadata: { resourceVersion: version }, binaryData },
        signal,
      });
      if (status === 409) return false;
      if (status !== 200) throw refused('written', status, body);
      return true;
    },
  };

  function refused(what: string, status: number, body: unknown): KubeError {
    const { message } = refusal(status, body);
    return new KubeError(`ConfigMap ${namespace}/${name} could not be ${what}: ${message}`, status);
  }
}

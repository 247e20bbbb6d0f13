import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { isJsonObject, type JsonObject } from '../k8s/object.ts';
import type { ClusterAccess } from './access.ts';
import {
  eventsOf,
  failure,
  isNotFound,
  KubeError,
  parseJson,
  pathOf,
  type Resource,
  refusal,
  refusalOf,
  type WatchEvent,
} from './wire.ts';

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From the API server's root, with its query: `/api/v1/namespaces?limit=1`. */
  readonly path: string;
  readonly body?: JsonObject | readonly JsonObject[];
  /** Of the body; `application/json` unless told, a PATCH has to say which kind of patch it is. */
  readonly contentType?: string;
  readonly signal: AbortSignal;
}

interface KubeResponse {
  readonly status: number;
  /** Parsed where the server sent JSON, else the text. */
  readonly body: unknown;
}

/** One page of a list. */
export interface Page {
  /** Each with apiVersion and kind, which the API server leaves out in lists. */
  readonly items: readonly JsonObject[];
  readonly resourceVersion: string;
  /** How many objects follow; undefined where the server does not say. */
  readonly remaining?: number;
}

interface WatchOptions {
  readonly resourceVersion: string;
  /** After this long the server ends the watch. */
  readonly timeoutSeconds: number;
  /** After this long we do: the connection is dead and nobody said so. */
  readonly deadlineMs: number;
}

/** Talks to one API server; JSON as it is on the wire. Everything rejects with a KubeError, or with the abort. */
export interface KubeClient {
  /** Any status is an answer; rejects where there is none. */
  request(request: KubeRequest): Promise<KubeResponse>;
  /** The JSON object at a path; a status other than 2xx rejects. */
  get(path: string, signal: AbortSignal): Promise<JsonObject>;
  /** One object; undefined where it is not there. */
  read(resource: Resource, namespace: string, name: string, signal: AbortSignal): Promise<JsonObject | undefined>;
  /** All objects of a kind as they are now, page by page; an empty namespace is the whole cluster. */
  list(resource: Resource, namespace: string, signal: AbortSignal): AsyncGenerator<Page, void, undefined>;
  /** What changes from a resourceVersion on. Ends when the server ends it in good order, and rejects otherwise. */
  watch(
    resource: Resource,
    namespace: string,
    options: WatchOptions,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent, void, undefined>;
}

export interface KubeLimits {
  /** Without an answer for so long, a request other than a watch has failed. */
  readonly timeoutMs: number;
  readonly pageSize: number;
  /** Of one answer. A page that is larger is asked for again in smaller pages. */
  readonly mostBytes: number;
  /** Of one watch event; the API server stores no object near this size. */
  readonly longestLine: number;
}

const LIMITS: KubeLimits = {
  timeoutMs: 20_000,
  pageSize: 500,
  mostBytes: 64 * 1024 * 1024,
  longestLine: 16 * 1024 * 1024,
};

class TooLarge extends KubeError {}

/** A client on node:https; kubeconfig, credentials and TLS come from `access`. */
export function createKubeClient(access: ClusterAccess, limits: Partial<KubeLimits> = {}): KubeClient {
  const { timeoutMs, pageSize, mostBytes, longestLine } = { ...LIMITS, ...limits };

  async function send(request: KubeRequest, timeout: number): Promise<IncomingMessage> {
    const { method, path, body, contentType = 'application/json', signal } = request;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const auth = await orAbort(access.requestOptions(), signal);
    const options: RequestOptions = {
      ...auth,
      method,
      host: access.server.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: access.server.port || (access.server.protocol === 'http:' ? 80 : 443),
      path: access.server.pathname.replace(/\/$/, '') + path,
      headers: {
        accept: 'application/json',
        'user-agent': 'qdrant-admission',
        ...auth.headers,
        ...(text !== undefined && { 'content-type': contentType, 'content-length': Buffer.byteLength(text) }),
      },
      signal,
    };
    const response = await new Promise<IncomingMessage>((answer, fail) => {
      const call = access.server.protocol === 'http:' ? httpRequest(options) : httpsRequest(options);
      let begun: IncomingMessage | undefined;
      const timer = setTimeout(() => {
        const error = new KubeError(`no end of the answer within ${timeout / 1000} s`);
        (begun ?? call).destroy(error);
      }, timeout);
      call.once('close', () => clearTimeout(timer));
      call.once('response', (incoming) => {
        begun = incoming;
        answer(incoming);
      });
      // Stays: a connection may also break after the answer began.
      call.on('error', fail);
      call.end(text);
    });
    // The API server no longer takes the credentials that are cached: the next request gets fresh ones.
    if (response.statusCode === 401) access.forgetCredentials();
    return response;
  }

  async function request(asked: KubeRequest): Promise<KubeResponse> {
    try {
      const response = await send(asked, timeoutMs);
      const chunks: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of response as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > mostBytes) throw new TooLarge(`the answer is larger than ${mostBytes} bytes`);
        chunks.push(chunk);
      }
      const status = response.statusCode ?? 0;
      const text = Buffer.concat(chunks).toString('utf8');
      const isJson = /^application\/([\w.-]+\+)?json\b/.test(response.headers['content-type'] ?? '');
      return { status, body: isJson ? parseJson(text) : text };
    } catch (error) {
      throw failure(error, asked.signal);
    }
  }

  async function get(path: string, signal: AbortSignal): Promise<JsonObject> {
    const { status, body } = await request({ method: 'GET', path, signal });
    if (status < 200 || status > 299) throw refusal(status, body);
    if (!isJsonObject(body)) throw new KubeError(`the answer to GET ${path} is not a JSON object`);
    return body;
  }

  return {
    request,
    get,

    async read(resource, namespace, name, signal) {
      const { status, body } = await request({ method: 'GET', path: pathOf(resource, namespace, name), signal });
      if (isNotFound(status, body)) return undefined;
      if (status !== 200) throw refusal(status, body);
      if (!isJsonObject(body)) throw new KubeError('the answer is not a JSON object');
      return body;
    },

    async *list(resource, namespace, signal) {
      const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
      let limit = pageSize;
      let from: string | undefined;
      for (;;) {
        const query = new URLSearchParams({ limit: String(limit), ...(from !== undefined && { continue: from }) });
        let list: JsonObject;
        try {
          list = await get(`${pathOf(resource, namespace)}?${query}`, signal);
        } catch (error) {
          if (!(error instanceof TooLarge) || limit === 1) throw error;
          limit = Math.ceil(limit / 4);
          continue;
        }
        const { items, metadata } = list;
        const resourceVersion = isJsonObject(metadata) ? metadata['resourceVersion'] : undefined;
        if (!isJsonObject(metadata) || typeof resourceVersion !== 'string') {
          throw new KubeError(`the list of ${resource.plural} has no metadata.resourceVersion`);
        }
        // Go writes an empty list as null.
        const objects: unknown = items ?? [];
        if (items === undefined || !Array.isArray(objects) || !objects.every(isJsonObject)) {
          throw new KubeError(`the list of ${resource.plural} has no list of items`);
        }
        const remaining = metadata['remainingItemCount'];
        yield {
          items: objects.map((item) => ({ ...item, apiVersion, kind: resource.kind })),
          resourceVersion,
          ...(typeof remaining === 'number' && { remaining }),
        };
        const next = metadata['continue'];
        if (typeof next !== 'string' || next === '') return;
        from = next;
      }
    },

    async *watch(resource, namespace, { resourceVersion, timeoutSeconds, deadlineMs }, signal) {
      const query = new URLSearchParams({
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion,
        timeoutSeconds: String(timeoutSeconds),
      });
      try {
        const path = `${pathOf(resource, namespace)}?${query}`;
        const response = await send({ method: 'GET', path, signal }, deadlineMs);
        if (response.statusCode !== 200) throw await refusalOf(response);
        yield* eventsOf(response, longestLine);
      } catch (error) {
        throw failure(error, signal);
      }
    },
  };
}

/** A credential plugin may wait for a person: whoever asked need not. */
async function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

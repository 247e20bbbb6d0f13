import type { IncomingMessage } from 'node:http';
import { cut, printable } from '../engine/wording.ts';
import { isJsonObject, type JsonObject } from '../k8s/object.ts';

/** How the API server serves a kind. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: JsonObject;
}

/** A request that failed: a status of the API server, or no usable answer (status undefined). */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly status: number | undefined;

  constructor(message: string, status?: number, cause?: unknown) {
    super(message, { cause });
    this.status = status;
  }
}

/** The path of a kind, or of one object. @throws KubeError where a name would lead elsewhere */
export function pathOf(resource: Resource, namespace: string, name?: string): string {
  const { group, version, plural, namespaced } = resource;
  const root = group === '' ? `/api/${segment(version)}` : `/apis/${segment(group)}/${segment(version)}`;
  const scope = namespaced && namespace !== '' ? `/namespaces/${segment(namespace)}` : '';
  return `${root}${scope}/${segment(plural)}${name === undefined ? '' : `/${segment(name)}`}`;
}

/** Owners are named by tenants: a name is one segment of a path, or it is refused. */
function segment(text: string): string {
  if (text === '' || text === '.' || text === '..') throw new KubeError(`${JSON.stringify(text)} is not a name`);
  return encodeURIComponent(text);
}

/** The events of a watch, one JSON document a line. Rejects on whatever is none, and on an end in the middle of one. */
export async function* eventsOf(
  response: IncomingMessage,
  longestLine: number,
): AsyncGenerator<WatchEvent, void, undefined> {
  response.setEncoding('utf8');
  let rest = '';
  for await (const chunk of response as AsyncIterable<string>) {
    const lines = chunk.split('\n');
    lines[0] = rest + lines[0];
    rest = lines.pop() ?? '';
    if (rest.length > longestLine) throw new KubeError(`a watch event is longer than ${longestLine} characters`);
    for (const line of lines) if (line !== '') yield eventOf(line);
  }
  if (rest !== '') throw new KubeError('the watch was cut in the middle of an event');
}

const EVENT_TYPES = ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR'] as const;

function eventOf(line: string): WatchEvent {
  const event = parseJson(line);
  const type = isJsonObject(event) ? EVENT_TYPES.find((known) => known === event['type']) : undefined;
  const object = isJsonObject(event) ? event['object'] : undefined;
  if (!type || !isJsonObject(object)) throw new KubeError('the watch sent something that is not an event');
  return { type, object };
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's own message quotes the text, which may hold a secret.
    throw new KubeError('the API server sent something that is not JSON', undefined, error);
  }
}

/** What a Status, or whatever came instead of one, says; for messages. */
export function refusal(status: number, body: unknown): KubeError {
  const own = isJsonObject(body) && typeof body['message'] === 'string' ? body['message'] : undefined;
  const text = typeof body === 'string' ? body.trim().split('\n')[0] : undefined;
  return new KubeError(`HTTP ${status}: ${cut(printable(own ?? text ?? 'no reason given'), 300)}`, status);
}

/** The same of an answer that has not been read yet. */
export async function refusalOf(response: IncomingMessage): Promise<KubeError> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response as AsyncIterable<string>) {
    text += chunk;
    if (text.length > 65_536) break;
  }
  let body: unknown = text;
  try {
    body = JSON.parse(text);
  } catch {
    // Not a Status: the text itself is the reason.
  }
  return refusal(response.statusCode ?? 0, body);
}

/** Whether an answer says that an object is not there, rather than that nothing of its kind is served. */
export function isNotFound(status: number, body: unknown): boolean {
  if (status !== 404 || !isJsonObject(body) || body['reason'] !== 'NotFound') return false;
  const { details } = body;
  return isJsonObject(details) && typeof details['name'] === 'string';
}

/** Whatever a request rejected with, as a KubeError; an abort stays what it is. */
export function failure(error: unknown, signal: AbortSignal): unknown {
  if (error instanceof KubeError || signal.aborted) return error;
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const message = error instanceof Error ? error.message : String(error);
  return new KubeError(
    cut(printable(code && !message.includes(code) ? `${code}: ${message}` : message), 300),
    undefined,
    error,
  );
}

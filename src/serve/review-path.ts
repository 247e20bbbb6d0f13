import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { BadRequestReason } from '../telemetry/metrics.ts';
import { timeoutOf } from './duration.ts';
import type { Handler, RequestLog } from './handler.ts';
import { createReviewBatches } from './review-batches.ts';

export interface ReviewPathOptions {
  readonly handler: Handler;
  readonly requestLog: RequestLog;
  /** Whether every response must ask the caller to reconnect, because this replica is about to stop. */
  readonly isDraining: () => boolean;
}

const PATH = '/validate';
/** An update carries two objects, and the API server limits each of them to 3 MB. */
export const MOST_BODY_BYTES = 8 * 1024 * 1024;
/** The limit for all requests together. Otherwise many callers with a large body each could exhaust the memory. */
const MOST_BUFFERED_BYTES = 64 * 1024 * 1024;
const JSON_TYPE = /^application\/json *(?:; *charset="?utf-8"?)?$/i;

interface Refusal {
  readonly status: number;
  readonly reason: BadRequestReason;
  readonly text: string;
}

/** Answers reviews over HTTP. It checks path, method, headers and size, and leaves the content to the handler. */
export function createReviewPath({ handler, requestLog, isDraining }: ReviewPathOptions): RequestListener {
  let buffered = 0;
  const inBatches = createReviewBatches();
  // Every request of an API server has the same URL, so the timeout is parsed only once.
  let known = { url: PATH, timeoutMs: timeoutOf(PATH) };

  return (request, response) => {
    const refusal = refusalOf(request);
    if (refusal) return refuse(response, refusal);
    answer(request, response).catch((error: unknown) => {
      requestLog.threw(error, '');
      response.destroy();
    });
  };

  function timeoutFor(url: string): number {
    if (url !== known.url) known = { url, timeoutMs: timeoutOf(url) };
    return known.timeoutMs;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    if ('status' in body) return refuse(response, body);
    try {
      const { status, body: text } = await handler(body.bytes, timeoutFor(request.url ?? ''));
      send(response, status, status === 200 ? 'application/json' : TEXT, text);
    } finally {
      buffered -= body.bytes.length;
    }
  }

  /**
   * Reads the whole body. A body that is too large is read to its end and discarded: if the connection were closed
   * earlier, the caller would see only that, and not the reason.
   */
  function readBody(request: IncomingMessage): Promise<{ readonly bytes: Buffer } | Refusal> {
    const { promise, resolve } = Promise.withResolvers<{ readonly bytes: Buffer } | Refusal>();
    let chunks: Buffer[] = [];
    let size = 0;
    let refusal: Refusal | undefined;

    function giveUp(why: Refusal): void {
      refusal = why;
      buffered -= size;
      size = 0;
      chunks = [];
    }

    request.on('data', (chunk: Buffer) => {
      if (refusal) return;
      size += chunk.length;
      buffered += chunk.length;
      chunks.push(chunk);
      if (size > MOST_BODY_BYTES) giveUp(TOO_LARGE);
      else if (buffered > MOST_BUFFERED_BYTES) giveUp(BUSY);
    });
    request.on('end', () => {
      if (refusal) return resolve(refusal);
      const [only = EMPTY] = chunks;
      const bytes = chunks.length > 1 ? Buffer.concat(chunks, size) : only;
      inBatches(() => resolve({ bytes }));
    });
    request.on('error', () => {
      if (!refusal) giveUp(ABORTED);
      resolve(ABORTED);
    });
    return promise;
  }

  function refuse(response: ServerResponse, { status, reason, text }: Refusal): void {
    requestLog.rejected(reason);
    send(response, status, TEXT, `${text}\n`);
  }

  function send(response: ServerResponse, status: number, type: string, text: string): void {
    const headers = ['Content-Type', type, 'Content-Length', String(Buffer.byteLength(text))];
    if (isDraining()) headers.push('Connection', 'close');
    if (status === 405) headers.push('Allow', 'POST');
    response.writeHead(status, headers).end(text);
  }
}

const TEXT = 'text/plain; charset=utf-8';
const EMPTY = Buffer.alloc(0);

function refusalOf({ url = '', method, headers }: IncomingMessage): Refusal | undefined {
  if (url !== PATH && !url.startsWith(`${PATH}?`)) return NO_SUCH_PATH;
  if (method !== 'POST') return NO_SUCH_METHOD;
  if (!JSON_TYPE.test(headers['content-type'] ?? '')) return WRONG_TYPE;
  if (headers['content-encoding'] !== undefined) return ENCODED;
  return undefined;
}

const NO_SUCH_PATH: Refusal = { status: 404, reason: 'path', text: `reviews are answered at ${PATH}` };
const NO_SUCH_METHOD: Refusal = { status: 405, reason: 'method', text: 'reviews are asked for by POST' };
const WRONG_TYPE: Refusal = {
  status: 415,
  reason: 'content-type',
  text: 'the content type must be application/json, its charset utf-8',
};
const ENCODED: Refusal = { status: 415, reason: 'content-encoding', text: 'the body must come without an encoding' };
const TOO_LARGE: Refusal = {
  status: 413,
  reason: 'too-large',
  text: `the body has more than ${MOST_BODY_BYTES / 1024 / 1024} MiB`,
};
const BUSY: Refusal = { status: 503, reason: 'busy', text: 'too many large reviews at once: try again' };
const ABORTED: Refusal = { status: 400, reason: 'aborted', text: 'the body did not arrive whole' };

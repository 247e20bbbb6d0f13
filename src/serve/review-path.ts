import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { MemoryPool } from '../runtime/memory-pool.ts';
import { createBodyReader } from './body.ts';
import { timeoutOf } from './duration.ts';
import type { Handler, RequestLog } from './handler.ts';
import { REFUSALS, type Refusal } from './refusals.ts';
import { createReviewBatches } from './review-batches.ts';

export interface ReviewPathOptions {
  readonly handler: Handler;
  readonly requestLog: RequestLog;
  /** Where bodies lie until they are parsed, and answers until they are read. */
  readonly memory: MemoryPool;
  /** Whether every response must ask the caller to reconnect, because this replica is about to stop. */
  readonly isDraining: () => boolean;
}

const PATH = '/validate';
const JSON_TYPE = /^application\/json *(?:; *charset="?utf-8"?)?$/i;
/** Of the time that the API server gives a review, the part that its body may wait for memory. */
const WAITING_PART = 0.5;
/** An answer of this size that is alone on its connection is not accounted for. It nearly always fits into the kernel's buffers. */
const SMALL_ANSWER_BYTES = 4096;
/** What an answer takes besides its text: headers, and what the server keeps of its request. */
const ANSWER_BYTES = 4096;

/** Answers reviews over HTTP. It checks path, method, headers and size, and leaves the content to the handler. */
export function createReviewPath({ handler, requestLog, memory, isDraining }: ReviewPathOptions): RequestListener {
  const inBatches = createReviewBatches();
  const readBody = createBodyReader(memory);
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
    const began = performance.now();
    const timeoutMs = timeoutFor(request.url ?? '');
    const body = await readBody(request, timeoutMs * WAITING_PART);
    if ('status' in body) return refuse(response, body);
    try {
      await new Promise<void>(inBatches);
      const { status, body: text } = await handler(body, timeoutMs - (performance.now() - began));
      send(response, status, status === 200 ? 'application/json' : TEXT, text);
    } finally {
      body.free();
    }
  }

  function refuse(response: ServerResponse, { status, reason, why }: Refusal): void {
    requestLog.rejected(reason);
    send(response, status, TEXT, `${why}\n`);
  }

  function send(response: ServerResponse, status: number, type: string, text: string): void {
    const { req: request } = response;
    if (request.socket.destroyed) return;
    const size = Buffer.byteLength(text);
    if (size > SMALL_ANSWER_BYTES || request.socket.writableLength > 0) hold(response, size + ANSWER_BYTES);
    const headers = ['Content-Type', type, 'Content-Length', String(size)];
    // Whoever has not sent the whole request cannot send another.
    if (isDraining() || !request.complete) headers.push('Connection', 'close');
    if (status === 405) headers.push('Allow', 'POST');
    // An API server that reads this asks again by itself, as long as it has time.
    if (status === 503) headers.push('Retry-After', '1');
    response.writeHead(status, headers).end(text);
  }

  /** Accounts for an answer until it is on its way. The one that nobody reads for longest has to go when there is no room. */
  function hold(response: ServerResponse, bytes: number): void {
    const { socket } = response.req;
    const room = memory.take(bytes);
    if (!room) return;
    room.offer(() => void socket.destroy());
    const done = () => {
      room.release();
      socket.off('close', done);
    };
    response.once('close', done);
    // An answer that was still to wait for others is not told that its connection has gone.
    socket.once('close', done);
  }
}

const TEXT = 'text/plain; charset=utf-8';

function refusalOf({ url = '', method, headers }: IncomingMessage): Refusal | undefined {
  if (url !== PATH && !url.startsWith(`${PATH}?`)) return REFUSALS.path;
  if (method !== 'POST') return REFUSALS.method;
  if (!JSON_TYPE.test(headers['content-type'] ?? '')) return REFUSALS['content-type'];
  if (headers['content-encoding'] !== undefined) return REFUSALS['content-encoding'];
  return undefined;
}

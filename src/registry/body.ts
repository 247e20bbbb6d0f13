import type { IncomingMessage } from 'node:http';
import { ContentFailure } from './content-failure.ts';

export type Body = Uint8Array;

const NOTHING: Body = new Uint8Array();
/** Of answers whose body nobody reads: so much is taken in for the connection's sake, then it is cut. */
const MOST_DISCARDED = 64 * 1024;
const FIRST_ROOM = 64 * 1024;

/**
 * The body of an answer, unpacked. What is longer than the limit is refused: by its Content-Length before a byte is
 * read, and where that is missing or lies at the first byte too many. Without a limit the body is let go.
 */
export async function readBody(response: IncomingMessage, limit: number | undefined): Promise<Body> {
  if (limit === undefined) return await discard(response);
  const encoding = response.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity' && encoding !== '') {
    response.destroy();
    throw new ContentFailure('invalid', 'sent a compressed answer, though none was asked for: it is not unpacked');
  }
  const declared = Number(response.headers['content-length'] ?? 0);
  if (declared > limit) {
    response.destroy();
    throw tooLarge(limit);
  }
  return await collect(response, limit, declared);
}

/** Into one buffer that grows: a list of chunks of a byte each would take a hundred times the memory. */
async function collect(response: IncomingMessage, limit: number, declared: number): Promise<Body> {
  let room = Buffer.allocUnsafe(Math.min(limit, declared || FIRST_ROOM));
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    const next = length + chunk.length;
    if (next > limit) throw tooLarge(limit);
    if (next > room.length) {
      const larger = Buffer.allocUnsafe(Math.min(limit, Math.max(next, 2 * room.length)));
      room.copy(larger, 0, 0, length);
      room = larger;
    }
    chunk.copy(room, length);
    length = next;
  }
  if (!response.complete) throw new Error('the connection ended before the answer did');
  return room.subarray(0, length);
}

async function discard(response: IncomingMessage): Promise<Body> {
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_DISCARDED) break;
  }
  return NOTHING;
}

function tooLarge(limit: number): ContentFailure {
  return new ContentFailure('invalid', `sent more than ${limit} bytes`);
}

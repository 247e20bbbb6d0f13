import type { IncomingMessage } from 'node:http';
import type { MemoryPool, Reservation } from '../runtime/memory-pool.ts';
import { MOST_BODY_BYTES, REFUSALS, type Refusal } from './refusals.ts';

/** A body that has arrived whole. */
export interface Body {
  readonly bytes: Buffer;
  /** Gives its memory back; nothing may look at the bytes afterwards. */
  free(): void;
}

/** Bodies up to this size are small: whatever else there is, they find room. */
export const SMALL_BODY_BYTES = 64 * 1024;

/** @param mostMs how long the body may wait for memory */
export type BodyReader = (request: IncomingMessage, mostMs: number) => Promise<Body | Refusal>;

/**
 * Reads whole bodies into the memory that a pool gives them. A small body gets it at once, a large one waits for it, and
 * meanwhile nothing of it is read but what is in the socket's buffers. Who sends slowly loses the memory to others.
 */
export function createBodyReader(pool: MemoryPool): BodyReader {
  return (request, mostMs) => {
    const size = announced(request);
    if (size > MOST_BODY_BYTES) return discard(request, REFUSALS['too-large']);
    if (size > SMALL_BODY_BYTES) return readLarge(request, size, mostMs);
    const reservation = pool.take(size);
    return reservation ? read(request, reservation, createList()) : discard(request, REFUSALS.busy);
  };

  async function readLarge(request: IncomingMessage, size: number, mostMs: number): Promise<Body | Refusal> {
    const over = new AbortController();
    const end = () => over.abort();
    const timer = setTimeout(end, mostMs);
    request.on('error', end);
    const reservation = await pool.wait(size, over.signal);
    clearTimeout(timer);
    if (request.destroyed) {
      reservation?.release();
      return REFUSALS.aborted;
    }
    return reservation ? read(request, reservation, createBuffer(size)) : discard(request, REFUSALS.busy);
  }
}

/** How many bytes a request will bring at most. */
function announced({ headers }: IncomingMessage): number {
  const length = headers['content-length'];
  if (length !== undefined) return Number(length);
  return headers['transfer-encoding'] === undefined ? 0 : MOST_BODY_BYTES;
}

function read(request: IncomingMessage, reservation: Reservation, storage: Storage): Promise<Body | Refusal> {
  return new Promise((resolve) => {
    let over = false;

    function free(): void {
      if (over) return;
      over = true;
      storage.free();
      reservation.release();
    }

    function giveUp(why: Refusal): void {
      free();
      resolve(why);
    }

    reservation.offer(() => giveUp(REFUSALS.cut));
    request.on('data', (chunk: Buffer) => {
      if (!over && !storage.add(chunk)) giveUp(REFUSALS['too-large']);
    });
    request.on('end', () => {
      if (over) return;
      reservation.keep();
      resolve({ bytes: storage.whole(), free });
    });
    request.on('error', () => giveUp(REFUSALS.aborted));
  });
}

/**
 * Reads a body to its end and forgets it: if the connection were closed earlier, the caller would see only that, and not the
 * reason.
 */
function discard(request: IncomingMessage, refusal: Refusal): Promise<Refusal> {
  return new Promise((resolve) => {
    request.on('data', () => {});
    request.on('end', () => resolve(refusal));
    request.on('error', () => resolve(REFUSALS.aborted));
  });
}

/** Where the parts of a body are put together. */
interface Storage {
  /** Returns false if there is no room for it. */
  add(chunk: Buffer): boolean;
  whole(): Buffer;
  free(): void;
}

const EMPTY = Buffer.alloc(0);

/** Most small bodies come in one piece. */
function createList(): Storage {
  let chunks: Buffer[] = [];
  return {
    add: (chunk) => chunks.push(chunk) > 0,
    whole: () => (chunks.length > 1 ? Buffer.concat(chunks) : (chunks[0] ?? EMPTY)),
    free() {
      chunks = [];
    },
  };
}

/**
 * Takes up memory only as far as it is written. It is given back at once, by hand, as are the pieces: the garbage collector does
 * not hurry with what lies outside its heap, and so could let tens of megabytes pile up.
 */
function createBuffer(size: number): Storage {
  const bytes = Buffer.allocUnsafeSlow(size);
  let length = 0;
  return {
    add(chunk) {
      if (length + chunk.length > size) return false;
      bytes.set(chunk, length);
      length += chunk.length;
      detach(chunk);
      return true;
    },
    whole: () => bytes.subarray(0, length),
    free: () => detach(bytes),
  };
}

/** Gives the memory of a buffer back, unless it is a part of a larger one. */
function detach({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryPool, type MemoryPool } from '../../src/runtime/memory-pool.ts';
import { type Body, createBodyReader, SMALL_BODY_BYTES } from '../../src/serve/body.ts';
import type { Refusal } from '../../src/serve/refusals.ts';

const LARGE = 3 * SMALL_BODY_BYTES;
const BYTES = 2 * LARGE;
const KEPT = 2 * SMALL_BODY_BYTES;
const HOUR_MS = 3_600_000;

const server = createServer();
let port = 0;
beforeEach(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  port = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  server.removeAllListeners('request');
  server.closeAllConnections();
  await once(server.close(), 'close');
});

/** Reads every request of the server with a pool, and hands the outcomes over in the order in which the requests came. */
function reader({ slowMs = HOUR_MS, mostMs = HOUR_MS } = {}) {
  const pool = createMemoryPool({ bytes: BYTES, small: SMALL_BODY_BYTES, keptForSmall: KEPT, mostWaiting: 9, slowMs });
  const read = createBodyReader(pool);
  const outcomes: Promise<Body | Refusal>[] = [];
  let arrived = Promise.withResolvers<void>();
  server.on('request', (message: IncomingMessage) => {
    outcomes.push(read(message, mostMs));
    arrived.resolve();
    arrived = Promise.withResolvers();
  });
  return {
    pool,
    /** Sends a part of a body, and returns once its headers are there. */
    async send(size: number, part = size) {
      const seen = arrived.promise;
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
      socket.write('a'.repeat(part));
      await seen;
      const outcome = outcomes.at(-1);
      if (!outcome) throw new Error('no request came');
      return { socket, outcome };
    },
  };
}

const isEmpty = (pool: MemoryPool) => pool.take(BYTES - KEPT) !== undefined;

function bodyOf(outcome: Body | Refusal): Body {
  if ('status' in outcome) throw new Error(outcome.why);
  return outcome;
}

describe('a body', () => {
  it.each([0, 1, SMALL_BODY_BYTES, SMALL_BODY_BYTES + 1, LARGE])(
    'of %i bytes is read, and gives its memory back',
    async (size) => {
      const { pool, send } = reader();
      const body = bodyOf(await (await send(size)).outcome);
      expect(body.bytes.toString()).toBe('a'.repeat(size));
      body.free();
      body.free();
      expect(isEmpty(pool)).toBe(true);
    },
  );

  it('gives its memory back when its caller goes away, while it is read and while it waits', async () => {
    const { pool, send } = reader();
    const reading = await send(LARGE, 10);
    const waiting = await send(LARGE, 10);
    for (const { socket, outcome } of [waiting, reading]) {
      socket.destroy();
      expect(await outcome).toMatchObject({ reason: 'aborted' });
    }
    expect(isEmpty(pool)).toBe(true);
  });

  it('in chunks is read, too, up to the size that its reservation has', async () => {
    const { pool } = reader();
    const big = createMemoryPool({ bytes: 2 ** 30, small: 1, keptForSmall: 0, mostWaiting: 1, slowMs: HOUR_MS });
    const outcome = new Promise<Body | Refusal>((resolve) => {
      server.removeAllListeners('request');
      server.on('request', (message: IncomingMessage) => resolve(createBodyReader(big)(message, HOUR_MS)));
    });
    const sent = request({ port, method: 'POST' }).on('error', () => {});
    sent.write('first ');
    sent.end('second');
    expect(bodyOf(await outcome).bytes.toString()).toBe('first second');
    expect(isEmpty(pool)).toBe(true);
  });
});

describe('among bodies that never end', () => {
  it('a small one finds room at once: the largest and slowest has to go', async () => {
    const { send } = reader();
    const stalled = await send(LARGE, LARGE - 1);
    // They fill what is left; more than that is cut for them, and then one of themselves.
    for (let i = 0; i < 3; i++) await send(SMALL_BODY_BYTES, 1);
    expect(await (await send(5000)).outcome).toHaveProperty('bytes');
    const next = await send(SMALL_BODY_BYTES);
    expect(bodyOf(await next.outcome).bytes).toHaveLength(SMALL_BODY_BYTES);
    expect(await stalled.outcome).toMatchObject({ status: 503, reason: 'cut' });
  });

  it('a large one waits until the slow one has to go', async () => {
    const { send } = reader({ slowMs: 20 });
    const stalled = await send(LARGE, LARGE - 1);
    const next = await send(LARGE);
    expect(bodyOf(await next.outcome).bytes).toHaveLength(LARGE);
    expect(await stalled.outcome).toMatchObject({ status: 503, reason: 'cut' });
  });

  it('a large one is refused when its time is up, after it was read', async () => {
    const { send } = reader({ mostMs: 20 });
    await send(LARGE, 1);
    expect(await (await send(LARGE)).outcome).toMatchObject({ status: 503, reason: 'busy' });
  });
});

it('refuses what is larger than any review after it was read to its end', async () => {
  const { pool, send } = reader();
  expect(await (await send(8 * 1024 * 1024 + 1)).outcome).toMatchObject({ status: 413, reason: 'too-large' });
  expect(isEmpty(pool)).toBe(true);
});

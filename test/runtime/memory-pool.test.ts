import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMemoryPool, type MemoryPoolOptions, type Reservation } from '../../src/runtime/memory-pool.ts';

const NEVER = new AbortController().signal;
const OPTIONS: MemoryPoolOptions = { bytes: 100, small: 10, keptForSmall: 20, mostWaiting: 3, slowMs: 3_600_000 };
const poolWith = (change: Partial<MemoryPoolOptions> = {}) => createMemoryPool({ ...OPTIONS, ...change });

/** Reserves what has to be there. */
function taken(reservation: Reservation | undefined): Reservation {
  if (!reservation) throw new Error('there was no room');
  return reservation;
}

describe('what is taken at once', () => {
  it('is never more than there is, whatever is offered, kept, released and cut', () => {
    const step = fc.record({
      bytes: fc.integer({ min: 1, max: 60 }),
      fate: fc.constantFrom('offer', 'hold', 'keep', 'release', 'release twice'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const pool = poolWith();
        const held = new Map<Reservation, number>();
        const sum = () => [...held.values()].reduce((all, bytes) => all + bytes, 0);
        for (const { bytes, fate } of steps) {
          const reservation = pool.take(bytes);
          if (!reservation) continue;
          held.set(reservation, bytes);
          if (fate === 'offer' || fate === 'keep') reservation.offer(() => held.delete(reservation));
          if (fate === 'keep') reservation.keep();
          if (fate.startsWith('release')) {
            held.delete(reservation);
            reservation.release();
          }
          if (fate === 'release twice') reservation.release();
          expect(sum()).toBeLessThanOrEqual(OPTIONS.bytes);
        }
        for (const reservation of held.keys()) reservation.release();
        expect(pool.take(OPTIONS.bytes - OPTIONS.keptForSmall)).toBeDefined();
      }),
    );
  });

  it('leaves a part to small wishes', () => {
    const pool = poolWith();
    expect(pool.holds(81)).toBe(false);
    expect(pool.take(81)).toBeUndefined();
    taken(pool.take(80));
    expect(pool.take(11)).toBeUndefined();
    taken(pool.take(10));
    taken(pool.take(10));
    expect(pool.take(1)).toBeUndefined();
  });

  it('takes the place of what is largest and slowest, and being slow counts for more', async () => {
    const pool = poolWith();
    const cut: string[] = [];
    const hold = (name: string, bytes: number) => taken(pool.take(bytes)).offer(() => cut.push(name));
    hold('small, slow', 10);
    hold('large, slow', 20);
    await sleep(50);
    hold('large, fast', 60);
    hold('small, fast', 10);
    taken(pool.take(10));
    expect(cut).toEqual(['large, slow']);
    taken(pool.take(10));
    taken(pool.take(10));
    expect(cut).toEqual(['large, slow', 'small, slow']);
  });

  it('cuts nobody in vain', () => {
    const pool = poolWith();
    const cut: string[] = [];
    taken(pool.take(60));
    taken(pool.take(10)).offer(() => cut.push('a'));
    expect(pool.take(40)).toBeUndefined();
    expect(cut).toEqual([]);
  });

  it('does not take the place of what is kept again', () => {
    const pool = poolWith({ keptForSmall: 0 });
    const kept = taken(pool.take(100));
    kept.offer(() => expect.unreachable());
    kept.keep();
    expect(pool.take(1)).toBeUndefined();
    kept.release();
    expect(pool.take(1)).toBeDefined();
  });
});

describe('what is waited for', () => {
  it('comes when there is room, the smallest first', async () => {
    const pool = poolWith();
    const all = taken(pool.take(80));
    const got: number[] = [];
    const wait = (bytes: number) => pool.wait(bytes, NEVER).then((reservation) => reservation && got.push(bytes));
    const waits = [wait(60), wait(40), wait(30)];
    taken(pool.take(10));
    all.release();
    await Promise.all(waits.slice(1));
    expect(got).toEqual([30, 40]);
  });

  it('is given up at once if there can never be room', async () => {
    expect(await poolWith().wait(81, NEVER)).toBeUndefined();
  });

  it('is given up when too many wait, by the largest', async () => {
    const pool = poolWith();
    const all = taken(pool.take(80));
    const largest = pool.wait(50, NEVER);
    const others = [pool.wait(20, NEVER), pool.wait(20, NEVER), pool.wait(20, NEVER)];
    expect(await largest).toBeUndefined();
    all.release();
    expect((await Promise.all(others)).every((reservation) => reservation !== undefined)).toBe(true);
  });

  it('is given up when its signal fires, and leaves nothing behind', async () => {
    const pool = poolWith();
    const all = taken(pool.take(80));
    const over = new AbortController();
    const wait = pool.wait(20, over.signal);
    over.abort();
    expect(await wait).toBeUndefined();
    expect(await pool.wait(20, over.signal)).toBeUndefined();
    all.release();
    expect(pool.take(80)).toBeDefined();
  });

  it('takes the place of who has become slow, and of nobody else', async () => {
    const pool = poolWith({ slowMs: 20 });
    const cut: string[] = [];
    taken(pool.take(50)).offer(() => cut.push('slow'));
    taken(pool.take(30));
    expect(await pool.wait(40, NEVER)).toBeDefined();
    expect(cut).toEqual(['slow']);
  });

  it('waits in vain for what is not slow', async () => {
    const pool = poolWith();
    taken(pool.take(80)).offer(() => expect.unreachable());
    expect(await pool.wait(40, AbortSignal.timeout(20))).toBeUndefined();
  });
});

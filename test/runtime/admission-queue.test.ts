import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createAdmissionQueue } from '../../src/runtime/admission-queue.ts';

const MOST = 5;
const waiting = fc.record({ bytes: fc.integer({ min: 1, max: 4 }) });

/** Takes everybody out of a queue, in its order. */
function drained<T extends { bytes: number }>(queue: ReturnType<typeof createAdmissionQueue<T>>): T[] {
  const all: T[] = [];
  for (let first = queue.first(); first; first = queue.first()) {
    all.push(first);
    queue.remove(first);
  }
  return all;
}

it('has the smallest first, and of equals who came first', () => {
  fc.assert(
    fc.property(fc.array(waiting, { maxLength: MOST }), (all) => {
      const queue = createAdmissionQueue(MOST);
      for (const each of all) expect(queue.add(each)).toBeUndefined();
      expect(drained(queue)).toEqual(all.toSorted((a, b) => a.bytes - b.bytes));
    }),
  );
});

it('sends the largest away when it is full, be it the newcomer', () => {
  fc.assert(
    fc.property(fc.array(waiting, { minLength: MOST + 1, maxLength: 20 }), (all) => {
      const queue = createAdmissionQueue<{ bytes: number }>(MOST);
      const away = all.map((each) => queue.add(each)).filter((each) => each !== undefined);
      const stayed = drained(queue);
      expect(stayed).toHaveLength(MOST);
      expect(away).toHaveLength(all.length - MOST);
      const largestThatStayed = Math.max(...stayed.map(({ bytes }) => bytes));
      expect(away.every(({ bytes }) => bytes >= largestThatStayed)).toBe(true);
    }),
  );
});

it('forgets who left by itself, and does not mind who never came', () => {
  const queue = createAdmissionQueue<{ bytes: number }>(MOST);
  const [first, second] = [{ bytes: 1 }, { bytes: 2 }];
  queue.add(first);
  queue.add(second);
  queue.remove(first);
  queue.remove(first);
  expect(queue.first()).toBe(second);
});

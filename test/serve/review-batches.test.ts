import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createReviewBatches } from '../../src/serve/review-batches.ts';

it('runs in a row what was handed over in one iteration of the event loop, and later what is handed over meanwhile', async () => {
  const inBatches = createReviewBatches();
  const done: string[] = [];
  inBatches(() => {
    done.push('first');
    inBatches(() => done.push('later'));
    queueMicrotask(() => done.push('after the batch'));
  });
  inBatches(() => done.push('second'));
  expect(done).toEqual([]);
  await setImmediate();
  expect(done).toEqual(['first', 'second', 'after the batch']);
  await setImmediate();
  expect(done.at(-1)).toBe('later');
});

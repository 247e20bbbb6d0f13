import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createBatches } from '../../src/serve/batches.ts';

it('begins what was handed over in one pass of the event loop in a row, and what comes meanwhile after it', async () => {
  const inBatches = createBatches();
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

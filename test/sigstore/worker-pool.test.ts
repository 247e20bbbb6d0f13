import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { verifyInProcess } from '../../src/sigstore/in-process.ts';
import type { CandidateTask } from '../../src/sigstore/tasks.ts';
import { WorkerPool, type WorkerPoolOptions } from '../../src/sigstore/worker-pool.ts';
import { startSigstore } from '../support/sigstore/private-sigstore.ts';
import { asCandidate, bundle, statement } from '../support/sigstore/signatures.ts';

const DIGEST = `sha256:${'a1'.repeat(32)}`;
const SIGNAL = new AbortController().signal;
const pools: WorkerPool[] = [];
let task: CandidateTask;

beforeAll(async () => {
  const sigstore = await startSigstore();
  const payload = Buffer.from(JSON.stringify(statement(DIGEST)));
  const candidate = asCandidate(await bundle(sigstore, sigstore.certify(), payload));
  const demand = {
    kind: 'keyless',
    authority: 'qdrant',
    transparencyLogs: 1,
    certificateLog: true,
    trustRoot: sigstore.root,
  } as const;
  task = { kind: 'candidate', candidate, digest: DIGEST, demands: [demand] };
});

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

function pool(options: WorkerPoolOptions): WorkerPool {
  const made = new WorkerPool(options);
  pools.push(made);
  return made;
}

/** A worker whose program is this text. */
function program(text: string): URL {
  return new URL(
    `data:text/javascript,${encodeURIComponent(`import { parentPort, threadId } from 'node:worker_threads';${text}`)}`,
  );
}

describe('a pool of workers', () => {
  it('answers what the same function answers in this thread', async () => {
    const expected = await verifyInProcess().candidate(task, SIGNAL);
    expect(expected).toMatchObject({ ok: true, value: { proofs: [{ authority: 'qdrant' }] } });
    expect(await pool({ size: 1 }).candidate(task, SIGNAL)).toEqual(expected);
    const document = { kind: 'document', bytes: Buffer.from('no'), digest: DIGEST, predicateType: '' } as const;
    expect(await pool({ size: 1 }).document(document, SIGNAL)).toEqual(
      await verifyInProcess().document(document, SIGNAL),
    );
  });

  it('leaves the bytes of a task to whoever gave them', async () => {
    const { length } = task.candidate.bytes;
    await pool({ size: 1 }).candidate(task, SIGNAL);
    expect(task.candidate.bytes).toHaveLength(length);
  });

  it('never has more workers than its size, and answers all that wait', async () => {
    const threads = pool({
      size: 2,
      program: program(`parentPort.on('message', () => setTimeout(() => parentPort.postMessage(threadId), 5))`),
    });
    const answers = await Promise.all(Array.from({ length: 20 }, () => threads.candidate(task, SIGNAL)));
    expect(new Set(answers).size).toBe(2);
  });

  it('fails the task of a worker that dies, and goes on with another', async () => {
    const deadly = { ...task, digest: 'die' };
    const mortal = pool({
      size: 1,
      program: program(
        `parentPort.on('message', ({ digest }) => digest === 'die' ? process.exit(3) : parentPort.postMessage('alive'))`,
      ),
    });
    const [died, lived] = await Promise.allSettled([mortal.candidate(deadly, SIGNAL), mortal.candidate(task, SIGNAL)]);
    expect(died).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('ended (3)') } });
    expect(lived).toEqual({ status: 'fulfilled', value: 'alive' });
  });

  it('goes on after a worker has died while it had nothing to do', async () => {
    const sleepy = pool({
      size: 1,
      program: program(
        `parentPort.once('message', () => { parentPort.postMessage(threadId); setImmediate(() => process.exit(1)); })`,
      ),
    });
    const first = await sleepy.candidate(task, SIGNAL);
    const second = await sleepy.candidate(task, SIGNAL).catch(() => sleepy.candidate(task, SIGNAL));
    expect(second).not.toBe(first);
  });

  it('fails a task whose program throws', async () => {
    const throwing = pool({ size: 1, program: program(`parentPort.on('message', () => { throw new Error('boom') })`) });
    await expect(throwing.candidate(task, SIGNAL)).rejects.toThrow('boom');
    await expect(throwing.candidate(task, SIGNAL)).rejects.toThrow('boom');
  });

  it('ends a task that nobody waits for any more, so that it keeps nobody waiting', async () => {
    const stuck = pool({
      size: 1,
      program: program(
        `parentPort.on('message', ({ digest }) => { if (digest === 'stuck') for (;;); parentPort.postMessage('free') })`,
      ),
    });
    const patience = new AbortController();
    const first = stuck.candidate({ ...task, digest: 'stuck' }, patience.signal);
    const second = stuck.candidate(task, SIGNAL);
    patience.abort(new Error('the deadline has passed'));
    await expect(first).rejects.toThrow('the deadline has passed');
    expect(await second).toBe('free');
  });

  it('forgets what was given up while it waited, and takes nothing that is given up already', async () => {
    const counting = pool({
      size: 1,
      program: program(
        `let asked = 0; parentPort.on('message', () => setTimeout(() => parentPort.postMessage(++asked), 5))`,
      ),
    });
    const gone = new AbortController();
    const [first, second] = [counting.candidate(task, SIGNAL), counting.candidate(task, gone.signal)];
    gone.abort();
    await expect(second).rejects.toThrow();
    await first;
    expect(await counting.candidate(task, SIGNAL)).toBe(2);
    await expect(counting.candidate(task, gone.signal)).rejects.toThrow();
  });

  it('takes no more than may wait, and nothing once it is closed', async () => {
    const full = pool({ size: 1, mostWaiting: 1, program: program(`parentPort.on('message', () => undefined)`) });
    const waiting = [full.candidate(task, SIGNAL), full.candidate(task, SIGNAL)].map((it) =>
      it.catch((error: Error) => error.message),
    );
    await expect(full.candidate(task, SIGNAL)).rejects.toThrow('too many signatures wait');
    await full.close();
    for (const message of await Promise.all(waiting)) expect(message).toContain('ended');
    await expect(full.candidate(task, SIGNAL)).rejects.toThrow('ended');
  });
});

import { Worker } from 'node:worker_threads';
import type { CandidateResult, CandidateTask, DocumentResult, DocumentTask, Task, Verification } from './tasks.ts';

/** A hostile document must not take the memory of the program with it; the worker alone ends. */
const HEAP_MIB = 256;

interface Job {
  readonly task: Task;
  readonly settle: (result: CandidateResult | DocumentResult) => void;
  readonly fail: (error: Error) => void;
}

export interface WorkerPoolOptions {
  /** How many signatures are verified at the same time; each worker costs some 20 MB. */
  readonly size: number;
  /** The largest heap of a worker, in MiB: a document that needs more ends it, and cannot be told anything of. */
  readonly heapMib?: number;
  /** The worker's program; the product's own unless given. */
  readonly program?: URL;
  /** Tasks that may wait; what comes beyond fails at once. */
  readonly mostWaiting?: number;
}

/**
 * Verification in threads of its own: it takes milliseconds of arithmetic each time, during which the server would answer
 * nobody. Workers start when they are needed. One that dies fails its task, and the next task gets a new one.
 */
export class WorkerPool implements Verification {
  readonly #size: number;
  readonly #heapMib: number;
  readonly #program: URL;
  readonly #mostWaiting: number;
  readonly #idle: Worker[] = [];
  /** By the workers that do them. */
  readonly #running = new Map<Worker, Job>();
  readonly #all = new Set<Worker>();
  readonly #waiting: Job[] = [];
  #closed = false;

  constructor({
    size,
    heapMib = HEAP_MIB,
    program = ownProgram(import.meta.url),
    mostWaiting = 1000,
  }: WorkerPoolOptions) {
    this.#size = size;
    this.#heapMib = heapMib;
    this.#program = program;
    this.#mostWaiting = mostWaiting;
  }

  candidate(task: CandidateTask, signal: AbortSignal): Promise<CandidateResult> {
    return this.#run(task, signal) as Promise<CandidateResult>;
  }

  document(task: DocumentTask, signal: AbortSignal): Promise<DocumentResult> {
    return this.#run(task, signal) as Promise<DocumentResult>;
  }

  /** Ends every worker. Tasks that run or wait fail. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const job of this.#waiting.splice(0)) job.fail(new Error('verification has ended'));
    await Promise.all([...this.#all].map((worker) => worker.terminate()));
  }

  async #run(task: Task, signal: AbortSignal): Promise<CandidateResult | DocumentResult> {
    signal.throwIfAborted();
    if (this.#closed) throw new Error('verification has ended');
    if (this.#waiting.length >= this.#mostWaiting)
      throw new Error('too many signatures wait to be verified: try again');
    const { promise, resolve, reject } = Promise.withResolvers<CandidateResult | DocumentResult>();
    const job: Job = { task, settle: resolve, fail: reject };
    const abort = () => this.#giveUp(job, signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    this.#waiting.push(job);
    this.#next();
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** Gives what waits to a worker that is free, or to a new one. */
  #next(): void {
    if (this.#waiting.length === 0 || this.#closed) return;
    const worker = this.#idle.pop() ?? (this.#all.size < this.#size ? this.#start() : undefined);
    if (worker === undefined) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    this.#running.set(worker, job);
    worker.ref();
    worker.postMessage(job.task);
  }

  #start(): Worker {
    const worker = new Worker(this.#program, { resourceLimits: { maxOldGenerationSizeMb: this.#heapMib } });
    this.#all.add(worker);
    worker.on('message', (result: CandidateResult | DocumentResult) => this.#answered(worker, result));
    worker.on('error', (error) => this.#lost(worker, error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', (code) => this.#lost(worker, new Error(`a worker that verifies signatures ended (${code})`)));
    return worker;
  }

  #answered(worker: Worker, result: CandidateResult | DocumentResult): void {
    // What it had answered when it was given up.
    if (!this.#all.has(worker)) return;
    const job = this.#running.get(worker);
    this.#running.delete(worker);
    // The program may end while workers wait for work.
    worker.unref();
    this.#idle.push(worker);
    job?.settle(result);
    this.#next();
  }

  #lost(worker: Worker, error: Error): void {
    if (!this.#all.delete(worker)) return;
    const place = this.#idle.indexOf(worker);
    if (place !== -1) this.#idle.splice(place, 1);
    const job = this.#running.get(worker);
    this.#running.delete(worker);
    void worker.terminate();
    job?.fail(error);
    this.#next();
  }

  /** Arithmetic cannot be interrupted but by ending its thread, and what nobody waits for must keep nobody waiting. */
  #giveUp(job: Job, reason: unknown): void {
    const error = reason instanceof Error ? reason : new Error('verification was cut off');
    const place = this.#waiting.indexOf(job);
    if (place !== -1) this.#waiting.splice(place, 1);
    const worker = [...this.#running].find(([, running]) => running === job)?.[0];
    if (worker) this.#lost(worker, error);
    else job.fail(error);
  }
}

/**
 * Where the worker's program lies: beside this file in the source; in the bundle, in the folder of this name below the root,
 * wherever in it this code came to lie.
 */
export function ownProgram(here: string): URL {
  if (here.endsWith('.ts')) return new URL('./worker.ts', here);
  return new URL(/\/chunks\/[^/]+$/.test(here) ? '../sigstore/worker.js' : './sigstore/worker.js', here);
}

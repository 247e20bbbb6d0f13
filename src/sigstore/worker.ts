import { parentPort } from 'node:worker_threads';
import { runTask } from './in-process.ts';
import type { Task } from './tasks.ts';
import { TrustMaterials } from './trust-material.ts';

/** The program of a worker: it is asked one task after another, and answers each. */
const materials = new TrustMaterials();

parentPort?.on('message', (task: Task) => {
  parentPort?.postMessage(runTask(task, materials));
});

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kubectl } from '../test/real-cluster/harness/kubectl.ts';
import { must } from '../test/real-cluster/support/protected.ts';

const CLUSTER = 'examples/cluster';
const WORKLOADS = 'examples/workloads';

/** `kubectl apply` of every example, with what it says; the classes that their claims name and the default deny come first. */
export async function applyExamples(kubectl: Kubectl): Promise<void> {
  await must(kubectl(['apply', '-f', CLUSTER]));
  for (const name of (await readdir(WORKLOADS)).filter((name) => /^(good|bad)-.*\.yaml$/.test(name))) {
    const file = join(WORKLOADS, name);
    const { stdout, stderr } = await kubectl(['apply', '-f', file]);
    process.stdout.write(`\n$ kubectl apply -f ${file}\n${stdout}${stderr}`);
  }
}

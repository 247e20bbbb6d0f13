import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kubectl } from '../test/cluster/harness/kubectl.ts';

const WORKLOADS = 'examples/workloads';

/** `kubectl apply` of every example, with what it says. */
export async function applyExamples(kubectl: Kubectl): Promise<void> {
  for (const name of (await readdir(WORKLOADS)).filter((name) => /^(good|bad)-.*\.yaml$/.test(name))) {
    const file = join(WORKLOADS, name);
    const { stdout, stderr } = await kubectl(['apply', '-f', file]);
    process.stdout.write(`\n$ kubectl apply -f ${file}\n${stdout}${stderr}`);
  }
}

import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { type ClusterChoice, startCluster } from '../test/real-cluster/harness/cluster.ts';
import type { Log } from '../test/real-cluster/harness/setup-error.ts';
import { must, protect, until } from '../test/real-cluster/support/protected.ts';
import { applyExamples } from './demo-workloads.ts';

const NAMESPACE = 'qdrant';

/** `kubectl apply` of the examples against a real API server that asks the real webhook process. */
export async function demoOfProcess(choice: ClusterChoice, log: Log): Promise<void> {
  const cluster = await startCluster({ ...choice, log });
  const { kubectl } = cluster;
  try {
    const config = parse(await readFile('examples/config.yaml', 'utf8'));
    const protection = await protect(cluster, NAMESPACE, config);
    process.stdout.write(
      `\nKubernetes ${cluster.serverVersion} asks the webhook about every pod that enters namespace ${NAMESPACE}.\n`,
    );
    try {
      await applyExamples(kubectl);
      await until('the pods of the database', async () => (await podNames()).includes('pod/qdrant-0'));
      process.stdout.write(`\n$ kubectl -n ${NAMESPACE} get pods\n`);
      process.stdout.write(await must(kubectl(['-n', NAMESPACE, 'get', 'pods'])));
    } finally {
      await protection.remove();
    }
  } finally {
    await cluster.stop();
  }

  async function podNames(): Promise<string> {
    return must(kubectl(['-n', NAMESPACE, 'get', 'pods', '-o', 'name']));
  }
}

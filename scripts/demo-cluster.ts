import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { CLUSTER_USAGE, parseClusterArguments } from '../test/cluster/harness/arguments.ts';
import { type ClusterChoice, startCluster } from '../test/cluster/harness/cluster.ts';
import { SetupError } from '../test/cluster/harness/setup-error.ts';
import { must, protect, until } from '../test/cluster/support/protected.ts';

/** `kubectl apply` of the examples against a real API server that asks the real webhook process. */
const WORKLOADS = 'examples/workloads';
const NAMESPACE = 'qdrant';
const USAGE = `usage: npm run demo:cluster -- [options]\n\n${CLUSTER_USAGE}\n`;

try {
  if (process.argv.includes('--help')) process.stdout.write(USAGE);
  else await demo(parseClusterArguments(process.argv.slice(2)).choice);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`demo:cluster cannot run: ${error.message}\n`);
  process.exitCode = 3;
}

async function demo(choice: ClusterChoice): Promise<void> {
  const cluster = await startCluster({ ...choice, log: (line) => void process.stderr.write(`${line}\n`) });
  const { kubectl } = cluster;
  try {
    const config = parse(await readFile('examples/config.yaml', 'utf8'));
    const protection = await protect(cluster, NAMESPACE, config);
    process.stdout.write(
      `\nKubernetes ${cluster.serverVersion} asks the webhook about every pod that enters namespace ${NAMESPACE}.\n`,
    );
    try {
      for (const name of (await readdir(WORKLOADS)).filter((name) => /^(good|bad)-.*\.yaml$/.test(name))) {
        const file = join(WORKLOADS, name);
        const { stdout, stderr } = await kubectl(['apply', '-f', file]);
        process.stdout.write(`\n$ kubectl apply -f ${file}\n${stdout}${stderr}`);
      }
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

import { CLUSTER_USAGE, parseClusterArguments } from '../test/cluster/harness/arguments.ts';
import type { ClusterChoice } from '../test/cluster/harness/cluster.ts';
import { SetupError } from '../test/cluster/harness/setup-error.ts';
import { missingForNode } from '../test/cluster/node/requirements.ts';
import { demoOfInstallation } from './demo-installation.ts';
import { demoOfProcess } from './demo-process.ts';

const USAGE = `usage: npm run demo:cluster -- [options]

Installs the chart on a whole Kubernetes of its own, in which its pods run, and applies what it admits and what it refuses.
Where that cannot be had, or another provider is named, the webhook is a process beside a real API server instead.

${CLUSTER_USAGE}
`;

/** Progress never goes where the demo speaks. */
function log(line: string): void {
  process.stderr.write(`${line}\n`);
}

try {
  if (process.argv.includes('--help')) process.stdout.write(USAGE);
  else await demo(parseClusterArguments(process.argv.slice(2)).choice);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  log(`demo:cluster cannot run: ${error.message}`);
  process.exitCode = 3;
}

async function demo(choice: ClusterChoice): Promise<void> {
  const missing = await missingForInstallation(choice);
  if (missing.length === 0) return demoOfInstallation(log, choice.kubernetes);
  log(`no installation on a whole node here (needs ${missing.join('; ')}): a process answers the API server instead`);
  return demoOfProcess(choice, log);
}

async function missingForInstallation({ provider = 'local', kubernetes }: ClusterChoice): Promise<readonly string[]> {
  return provider === 'local' ? missingForNode(kubernetes) : [`the provider local, not ${provider}`];
}

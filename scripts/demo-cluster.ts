import { CLUSTER_USAGE, parseClusterArguments } from '../test/real-cluster/harness/arguments.ts';
import { type ClusterChoice, chooseProvider } from '../test/real-cluster/harness/cluster.ts';
import { SetupError } from '../test/real-cluster/harness/setup-error.ts';
import { missingForInstall } from '../test/real-cluster/install/cluster.ts';
import { demoOfInstallation } from './demo-installation.ts';
import { demoOfProcess } from './demo-process.ts';

const USAGE = `usage: npm run demo:cluster -- [options]

Installs the chart on a whole Kubernetes of its own, in which its pods run, and applies what it admits and what it refuses.
Where that cannot be had, or an existing cluster is named, the webhook is a process beside a real API server instead.

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
  const chosen = { ...choice, provider: await chooseProvider(choice) };
  const missing = await missingForInstall(chosen);
  if (missing.length === 0) return demoOfInstallation(chosen, log);
  log(`no installation here (needs ${missing.join('; ')}): a process answers the API server instead`);
  return demoOfProcess(chosen, log);
}

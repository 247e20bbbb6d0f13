import { CLUSTER_USAGE, parseClusterArguments } from './arguments.ts';
import { startCluster } from './cluster.ts';
import { SetupError } from './setup-error.ts';
import { stopSignal } from './stop-signal.ts';

const USAGE = `usage: node test/real-cluster/harness/main.ts up [options]

Starts a cluster like the one that the tests use, and keeps it until Ctrl-C.

${CLUSTER_USAGE}
`;

function log(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function up(argv: readonly string[]): Promise<void> {
  const { choice, rest } = parseClusterArguments(argv);
  if (rest.length > 0) {
    throw new SetupError(`unexpected argument ${rest[0]}\n\n${USAGE}`);
  }
  const stop = stopSignal();
  const cluster = await startCluster({ ...choice, log });
  if (cluster.processIds !== undefined) {
    log(`processes: ${cluster.processIds().join(' ')}`);
  }
  log(`${cluster.provider} cluster ${cluster.serverVersion}, kubectl: ${cluster.kubectlBinary}`);
  process.stdout.write(`export KUBECONFIG='${cluster.kubeconfig.replaceAll("'", "'\\''")}'\n`);
  log('Ctrl-C stops it');
  // Listening for signals alone does not hold the process, and not every provider leaves a child that does.
  const hold = setInterval(() => undefined, 60_000);
  await stop;
  clearInterval(hold);
  await cluster.stop();
}

async function main(argv: readonly string[]): Promise<number> {
  const [command, ...rest] = argv;
  if (command === '--help' || command === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  try {
    if (command !== 'up') {
      throw new SetupError(`expected the command "up"\n\n${USAGE}`);
    }
    await up(rest);
    return 0;
  } catch (error) {
    log(error instanceof Error ? error.message : String(error));
    return error instanceof SetupError ? 3 : 1;
  }
}

process.exitCode = await main(process.argv.slice(2));

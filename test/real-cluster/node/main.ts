import { parseArgs } from 'node:util';
import { SetupError } from '../harness/setup-error.ts';
import { stopSignal } from '../harness/stop-signal.ts';
import { startNode } from './node.ts';

const USAGE = `usage: node test/real-cluster/node/main.ts up [options]

Starts a whole Kubernetes on this machine without Docker, as root, and keeps it until Ctrl-C. Pods run; images come from a registry
of its own. It installs missing Debian packages and builds Kubernetes on first use.

  --kubernetes MINOR  version of the cluster, e.g. 1.34; the newest pinned one unless given
  --subnet PREFIX     first three numbers of the nodes' addresses, e.g. 10.99.0; a free one unless given
`;

function log(line: string): void {
  process.stderr.write(`${line}\n`);
}

interface Arguments {
  readonly kubernetes?: string;
  readonly subnet?: string;
}

function parse(argv: readonly string[]): Arguments {
  const options = { kubernetes: { type: 'string' }, subnet: { type: 'string' } } as const;
  try {
    return parseArgs({ args: [...argv], options }).values;
  } catch (error) {
    throw new SetupError(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  }
}

async function up(argv: readonly string[]): Promise<void> {
  const options = parse(argv);
  const stop = stopSignal();
  const cluster = await startNode({ ...options, log });
  log(`node image ${await cluster.baseImage()}, kubectl: ${cluster.kubectlBinary}`);
  process.stdout.write(`export KUBECONFIG='${cluster.kubeconfig}' REGISTRY='${cluster.registry}'\n`);
  log('Ctrl-C stops it');
  await stop;
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

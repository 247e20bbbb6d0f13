import { spawn } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CLUSTER_USAGE, choiceToEnvironment, parseClusterArguments } from '../test/real-cluster/harness/arguments.ts';
import { chooseProvider } from '../test/real-cluster/harness/cluster.ts';
import { SetupError } from '../test/real-cluster/harness/setup-error.ts';

const USAGE = `usage: npm run test:cluster -- [options] [arguments for vitest]

Runs the tests that need a real API server.

${CLUSTER_USAGE}
`;

/** Exit code for what a person has to change first: a wrong argument, a program that is missing. */
const BAD_SETUP = 3;

function runVitest(args: readonly string[], environment: Record<string, string>): Promise<number> {
  const root = resolve(import.meta.dirname, '..');
  const vitest = join(dirname(fileURLToPath(import.meta.resolve('vitest/package.json'))), 'vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', '--config', 'vitest.cluster.config.ts', ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  // Ctrl-C reaches vitest as well, which stops the cluster; this process only has to wait for it.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((answer, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => answer(code ?? 1));
  });
}

async function main(argv: readonly string[]): Promise<number> {
  if (argv.includes('--help')) {
    process.stdout.write(USAGE);
    return 0;
  }
  try {
    const { choice, rest } = parseClusterArguments(argv);
    const provider = await chooseProvider(choice);
    return await runVitest(rest, choiceToEnvironment({ ...choice, provider }));
  } catch (error) {
    if (error instanceof SetupError) {
      process.stderr.write(`test:cluster cannot run: ${error.message}\n`);
      return BAD_SETUP;
    }
    throw error;
  }
}

process.exitCode = await main(process.argv.slice(2));

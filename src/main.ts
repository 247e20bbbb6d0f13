#!/usr/bin/env node
import { type CommandContext, EXIT } from './cli/shared/context.ts';

type Run = (args: readonly string[], context: CommandContext) => Promise<number>;

interface Command {
  readonly usage: string;
  readonly does: string;
  /** Each command loads only what it needs: the webhook starts sooner and holds less memory without the others. */
  readonly load: () => Promise<Run>;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  audit: {
    usage: 'audit [--kubeconfig FILE] …',
    does: 'judge what already runs in a cluster',
    load: async () => (await import('./cli/audit/command.ts')).auditCommand,
  },
  config: {
    usage: 'config validate|show FILE',
    does: 'check a configuration file, or show it with all defaults',
    load: async () => (await import('./cli/config/command.ts')).configCommand,
  },
  explain: {
    usage: 'explain RULE',
    does: 'what a rule requires, why, and how to meet it',
    load: async () => (await import('./cli/explain/command.ts')).explainCommand,
  },
  review: {
    usage: 'review FILE|DIR|- …',
    does: 'judge manifests without a cluster',
    load: async () => (await import('./cli/review/command.ts')).reviewCommand,
  },
  selftest: {
    usage: 'selftest …',
    does: 'ask the cluster whether it asks the webhook (helm test)',
    load: async () => (await import('./cli/selftest/command.ts')).selftestCommand,
  },
  serve: {
    usage: 'serve --config FILE …',
    does: 'answer the API server',
    load: async () => (await import('./cli/serve/command.ts')).serveCommand,
  },
  storage: {
    usage: 'storage classes|attest …',
    does: 'whether StorageClasses encrypt, and with whose key',
    load: async () => (await import('./cli/storage/command.ts')).storageCommand,
  },
  uninstall: {
    usage: 'uninstall …',
    does: 'take the registration away before the webhook goes (helm uninstall)',
    load: async () => (await import('./cli/uninstall/command.ts')).uninstallCommand,
  },
};

const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    // The first asks for an orderly end, the second does not wait for it.
    if (stopping.signal.aborted) process.exit(signal === 'SIGTERM' ? 143 : 130);
    stopping.abort();
  });
}

process.exitCode = await run(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env: process.env,
  now: () => new Date(),
  signal: stopping.signal,
});

async function run([name, ...args]: readonly string[], context: CommandContext): Promise<number> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    (name === undefined ? context.stderr : context.stdout).write(usage());
    return name === undefined ? EXIT.usage : EXIT.accepted;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    context.stderr.write(`qdrant-admission: ${JSON.stringify(name)} is not a command\n\n${usage()}`);
    return EXIT.usage;
  }
  const run = await command.load();
  return run(args, context);
}

function usage(): string {
  const commands = Object.values(COMMANDS);
  const width = Math.max(...commands.map(({ usage }) => usage.length));
  return [
    'Keeps the security promises of Qdrant Hybrid Cloud and Private Cloud at the door of a Kubernetes cluster.',
    '',
    ...commands.map(({ usage, does }) => `  qdrant-admission ${usage.padEnd(width)}  ${does}`),
    '',
    'Exit codes: 0 nothing refused, 1 refused, 2 could not tell, 3 bad input or usage.',
    '',
  ].join('\n');
}

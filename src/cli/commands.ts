import { auditCommand } from './audit/command.ts';
import { completionCommands } from './completion/command.ts';
import { configCommands } from './config/command.ts';
import { explainCommand } from './explain/command.ts';
import { networkCommands } from './network/command.ts';
import { reviewCommand } from './review/command.ts';
import { selftestCommand } from './selftest/command.ts';
import { serveCommand } from './serve/command.ts';
import { defineGroup } from './shared/define-command.ts';
import { storageCommands } from './storage/command.ts';
import { uninstallCommand } from './uninstall/command.ts';
import { verifyCommand } from './verify/command.ts';

/** All commands, sorted. What they do is not loaded yet. */
export const COMMANDS = defineGroup({
  brief: 'Keeps the security promises of Qdrant Hybrid Cloud and Private Cloud at the door of a Kubernetes cluster.',
  description: `Keeps the security promises of Qdrant Hybrid Cloud and Private Cloud at the door of a Kubernetes cluster.

Exit codes: 0 nothing refused, 1 refused, 2 could not tell, 3 bad input or usage, 70 a fault of this program.`,
  commands: {
    audit: auditCommand,
    completion: completionCommands,
    config: configCommands,
    explain: explainCommand,
    network: networkCommands,
    review: reviewCommand,
    selftest: selftestCommand,
    serve: serveCommand,
    storage: storageCommands,
    uninstall: uninstallCommand,
    verify: verifyCommand,
  },
});

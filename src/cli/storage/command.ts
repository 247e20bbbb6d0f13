import { type CommandContext, EXIT } from '../shared/context.ts';
import { attestCommand } from './attest.ts';
import { classesCommand } from './classes.ts';

const USAGE = `usage: qdrant-admission storage classes [OPTION]… [FILE|DIR|-…]
       qdrant-admission storage attest CLASS [OPTION]… [FILE|DIR|-…]
More: qdrant-admission storage classes --help, qdrant-admission storage attest --help
`;

/** `storage classes` and `storage attest`: what the StorageClasses of a cluster, or of files, show of encryption. */
export async function storageCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const [action, ...rest] = args;
  if (action === 'classes') return classesCommand(rest, context);
  if (action === 'attest') return attestCommand(rest, context);
  const asked = action === '--help' || action === '-h';
  (asked ? context.stdout : context.stderr).write(USAGE);
  return asked ? EXIT.accepted : EXIT.usage;
}

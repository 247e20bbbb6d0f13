import { count } from '../../../engine/wording.ts';
import { type CommandContext, EXIT } from '../../shared/context.ts';
import { loadChecked } from '../load-checked.ts';

/** `config validate FILE`. */
export async function validateConfig(_: object, [file]: readonly [string], context: CommandContext): Promise<number> {
  const config = await loadChecked(file, context);
  if (!config) return EXIT.usage;
  context.stdout.write(`${file}: valid, protects ${count(config.namespaces.size, 'namespace')}\n`);
  return EXIT.accepted;
}

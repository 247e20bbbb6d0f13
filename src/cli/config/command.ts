import { stringify } from 'yaml';
import { expiredAt } from '../../config/expiry.ts';
import { ConfigError, loadConfig } from '../../config/load.ts';
import type { Config } from '../../config/resolve.ts';
import { count } from '../../engine/wording.ts';
import type { Policy } from '../../rules/define.ts';
import { type CommandContext, EXIT } from '../shared/context.ts';

const USAGE = 'usage: qdrant-admission config validate FILE\n       qdrant-admission config show FILE\n';

/** `config validate FILE` and `config show FILE`. */
export async function configCommand(args: readonly string[], { stdout, stderr, now }: CommandContext): Promise<number> {
  const [action, file, ...more] = args;
  if ((action !== 'validate' && action !== 'show') || file === undefined || more.length > 0) {
    stderr.write(USAGE);
    return EXIT.usage;
  }
  try {
    const config = await loadConfig(file);
    for (const expired of expiredAt(config, now())) {
      stderr.write(`${file}: this has expired and no longer holds: ${expired}\n`);
    }
    stdout.write(
      action === 'show' ? show(config) : `${file}: valid, protects ${count(config.namespaces.size, 'namespace')}\n`,
    );
    return EXIT.accepted;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    stderr.write(`${error.problems.join('\n')}\n`);
    return EXIT.usage;
  }
}

/** Every rule that runs, with its mode and options, defaults filled in. */
function show({ enforcement, namespaces }: Config): string {
  const entries = [...namespaces].map(([name, policy]) => [name, showPolicy(policy)]);
  return stringify({ enforcement, namespaces: Object.fromEntries(entries) }, { aliasDuplicateObjects: false });
}

function showPolicy({ profile, podSecurityLevel, templates, settings, rules, exemptions }: Policy): object {
  const { enforcedSince, storage } = settings;
  const shownRoles = Object.entries(settings.roles).map(([name, { selector, images }]) => [
    name,
    { selector, images: images.map((image) => image.pattern()) },
  ]);
  return {
    profile,
    podSecurityLevel,
    templates,
    ...(shownRoles.length > 0 && { roles: Object.fromEntries(shownRoles) }),
    ...(enforcedSince && { enforcedSince }),
    storage,
    rules: Object.fromEntries(
      rules.map(({ rule, mode, options }) => [rule.id, Object.keys(options).length > 0 ? { mode, options } : { mode }]),
    ),
    ...(exemptions.length > 0 && { exemptions }),
  };
}

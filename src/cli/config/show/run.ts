import { stringify } from 'yaml';
import type { Config } from '../../../config/resolve.ts';
import type { Policy } from '../../../rules/define.ts';
import { type CommandContext, EXIT } from '../../shared/context.ts';
import { loadChecked } from '../load-checked.ts';
import { showImages } from './images.ts';

/** `config show FILE`. */
export async function showConfig(_: object, [file]: readonly [string], context: CommandContext): Promise<number> {
  const config = await loadChecked(file, context);
  if (!config) return EXIT.usage;
  context.stdout.write(show(config));
  return EXIT.accepted;
}

/** Every rule that runs, with its mode and options, defaults filled in. */
function show({ enforcement, namespaces }: Config): string {
  const entries = [...namespaces].map(([name, policy]) => [name, showPolicy(policy)]);
  return stringify({ enforcement, namespaces: Object.fromEntries(entries) }, { aliasDuplicateObjects: false });
}

function showPolicy({ profile, podSecurityLevel, templates, settings, rules, exemptions }: Policy): object {
  const { enforcedSince, images, storage } = settings;
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
    images: showImages(images),
    storage,
    rules: Object.fromEntries(
      rules.map(({ rule, mode, options }) => [rule.id, Object.keys(options).length > 0 ? { mode, options } : { mode }]),
    ),
    ...(exemptions.length > 0 && { exemptions }),
  };
}

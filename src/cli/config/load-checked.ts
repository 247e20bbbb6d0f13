import { expiredAt } from '../../config/expiry.ts';
import { ConfigError, loadConfig } from '../../config/load.ts';
import type { Config } from '../../config/resolve.ts';
import type { CommandContext } from '../shared/context.ts';

/** A configuration; undefined where it cannot be used. What is wrong, and what has expired, is said on standard error. */
export async function loadChecked(file: string, { stderr, now }: CommandContext): Promise<Config | undefined> {
  try {
    const config = await loadConfig(file);
    for (const expired of expiredAt(config, now())) {
      stderr.write(`${file}: this has expired and no longer holds: ${expired}\n`);
    }
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    stderr.write(`${error.problems.join('\n')}\n`);
    return undefined;
  }
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Share } from './draw.ts';

export const USAGE = `usage: npm run mutants -- [options]

Breaks src/ in one place at a time and looks whether a test notices.

  --count N          how many mutants are drawn; 60 unless given
  --seed N           draws the same ones again; a random number unless given
  --in PATH          only from this folder or file below src/; may be given more than once
  --at-least PATH=N  of the count, so many from this folder or file; may be given more than once
  --survivors N      so many may survive; 3 unless given
  --list             only says which are drawn, without a test

Exits with 0 where no more survive than may, with 1 where more do, and with 3 where it cannot be done. Mutants that
nothing could notice are named, with the reason, in scripts/mutants/equivalents.yaml.
`;

export interface MutantsOptions {
  readonly count: number;
  readonly seed: number;
  readonly paths: readonly string[];
  readonly shares: readonly Share[];
  readonly survivors: number;
  readonly list: boolean;
}

const FLAGS = {
  count: { type: 'string', default: '60' },
  seed: { type: 'string' },
  in: { type: 'string', multiple: true },
  'at-least': { type: 'string', multiple: true },
  survivors: { type: 'string', default: '3' },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/**
 * What was typed, or that somebody wants to know what can be.
 * @param root that of the repository, in which paths are looked for
 * @throws Error that says what is wrong
 */
export function parseMutantsArguments(argv: readonly string[], root: string): MutantsOptions | 'help' {
  const { values } = parseArgs({ args: [...argv], options: FLAGS });
  if (values.help) return 'help';
  const shares = (values['at-least'] ?? []).map((text) => {
    const [path = '', least = ''] = text.split('=');
    return { path: placeOf('--at-least', path, root), least: numberOf(`--at-least ${path}=`, least, 1) };
  });
  const count = numberOf('--count ', values.count, 1);
  const wanted = shares.reduce((sum, { least }) => sum + least, 0);
  if (wanted > count) throw new Error(`--at-least asks for ${wanted} mutants, and --count draws ${count}`);
  return {
    count,
    seed: values.seed === undefined ? Math.floor(Math.random() * 2 ** 32) : numberOf('--seed ', values.seed, 0),
    paths: (values.in ?? []).map((path) => placeOf('--in', path, root)),
    shares,
    survivors: numberOf('--survivors ', values.survivors, 0),
    list: values.list,
  };
}

function numberOf(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < least) {
    throw new Error(`${flag}${text}: expected a whole number from ${least}`);
  }
  return value;
}

/** A path below src/, which may be left out in front. */
function placeOf(flag: string, typed: string, root: string): string {
  const trimmed = typed.replace(/\/+$/, '');
  const path = /^src(\/|$)/.test(trimmed) ? trimmed : `src/${trimmed}`;
  if (typed === '' || !existsSync(join(root, path))) {
    throw new Error(`${flag} ${typed}: expected a folder or a file below src/`);
  }
  return path;
}

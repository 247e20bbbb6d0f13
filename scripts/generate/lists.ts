import { spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A list that names every file of a kind: a new file is in it as soon as it is there. */
interface List {
  readonly file: string;
  /** Where the files lie. */
  readonly folder: string;
  /** The call by which a file defines what the list holds. */
  readonly call: RegExp;
  readonly head: string;
  /** What stands around the names. */
  readonly open: string;
  readonly close: string;
}

const LISTS: readonly List[] = [
  {
    file: 'src/rules/index.ts',
    folder: 'src/rules',
    call: /^export const (\w+) = define\w*Rule\(/m,
    head: "import type { Rule } from './define.ts';\n",
    open: '/** Every rule, sorted by id. */\nexport const RULES: readonly Rule[] = [',
    close: '];',
  },
  {
    file: 'src/facts/list.ts',
    folder: 'src/facts',
    call: /^export const (\w+) = defineFact\(/m,
    head: '',
    open: '/** Every fact, sorted by name. */\nexport const FACTS = [',
    close: '] as const;',
  },
];

/** Every list as it has to be, by path. They come before all else that is generated: the program imports them. */
export async function listFiles(): Promise<Map<string, string>> {
  return new Map(await Promise.all(LISTS.map(async (list) => [list.file, await textOf(list)] as const)));
}

async function textOf({ file, folder, call, head, open, close }: List): Promise<string> {
  const found: { name: string; path: string }[] = [];
  for (const entry of (await readdir(folder, { recursive: true })).sort()) {
    const path = join(folder, entry);
    if (!path.endsWith('.ts') || path === file) continue;
    const name = call.exec(await readFile(path, 'utf8'))?.[1];
    if (name !== undefined) found.push({ name, path: `./${relative(dirname(file), path)}` });
  }
  const id = (path: string): string => basename(path, '.ts');
  const sorted = found.toSorted((a, b) => (id(a.path) < id(b.path) ? -1 : 1));
  const imports = found.map(({ name, path }) => `import { ${name} } from '${path}';\n`).join('');
  const names = sorted.map(({ name }) => `${name},\n`).join('');
  return formatted(file, `// Written by npm run generate.\n${head}${imports}\n${open}\n${names}${close}\n`);
}

/** As the formatter lays it out. */
function formatted(file: string, text: string): string {
  const biome = join(dirname(fileURLToPath(import.meta.resolve('@biomejs/biome/package.json'))), 'bin/biome');
  const args = [biome, 'check', '--write', `--stdin-file-path=${file}`];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { input: text, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} cannot be formatted: ${stderr}`);
  return stdout;
}

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { chartFiles } from '../src/chart/files.ts';
import { AUDIT_FORMATS } from '../src/cli/audit/formats.ts';
import { commandsPage } from '../src/cli/commands-page.ts';
import { REVIEW_FORMATS } from '../src/cli/review/formats.ts';
import type { Formats } from '../src/cli/shared/formats.ts';
import { CLASSES_FORMATS } from '../src/cli/storage/classes/formats.ts';
import { configSchema } from '../src/config/schema.ts';
import { defaultsPage } from '../src/docs/defaults-page.ts';
import { formatJson } from '../src/docs/formatting.ts';
import { type Example, rulePage, rulePagePath } from '../src/docs/rule-page.ts';
import { storagePage } from '../src/docs/storage-page.ts';
import type { Rule } from '../src/engine/rule.ts';
import { RULES } from '../src/rules/index.ts';
import { runProgram } from '../test/support/command-line.ts';

/**
 * Writes every file that follows from the program itself; with --check it writes nothing and fails where one differs.
 */
const files = new Map<string, string>([
  ...chartFiles(),
  ['docs/defaults.md', defaultsPage(RULES)],
  ['docs/commands.md', await commandsPage(helpOf)],
  ['docs/config.schema.json', formatJson(z.toJSONSchema(configSchema, { io: 'input' }))],
  ['docs/storage.md', storagePage()],
  ...(await outputSchemas<never>(AUDIT_FORMATS, CLASSES_FORMATS, REVIEW_FORMATS)),
]);
for (const rule of RULES) files.set(rulePagePath(rule), rulePage(rule, await examplesOf(rule)));

const stale = await staleFiles();
if (process.argv.includes('--check')) {
  for (const file of stale) console.error(`${file} is out of date: run npm run generate`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const file of stale) {
    const text = files.get(file);
    if (text === undefined) {
      await rm(file);
      continue;
    }
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  if (process.stderr.isTTY) console.error(`${files.size} files, ${stale.length} written`);
}

/** Files that differ from what they should be, and pages of rules that are gone. */
async function staleFiles(): Promise<string[]> {
  const stale: string[] = [];
  for (const [file, text] of files) {
    const old = await readFile(file, 'utf8').catch(() => undefined);
    if (old !== text) stale.push(file);
  }
  const pages = await readdir('docs/rules', { recursive: true }).catch(() => []);
  for (const page of pages) {
    const file = join('docs/rules', page);
    if (file.endsWith('.md') && !files.has(file)) stale.push(file);
  }
  return stale;
}

async function helpOf(words: readonly string[]): Promise<string> {
  return (await runProgram([...words, '--help'])).stdout;
}

/** What the commands print for programs, as each of their formats says it of itself. */
async function outputSchemas<Report>(...tables: Formats<Report>[]): Promise<[string, string][]> {
  const pages: [string, string][] = [];
  for (const { schemaFile, load } of tables.flatMap((table) => Object.values(table))) {
    const { schema } = await load();
    if (schemaFile !== undefined && schema) pages.push([schemaFile, formatJson(z.toJSONSchema(schema))]);
  }
  return pages;
}

/** The first good and the first bad fixture of a rule, with what `review` says of the bad one. */
async function examplesOf(rule: Rule): Promise<Example[]> {
  const folder = join('test/rules', rule.promise, rule.id);
  const fixtures = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort();
  const examples: Example[] = [];
  for (const [prefix, title] of [
    ['deny-', 'Refused'],
    ['allow-', 'Accepted'],
  ] as const) {
    const fixture = fixtures.find((name) => name.startsWith(prefix));
    if (fixture === undefined) continue;
    const path = join(folder, fixture);
    const output = await readFile(path.replace(/\.yaml$/, '.out'), 'utf8');
    examples.push({ title, manifest: await readFile(path, 'utf8'), output });
  }
  return examples;
}

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { chartFiles } from '../../src/chart/files.ts';
import { AUDIT_FORMATS } from '../../src/cli/audit/formats.ts';
import { commandsPage } from '../../src/cli/commands-page.ts';
import { DIFF_FORMATS } from '../../src/cli/network/diff/formats.ts';
import { EXPLAIN_FORMATS } from '../../src/cli/network/explain/formats.ts';
import { PROBE_FORMATS } from '../../src/cli/network/probe/formats.ts';
import { REVIEW_FORMATS } from '../../src/cli/review/formats.ts';
import type { Formats } from '../../src/cli/shared/formats.ts';
import { CLASSES_FORMATS } from '../../src/cli/storage/classes/formats.ts';
import { VERIFY_FORMATS } from '../../src/cli/verify/formats.ts';
import { configSchema } from '../../src/config/schema.ts';
import { defaultsPage } from '../../src/docs/defaults-page.ts';
import { formatJson } from '../../src/docs/json.ts';
import { type Example, rulePage, rulePagePath } from '../../src/docs/rule-page.ts';
import { storagePage } from '../../src/docs/storage-page.ts';
import { waysInPage } from '../../src/docs/ways-in-page.ts';
import type { Rule } from '../../src/rules/define.ts';
import { RULES } from '../../src/rules/index.ts';
import { runProgram } from '../../test/support/command-line.ts';
import { fixtureOutputs } from './outputs.ts';

/** Folders in which every file is generated, or made by a fixture: what else lies there is left over. */
export const OWNED: readonly { readonly folder: string; readonly ends: string }[] = [
  { folder: 'docs/rules', ends: '.md' },
  { folder: 'test/rules', ends: '.out' },
];

/** Every file that follows from the program itself, by path. */
export async function programFiles(): Promise<Map<string, string>> {
  const outputs = await fixtureOutputs();
  const files = new Map<string, string>([
    ...outputs,
    ...chartFiles(),
    ['docs/defaults.md', defaultsPage(RULES)],
    ['docs/commands.md', await commandsPage(helpOf)],
    ['docs/config.schema.json', formatJson(z.toJSONSchema(configSchema, { io: 'input' }))],
    ['docs/storage.md', storagePage()],
    ['docs/ways-in.md', waysInPage()],
    ...(await outputSchemas<never>(
      AUDIT_FORMATS,
      CLASSES_FORMATS,
      DIFF_FORMATS,
      EXPLAIN_FORMATS,
      PROBE_FORMATS,
      REVIEW_FORMATS,
      VERIFY_FORMATS,
    )),
  ]);
  for (const rule of RULES) files.set(rulePagePath(rule), rulePage(rule, await examplesOf(rule, outputs)));
  return files;
}

async function helpOf(words: readonly string[]): Promise<string> {
  return (await runProgram([...words, '--help'])).stdout;
}

/** The schemas of what the commands print for programs, as each of their formats declares it. */
async function outputSchemas<Report>(...tables: Formats<Report>[]): Promise<[string, string][]> {
  const pages: [string, string][] = [];
  for (const { schemaFile, load } of tables.flatMap((table) => Object.values(table))) {
    const { schema } = await load();
    if (schemaFile !== undefined && schema) pages.push([schemaFile, formatJson(z.toJSONSchema(schema))]);
  }
  return pages;
}

/** The first bad and the first good fixture of a rule, with what `review` says of them. */
async function examplesOf(rule: Rule, outputs: ReadonlyMap<string, string>): Promise<Example[]> {
  const folder = join('test/rules', rule.promise, rule.id);
  const names = await readdir(folder).catch(() => []);
  const fixtures = names.filter((name) => name.endsWith('.yaml')).sort();
  const examples: Example[] = [];
  for (const [prefix, title] of [
    ['deny-', 'Refused'],
    ['allow-', 'Accepted'],
  ] as const) {
    const fixture = fixtures.find((name) => name.startsWith(prefix));
    if (fixture === undefined) throw new Error(`${folder}: expected a fixture ${prefix}<case>.yaml`);
    const path = join(folder, fixture);
    const output = outputs.get(path.replace(/\.yaml$/, '.out')) ?? '';
    examples.push({ title, manifest: await readFile(path, 'utf8'), output });
  }
  return examples;
}

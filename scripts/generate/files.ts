import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { chartFiles } from '../../src/chart/files.ts';
import { auditOutputSchema } from '../../src/cli/audit/json.ts';
import { reviewOutputSchema } from '../../src/cli/review/json.ts';
import { classesOutputSchema } from '../../src/cli/storage/json.ts';
import { configSchema } from '../../src/config/schema.ts';
import { defaultsPage } from '../../src/docs/defaults-page.ts';
import { formatJson } from '../../src/docs/json.ts';
import { type Example, rulePage, rulePagePath } from '../../src/docs/rule-page.ts';
import { storagePage } from '../../src/docs/storage-page.ts';
import type { Rule } from '../../src/rules/define.ts';
import { RULES } from '../../src/rules/index.ts';
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
    ['docs/audit.schema.json', formatJson(z.toJSONSchema(auditOutputSchema))],
    ['docs/config.schema.json', formatJson(z.toJSONSchema(configSchema, { io: 'input' }))],
    ['docs/storage.md', storagePage()],
    ['docs/storage-classes.schema.json', formatJson(z.toJSONSchema(classesOutputSchema))],
    ['docs/review.schema.json', formatJson(z.toJSONSchema(reviewOutputSchema))],
  ]);
  for (const rule of RULES) files.set(rulePagePath(rule), rulePage(rule, await examplesOf(rule, outputs)));
  return files;
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

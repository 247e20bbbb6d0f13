import { z } from 'zod';
import { defaultMode } from '../config/defaults.ts';
import { PROFILES } from '../engine/policy.ts';
import type { RuleMetadata } from '../engine/rule.ts';
import { type FactName, factNamed } from '../facts/index.ts';
import { type KindName, kindNamed } from '../k8s/kinds.ts';
import type { Rule } from '../rules/define.ts';
import { PROMISES } from '../rules/promises.ts';
import { describeControls } from './controls.ts';

/** A fixture, and what `review` prints for it. */
export interface Example {
  readonly title: string;
  readonly manifest: string;
  readonly output: string;
}

/** Where the page of a rule lies, from the root of the repository. */
export function rulePagePath(rule: Pick<RuleMetadata, 'promise' | 'id'>): string {
  return `docs/rules/${rule.promise}/${rule.id}.md`;
}

/**
 * Renders the page of a rule: what it requires and why, how to fix a violation, which promise and controls it supports,
 * the fields that it reads, its options, and examples.
 */
export function rulePage(rule: Rule, examples: readonly Example[] = []): string {
  return [
    `# ${rule.id}`,
    `**${rule.title}.**`,
    rule.why,
    '## Fix',
    fence('yaml', rule.fix),
    '## What it supports',
    `Promise: ${PROMISES[rule.promise].title}.`,
    list(describeControls(rule.controls)),
    '## When it is judged',
    list([
      `Kinds: ${rule.kinds.map(describeKind).join(', ')}`,
      `Operations: ${rule.operations.join(', ')}; an UPDATE only where one of the fields below changed`,
      `Facts beyond the object: ${rule.needs.length > 0 ? rule.needs.map(describeFact).join('; ') : 'none; works offline'}`,
      `Default mode: ${describeModes(rule)}`,
      ...(rule.roles ? [`Roles: ${rule.roles.join(', ')}, and what plays none`] : []),
      ...levelOf(rule),
    ]),
    ...fieldsOf(rule),
    ...optionsOf(rule),
    ...examples.flatMap(({ title, manifest, output }) => [
      `## ${title}`,
      fence('yaml', manifest),
      fence('text', output),
    ]),
    '',
  ]
    .join('\n\n')
    .trimEnd()
    .concat('\n');
}

function describeKind(kind: KindName): string {
  return kind === 'Pod' ? 'Pod, and the pod template of every workload kind' : kind;
}

/** `the class of every claim (StorageClass, watched)`. */
function describeFact(name: FactName): string {
  const { title, watched, live } = factNamed(name);
  const kinds = [...new Set([...watched, ...live])].map((kind) => kindNamed(kind).kind);
  return `${title} (\`${name}\`, from ${kinds.join(', ')})`;
}

function describeModes(rule: Rule): string {
  return PROFILES.map((profile) => `${defaultMode(rule.id, profile)} (${profile})`).join(', ');
}

function fieldsOf({ reads }: Rule): string[] {
  const kinds = Object.entries(reads);
  return kinds.flatMap(([kind, paths]) => [
    kinds.length === 1 ? 'Fields:' : `Fields of ${kind}:`,
    list(paths.map((path) => `\`${path}\``)),
  ]);
}

function levelOf({ podSecurity, overriddenBy }: Rule): string[] {
  const by = overriddenBy === undefined ? [] : [`Where \`${overriddenBy}\` judges too, it says it instead`];
  return podSecurity ? [`Pod Security level: ${podSecurity.level}`, ...by] : by;
}

function optionsOf(rule: Rule): string[] {
  const { properties = {} } = z.toJSONSchema(rule.options, { io: 'input' });
  const rows = Object.entries(properties).map(([name, schema]) => {
    const { description = '', default: preset } = schema as { description?: string; default?: unknown };
    return `\`${name}\` (default \`${JSON.stringify(preset)}\`): ${description}`;
  });
  return rows.length > 0 ? ['## Options', list(rows)] : [];
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

function fence(language: string, text: string): string {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;
}

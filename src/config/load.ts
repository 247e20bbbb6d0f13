import { readFile } from 'node:fs/promises';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { isVerifying } from '../images/configuration.ts';
import { RULES } from '../rules/index.ts';
import { FIRM_RULES } from './defaults.ts';
import { keyProblems } from './public-keys.ts';
import { type Config, resolveConfig } from './resolve.ts';
import { type ConfigFile, configSchema } from './schema.ts';

/** A configuration that cannot be used. Each problem names file, line, field path, and what was expected. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[], cause?: unknown) {
    super(problems.join('\n'), { cause });
    this.problems = problems;
  }
}

/** Namespaces that must never wait for a webhook. */
const NEVER_PROTECTED = ['kube-system', 'kube-public', 'kube-node-lease'];

/**
 * Reads and resolves a configuration file.
 * @param ownNamespace where the program itself runs: it cannot admit its own replacement, so it is refused
 * @throws ConfigError
 */
export async function loadConfig(file: string, ownNamespace?: string): Promise<Config> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new ConfigError([`${file}: cannot be read: ${(error as NodeJS.ErrnoException).code ?? error}`], error);
  }
  return parseConfig(text, file, ownNamespace);
}

/** The same, of text that has been read; `file` is for messages. */
export function parseConfig(text: string, file: string, ownNamespace?: string): Config {
  return resolveConfig(parseConfigFile(text, file, ownNamespace));
}

/** The checked file before it is resolved. @throws ConfigError */
export function parseConfigFile(text: string, file: string, ownNamespace?: string): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const [syntax] = document.errors;
  if (syntax) throw new ConfigError([`${file}:${lines.linePos(syntax.pos[0]).line}: ${syntax.message.split('\n')[0]}`]);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new ConfigError([`${file}: ${error instanceof Error ? error.message : error}`], error);
  }
  const parsed = configSchema.safeParse(value ?? {});
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues
        .flatMap(problemsOf)
        .map(({ path, at, message }) => `${where(path, file, document, lines, at)}: ${message}`),
    );
  }
  const problems = inconsistencies(parsed.data, ownNamespace);
  if (problems.length > 0) {
    throw new ConfigError(problems.map(({ path, message }) => `${where(path, file, document, lines)}: ${message}`));
  }
  return parsed.data;
}

type Path = readonly PropertyKey[];

/** What no schema can tell: names that stand twice, and those that must not be there. */
function inconsistencies(config: ConfigFile, ownNamespace?: string): { path: Path; message: string }[] {
  const problems: { path: Path; message: string }[] = [];
  const seen = new Set<string>();
  for (const [i, { names }] of config.namespaces.entries()) {
    for (const [j, name] of names.entries()) {
      const path = ['namespaces', i, 'names', j];
      if (NEVER_PROTECTED.includes(name)) {
        problems.push({ path, message: `${name} cannot be protected: the cluster itself starts from it` });
      } else if (name === ownNamespace) {
        problems.push({
          path,
          message: `${name} cannot be protected: this program runs there and could not start again`,
        });
      } else if (seen.has(name)) {
        problems.push({ path, message: `${name} is named twice: expected each namespace once` });
      }
      seen.add(name);
    }
  }
  problems.push(...weakened(config), ...unusedImageRules(config), ...keyProblems(config));
  for (const [i, { namespace }] of config.exemptions.entries()) {
    if (seen.has(namespace)) continue;
    problems.push({
      path: ['exemptions', i, 'namespace'],
      message: `${namespace} is not a protected namespace: expected one of ${[...seen].join(', ')}`,
    });
  }
  return problems;
}

/** What would weaken the rules that every profile rests on. The switch for rolling out stays: it weakens all for a time. */
function weakened({ namespaces, exemptions }: ConfigFile): { path: Path; message: string }[] {
  const firm = 'the network profile rests on it, for NetworkPolicies do not hold on the network of a node';
  const modes = namespaces.flatMap(({ rules }, i) =>
    FIRM_RULES.filter((rule) => (rules[rule]?.mode ?? 'enforce') !== 'enforce').map((rule) => ({
      path: ['namespaces', i, 'rules', rule, 'mode'],
      message: `expected enforce, or nothing: ${firm}`,
    })),
  );
  const exempted = exemptions.flatMap(({ rule }, i) =>
    FIRM_RULES.includes(rule)
      ? [{ path: ['exemptions', i, 'rule'], message: `${rule} has no exemptions: ${firm}` }]
      : [],
  );
  return [...modes, ...exempted];
}

/** Rules that have nothing to judge where nobody asks the registries: their settings would read as if they did. */
function unusedImageRules({ images, namespaces }: ConfigFile): { path: Path; message: string }[] {
  if (isVerifying(images)) return [];
  const ids = RULES.filter(({ promise, concerns }) => promise === 'images' && concerns).map(({ id }) => id);
  return namespaces.flatMap(({ rules }, i) =>
    ids
      .filter((id) => rules[id] !== undefined && rules[id].mode !== 'off')
      .map((id) => ({ path: ['namespaces', i, 'rules', id], message: 'is not used: expected images.verify: true' })),
  );
}

/** @param at where it stands, if that is another field than the one it is about */
function where(path: Path, file: string, document: Document, lines: LineCounter, at: Path = path): string {
  let node: unknown = document.contents;
  for (let length = at.length; length > 0; length--) {
    const found = nodeAt(document, at.slice(0, length));
    if (isNode(found)) {
      node = found;
      break;
    }
  }
  const offset = isNode(node) ? node.range?.[0] : undefined;
  const line = offset === undefined ? 1 : lines.linePos(offset).line;
  return `${file}:${line}: ${pathText(path)}`;
}

/** The key of a field, which stands where the field begins; the item of a list. */
function nodeAt(document: Document, path: Path): unknown {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const last = path.at(-1);
  if (isMap(parent)) return parent.items.find(({ key }) => isScalar(key) && key.value === last)?.key;
  return document.getIn(path, true);
}

function pathText(path: Path): string {
  let text = '';
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`;
    else text += text === '' ? String(key) : `.${String(key)}`;
  }
  return text === '' ? 'the configuration' : text;
}

interface Problem {
  readonly path: Path;
  readonly at?: Path;
  readonly message: string;
}

/** One issue of the schema may name many keys that it does not know: each stands on a line of its own. */
function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  const { path, message } = issue;
  if (issue.code !== 'unrecognized_keys') return [{ path, message }];
  return issue.keys.map((key) => ({ path, at: [...path, key], message: `${JSON.stringify(key)} is not known here` }));
}

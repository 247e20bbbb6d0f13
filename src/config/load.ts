import { readFile } from 'node:fs/promises';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
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
      parsed.error.issues.map((issue) => `${where(issue.path, file, document, lines)}: ${say(issue)}`),
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
  for (const [i, { namespace }] of config.exemptions.entries()) {
    if (seen.has(namespace)) continue;
    problems.push({
      path: ['exemptions', i, 'namespace'],
      message: `${namespace} is not a protected namespace: expected one of ${[...seen].join(', ')}`,
    });
  }
  return problems;
}

function where(path: Path, file: string, document: Document, lines: LineCounter): string {
  let at: unknown = document.contents;
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node)) {
      at = node;
      break;
    }
  }
  const offset = isNode(at) ? at.range?.[0] : undefined;
  const line = offset === undefined ? 1 : lines.linePos(offset).line;
  return `${file}:${line}: ${pathText(path)}`;
}

function pathText(path: Path): string {
  let text = '';
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`;
    else text += text === '' ? String(key) : `.${String(key)}`;
  }
  return text === '' ? 'the configuration' : text;
}

function say(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys')
    return `${issue.keys.map((key) => JSON.stringify(key)).join(', ')} is not known here`;
  return issue.message;
}

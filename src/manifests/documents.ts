import { LineCounter } from 'yaml';
import { printable } from '../engine/wording.ts';
import { parseYaml, type YamlTree } from './yaml/tree.ts';

/** A position in a file. Lines and columns count from 1; a column is one UTF-16 code unit. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Why a part of the input cannot be used, and where it is. */
export interface InputError extends Partial<Position> {
  readonly file: string;
  readonly message: string;
}

/** Formats an error as `file:line:column: message`, as far as these are known, with control characters escaped. */
export function describeError({ file, line, column, message }: InputError): string {
  return printable(`${[file, line, column].filter((part) => part !== undefined).join(':')}: ${message}`);
}

/** The documents of a file that could be parsed, and errors for the others. */
export interface Documents {
  readonly trees: readonly YamlTree[];
  readonly errors: readonly InputError[];
  /** Converts an offset of one of the trees to a position in the file. */
  readonly positionOf: (offset: number) => Position;
}

/** Parses a text of YAML or JSON documents. An error in one document does not prevent others from being read. */
export function readDocuments(text: string, file: string): Documents {
  const lines = linesOf(text);
  const positionOf = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const trees: YamlTree[] = [];
  const errors: InputError[] = [];
  for (const { start, end, json } of splitDocuments(text)) {
    const raw = text.slice(start, end);
    // JSON is parsed as YAML below. On a single line, none of YAML's rules about line breaks and indentation apply to
    // it, and no JSON string contains these characters unescaped.
    const section = json ? raw.replaceAll(/[\t\r\n]/g, ' ') : raw;
    const hidden = json ? undefined : hiddenCharacter(raw);
    if (hidden) {
      errors.push({ file, ...positionOf(start + hidden.offset), message: hidden.fault });
      continue;
    }
    for (const document of parseYaml(section, start)) {
      if ('fault' in document) errors.push({ file, ...positionOf(document.offset), message: document.fault });
      else trees.push(document);
    }
  }
  return { trees, errors, positionOf };
}

/** A part of a file that is parsed on its own. */
interface Section {
  readonly start: number;
  readonly end: number;
  /** Whether it is a complete JSON object, for which kubectl uses another parser. */
  readonly json: boolean;
}

/** Splits a file as kubectl does: into JSON objects one after another, or at every line that begins with `---`. */
function splitDocuments(text: string): Section[] {
  const json = splitJson(text);
  if (json) return json;
  const starts = [0];
  for (const { index } of text.matchAll(/^---/gm)) if (index > 0) starts.push(index);
  return starts.map((start, i) => ({ start, end: starts[i + 1] ?? text.length, json: false }));
}

/** Splits a sequence of JSON objects. Returns undefined if the text contains anything else. */
function splitJson(text: string): Section[] | undefined {
  const sections: Section[] = [];
  let start = 0;
  while (start < text.length) {
    const end = endOfObject(text, start);
    if (end === undefined || !isJson(text.slice(start, end))) return undefined;
    sections.push({ start, end, json: true });
    start = end;
  }
  return sections.length > 0 ? sections : undefined;
}

/** Returns the end of the JSON object that begins at an offset, together with white space before and after it. */
function endOfObject(text: string, start: number): number | undefined {
  const structure = /[{}[\]"]/g;
  structure.lastIndex = start;
  const first = structure.exec(text);
  if (first?.[0] !== '{' || text.slice(start, first.index).trim() !== '') return undefined;
  let depth = 1;
  for (let found = structure.exec(text); found; found = structure.exec(text)) {
    if (found[0] === '{' || found[0] === '[') depth++;
    else if (found[0] !== '"') depth--;
    else structure.lastIndex = endOfString(text, structure.lastIndex);
    if (depth === 0) return text.slice(structure.lastIndex).trim() === '' ? text.length : structure.lastIndex;
  }
  return undefined;
}

function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let backslash = quote;
    while (backslash > start && text[backslash - 1] === '\\') backslash--;
    if ((quote - backslash) % 2 === 0) return quote + 1;
  }
  return text.length;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Finds a character that kubectl's YAML parser refuses, or that only it takes for a line break. The latter is an
 * attack: a field that follows such a character in a comment looks like a part of the comment to a reviewer and to
 * other parsers, and yet kubectl sends it to the cluster.
 */
function hiddenCharacter(text: string): { fault: string; offset: number } | undefined {
  if (text.startsWith('%')) return { fault: 'a directive (%) is not read by kubectl: expected none', offset: 0 };
  const found = HIDDEN.exec(text);
  if (!found) return undefined;
  const code = (found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return {
    fault: `the character U+${code} is not allowed here: expected an escape in double quotes`,
    offset: found.index,
  };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these characters are what it looks for
const HIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]|\r(?!\n)|^\ufeff/m;

function linesOf(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
  return lines;
}

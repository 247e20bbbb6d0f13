import { LineCounter } from 'yaml';
import { printable } from '../engine/wording.ts';
import { parseYaml, type YamlTree } from './yaml/tree.ts';

/** A place in a file; both count from 1, columns in UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Input that cannot be used. */
export interface InputError extends Partial<Position> {
  readonly file: string;
  readonly message: string;
}

/** `file:line:column: message`, as far as those are known; safe to print. */
export function describeError({ file, line, column, message }: InputError): string {
  return printable(`${[file, line, column].filter((part) => part !== undefined).join(':')}: ${message}`);
}

/** The documents of a text that could be read, and what is wrong with the others. */
export interface Documents {
  readonly trees: readonly YamlTree[];
  readonly errors: readonly InputError[];
  /** Where an offset of a tree stands. */
  readonly positionOf: (offset: number) => Position;
}

/** Reads a text of YAML or JSON documents. What is wrong with one hides no other. */
export function readDocuments(text: string, file: string): Documents {
  const lines = linesOf(text);
  const positionOf = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const trees: YamlTree[] = [];
  const errors: InputError[] = [];
  for (const { start, end, json } of stretchesOf(text)) {
    const raw = text.slice(start, end);
    // JSON has none of these inside a string: on one line, no rule of YAML on lines and indentation is in its way.
    const stretch = json ? raw.replaceAll(/[\t\r\n]/g, ' ') : raw;
    const hidden = json ? undefined : hiddenCharacter(raw);
    if (hidden) {
      errors.push({ file, ...positionOf(start + hidden.offset), message: hidden.fault });
      continue;
    }
    for (const document of parseYaml(stretch, start)) {
      if ('fault' in document) errors.push({ file, ...positionOf(document.offset), message: document.fault });
      else trees.push(document);
    }
  }
  return { trees, errors, positionOf };
}

interface Stretch {
  readonly start: number;
  readonly end: number;
  /** A whole JSON value: kubectl reads it with another parser. */
  readonly json: boolean;
}

/** As kubectl cuts a file: JSON values one after another, or at every line that begins with `---`. */
function stretchesOf(text: string): Stretch[] {
  const json = jsonStretches(text);
  if (json) return json;
  const starts = [0];
  for (const { index } of text.matchAll(/^---/gm)) if (index > 0) starts.push(index);
  return starts.map((start, i) => ({ start, end: starts[i + 1] ?? text.length, json: false }));
}

/** JSON objects one after another; undefined where the text is anything else. */
function jsonStretches(text: string): Stretch[] | undefined {
  const stretches: Stretch[] = [];
  let start = 0;
  while (start < text.length) {
    const end = endOfObject(text, start);
    if (end === undefined || !isJson(text.slice(start, end))) return undefined;
    stretches.push({ start, end, json: true });
    start = end;
  }
  return stretches.length > 0 ? stretches : undefined;
}

/** Where the JSON object ends that begins at an offset, white space around it included. */
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
 * Characters that kubectl's reader refuses, or at which it begins a line where other readers see none: behind one,
 * what looks like the rest of a comment is a field that the cluster gets.
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

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const HIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]|\r(?!\n)|^\ufeff/m;

function linesOf(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
  return lines;
}

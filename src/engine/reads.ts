import { CONTAINER_LISTS } from '../k8s/core/pod-shape.ts';
import type { KindName } from '../k8s/kinds.ts';
import { isJsonObject } from '../k8s/object.ts';

/**
 * A field that a rule judges, as data: dotted names, `[*]` for every element of a list, and `{prefix}` for the keys
 * of a map that begin so, `{*text}` for those that contain it: `spec.containers[*].securityContext.privileged`,
 * `metadata.annotations{example.com/}`.
 */
export type FieldPath = string;

/** One step of a parsed field path. */
export type Step = { readonly kind: 'field'; readonly name: string } | { readonly kind: 'items' } | KeysStep;

/** Some keys of a map. */
export interface KeysStep {
  readonly kind: 'keys';
  /** What they begin with, or with `within` what they contain. */
  readonly text: string;
  readonly within: boolean;
}

/** The same field in all three container lists. */
export function inContainers(...fields: readonly string[]): FieldPath[] {
  return CONTAINER_LISTS.flatMap((list) => fields.map((field) => `spec.${list}[*].${field}`));
}

/** Parses a field path; a path that is not of the form above is a mistake in a rule and throws. */
export function parseFieldPath(path: FieldPath): readonly Step[] {
  const steps: Step[] = [];
  let rest = path;
  while (rest !== '') {
    const match = /^(?:\.?([A-Za-z][A-Za-z0-9]*)|(\[\*\])|\{(\*)?([^{}*]+)\}$)/.exec(rest);
    if (!match) throw new Error(`"${path}" is not a field path: cannot read "${rest}"`);
    const [text, name, items, within, key = ''] = match;
    if (name !== undefined) steps.push({ kind: 'field', name });
    else if (items !== undefined) steps.push({ kind: 'items' });
    else steps.push({ kind: 'keys', text: key, within: within !== undefined });
    rest = rest.slice(text.length);
  }
  return steps;
}

/** The fields that a rule judges, by kind. */
export type ReadsByKind = { readonly [K in KindName]?: readonly FieldPath[] };

/** The same, parsed. */
export type ParsedReads = { readonly [K in KindName]?: readonly (readonly Step[])[] };

/** Parses the field paths of every kind. */
export function parseReads(reads: ReadsByKind): ParsedReads {
  return Object.fromEntries(Object.entries(reads).map(([kind, paths]) => [kind, paths.map(parseFieldPath)]));
}

/** Whether any of the fields differs between two objects. Null, as the API takes it, equals not set. */
export function fieldsChanged(paths: readonly (readonly Step[])[], before: unknown, after: unknown): boolean {
  return paths.some((steps) => changed(steps, 0, before, after));
}

function changed(steps: readonly Step[], at: number, before: unknown, after: unknown): boolean {
  const step = steps[at];
  if (!step) return !deepEqual(before, after);
  if (step.kind === 'field') return changed(steps, at + 1, own(before, step.name), own(after, step.name));
  if (step.kind === 'items') {
    const [old, now] = [asList(before), asList(after)];
    return old.length !== now.length || now.some((item, i) => changed(steps, at + 1, old[i], item));
  }
  const keys = new Set([...keysOf(before), ...keysOf(after)].filter((key) => isOneOf(step, key)));
  return [...keys].some((key) => !deepEqual(own(before, key), own(after, key)));
}

function isOneOf({ text, within }: KeysStep, key: string): boolean {
  return within ? key.includes(text) : key.startsWith(text);
}

function own(value: unknown, name: string): unknown {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function keysOf(value: unknown): string[] {
  return isJsonObject(value) ? Object.keys(value) : [];
}

/** Structural equality of JSON values. The depth of what is compared is bounded where bodies are read. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b || (a ?? undefined) === (b ?? undefined)) return true;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, i) => deepEqual(item, b[i]));
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => deepEqual(own(a, key), own(b, key)));
}

import { type FieldPath, parseFieldPath, type Step } from '../engine/reads.ts';
import { APP_ARMOR_ANNOTATIONS } from '../k8s/pod-template.ts';
import { TOPOLOGY_LABELS } from '../rules/access/binding-metadata.ts';

/** Deeper differences are left to the program: the expression stays short, and may only say "changed" too often. */
const DEPTH = 2;

/** Of a map before and after an UPDATE together; of more than this the program decides. */
const MOST_KEYS = 2000;

/**
 * A CEL expression that is true unless the request is an UPDATE that leaves all these fields as they were. It may
 * over-approximate, never the reverse. An absent field is `optional.none()`, so it cannot fail (a failing match
 * condition denies).
 */
export function anyFieldChanged(paths: readonly FieldPath[]): string {
  const terms = new Set(watchedFields(paths).map(changedTerm));
  return ["request.operation != 'UPDATE'", ...[...terms].sort()].join(' || ');
}

/** Of the keys of one map that begin in different ways: looking at every key for each is dearer than comparing the map. */
const MOST_PREFIXES = 16;

/** The fields that the expression compares: every path cut to the part that CEL watches, prefixes absorbing longer ones. */
export function watchedFields(paths: readonly FieldPath[]): readonly (readonly Step[])[] {
  const cuts = distinct(paths.map((path) => cutPath(parseFieldPath(path))));
  const prefixes = Map.groupBy(cuts.filter(isOfKeys), mapOf);
  const isCrowded = (steps: readonly Step[]) => (prefixes.get(mapOf(steps))?.length ?? 0) > MOST_PREFIXES;
  const widened = distinct(cuts.map((steps) => (isOfKeys(steps) && isCrowded(steps) ? steps.slice(0, -1) : steps)));
  return widened.filter((steps) => !widened.some((other) => isProperPrefix(other, steps)));
}

function distinct(paths: readonly (readonly Step[])[]): readonly (readonly Step[])[] {
  return [...new Map(paths.map((steps) => [textOf(steps), steps])).values()];
}

function cutPath(steps: readonly Step[]): readonly Step[] {
  const items = steps.findIndex(({ kind }) => kind === 'items');
  const fields = items === -1 ? steps : steps.slice(0, items);
  return fields.at(-1)?.kind === 'keys' ? fields : fields.slice(0, DEPTH);
}

function isOfKeys(steps: readonly Step[]): boolean {
  return steps.at(-1)?.kind === 'keys';
}

function mapOf(steps: readonly Step[]): string {
  return textOf(steps.slice(0, -1));
}

function textOf(steps: readonly Step[]): string {
  return JSON.stringify(steps);
}

function isProperPrefix(shorter: readonly Step[], longer: readonly Step[]): boolean {
  return (
    shorter.length < longer.length && shorter.every((step, i) => JSON.stringify(step) === JSON.stringify(longer[i]))
  );
}

function changedTerm(steps: readonly Step[]): string {
  const last = steps.at(-1);
  const path = steps.map((step) => (step.kind === 'field' ? `.?${step.name}` : '')).join('');
  const [before, after] = [`oldObject${path}`, `object${path}`];
  if (last?.kind !== 'keys') return `${after} != ${before}`;
  const differs = (a: string, b: string) =>
    `${a}.orValue({}).exists(k, k.startsWith(${JSON.stringify(last.prefix)}) && ${a}[?k] != ${b}[?k])`;
  const size = (map: string) => `${map}.orValue({}).size()`;
  // Looking at every key costs, and the API server refuses the request where that is too much: also a kubelet's, of a
  // pod whose annotations somebody made so many. So only where they changed, and only while they are few.
  const many = `${size(after)} + ${size(before)} > ${MOST_KEYS}`;
  return `${after} != ${before} && (${many} || ${differs(after, before)} || ${differs(before, after)})`;
}

/** True where a Binding carries what it would copy onto its pod, but for the labels that the scheduler may copy. */
export function carriesBindingMetadata(): string {
  const topology = JSON.stringify([...TOPOLOGY_LABELS].sort());
  return [
    `object.?metadata.?labels.orValue({}).exists(k, !(k in ${topology}))`,
    `object.?metadata.?annotations.orValue({}).exists(k, k.startsWith(${JSON.stringify(APP_ARMOR_ANNOTATIONS)}))`,
  ].join(' || ');
}

/** True where a cluster-scoped object points into one of these namespaces. */
export function pointsInto(target: readonly string[], namespaces: readonly string[]): string {
  return `object${target.map((field) => `.?${field}`).join('')}.orValue("") in ${JSON.stringify(namespaces)}`;
}

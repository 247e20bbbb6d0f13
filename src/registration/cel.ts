import { type FieldPath, type KeysStep, parseFieldPath, type Step } from '../engine/reads.ts';
import { EXPOSING_ANNOTATIONS } from '../network/exposures.ts';
import { JUDGED_ANNOTATIONS, TOPOLOGY_LABELS } from '../rules/access/binding-metadata.ts';

/** Deeper differences are left to the program: the expression stays short, and may only say "changed" too often. */
const DEPTH = 2;

/** Of a map before and after an UPDATE together; of more than this the program decides. */
const MOST_KEYS = 2000;
/** The same of the ways in which keys begin, times the keys. */
const MOST_COMPARISONS = 20_000;

/**
 * A CEL expression that is true unless the request is an UPDATE that leaves all these fields as they were. It may
 * over-approximate, never the reverse. An absent field is `optional.none()`, so it cannot fail (a failing match
 * condition denies).
 */
export function anyFieldChanged(paths: readonly FieldPath[]): string {
  const watched = watchedFields(paths);
  const maps = Map.groupBy(watched.filter(isOfKeys), (steps) => pathOf(steps));
  const terms = [
    ...watched.filter((steps) => !isOfKeys(steps)).map((steps) => fieldChanged(pathOf(steps))),
    ...[...maps].map(([map, keys]) => keysChanged(map, keys.flatMap(keysOf))),
  ];
  return ["request.operation != 'UPDATE'", ...terms.sort()].join(' || ');
}

/** The fields that the expression compares: every path cut to the part that CEL watches, prefixes absorbing longer ones. */
export function watchedFields(paths: readonly FieldPath[]): readonly (readonly Step[])[] {
  const cuts = new Map(
    paths.map((path) => cutPath(parseFieldPath(path))).map((steps) => [JSON.stringify(steps), steps]),
  );
  return [...cuts.values()].filter((steps) => ![...cuts.values()].some((other) => isProperPrefix(other, steps)));
}

function cutPath(steps: readonly Step[]): readonly Step[] {
  const items = steps.findIndex(({ kind }) => kind === 'items');
  const fields = items === -1 ? steps : steps.slice(0, items);
  return fields.at(-1)?.kind === 'keys' ? fields : fields.slice(0, DEPTH);
}

function isOfKeys(steps: readonly Step[]): boolean {
  return steps.at(-1)?.kind === 'keys';
}

function keysOf(steps: readonly Step[]): KeysStep[] {
  const last = steps.at(-1);
  return last?.kind === 'keys' ? [last] : [];
}

/** Whether a key `k` is one of these. */
function isOneOf(all: readonly Pick<KeysStep, 'text' | 'within'>[]): string {
  return all.map(({ text, within }) => `k.${within ? 'contains' : 'startsWith'}(${JSON.stringify(text)})`).join(' || ');
}

function isProperPrefix(shorter: readonly Step[], longer: readonly Step[]): boolean {
  return (
    shorter.length < longer.length && shorter.every((step, i) => JSON.stringify(step) === JSON.stringify(longer[i]))
  );
}

function pathOf(steps: readonly Step[]): string {
  return steps.map((step) => (step.kind === 'field' ? `.?${step.name}` : '')).join('');
}

function fieldChanged(path: string): string {
  return `object${path} != oldObject${path}`;
}

function keysChanged(path: string, all: readonly KeysStep[]): string {
  const [before, after] = [`oldObject${path}`, `object${path}`];
  const keys = all
    .filter((each) => !all.some((other) => other !== each && holdsAll(other, each)))
    .sort((one, other) => (one.text < other.text ? -1 : 1));
  const begins = isOneOf(keys);
  const differs = (a: string, b: string) => `${a}.orValue({}).exists(k, ${a}[?k] != ${b}[?k] && (${begins}))`;
  const size = (map: string) => `${map}.orValue({}).size()`;
  // Looking at every key costs, and the API server refuses the request where that is too much: also a kubelet's, of a
  // pod whose annotations somebody made so many. So only where they changed, and only while they are few.
  const most = Math.min(MOST_KEYS, Math.floor(MOST_COMPARISONS / keys.length));
  const many = `${size(after)} + ${size(before)} > ${most}`;
  return `${fieldChanged(path)} && (${many} || ${differs(after, before)} || ${differs(before, after)})`;
}

/** Whether the first keys are all of the second, and more. */
function holdsAll(wide: KeysStep, narrow: KeysStep): boolean {
  if (wide.text === narrow.text) return wide.within && !narrow.within;
  return wide.within ? narrow.text.includes(wide.text) : !narrow.within && narrow.text.startsWith(wide.text);
}

/** True where a Binding carries what it would copy onto its pod, but for the labels that the scheduler may copy. */
export function carriesBindingMetadata(): string {
  const topology = JSON.stringify([...TOPOLOGY_LABELS].sort());
  return [
    `object.?metadata.?labels.orValue({}).exists(k, !(k in ${topology}))`,
    `object.?metadata.?annotations.orValue({}).exists(k, ${isOneOf(JUDGED_ANNOTATIONS)})`,
  ].join(' || ');
}

/** True where a cluster-scoped object points into one of these namespaces. */
export function pointsInto(target: readonly string[], namespaces: readonly string[]): string {
  return `object${target.map((field) => `.?${field}`).join('')}.orValue("") in ${JSON.stringify(namespaces)}`;
}

/** True unless a Service is called inside of the cluster only, by its own addresses: no rule has anything to say of it then. */
export function opensWayIn(): string {
  const exposed = EXPOSING_ANNOTATIONS.map(
    ({ key }) => `object.?metadata.?annotations[?${JSON.stringify(key)}].hasValue()`,
  );
  return [
    'object.?spec.?type.orValue("") != "ClusterIP"',
    'object.?spec.?externalIPs.orValue([]).size() > 0',
    ...exposed,
  ].join(' || ');
}

/** True where one of these asks. */
export function userIs(...users: readonly string[]): string {
  return `request.userInfo.username in ${JSON.stringify(users)}`;
}

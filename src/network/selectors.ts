import { cut, printable } from '../engine/wording.ts';
import type { LabelSelector } from '../k8s/selectors.ts';

/**
 * What a selector leaves of one label: whether it may be missing, and its values, which are some, or all but some. Of
 * values there are always more than anybody lists.
 */
interface Constraint {
  readonly absent: boolean;
  readonly listed: ReadonlySet<string>;
  /** Whether `listed` are the only values, or those that it does not have. */
  readonly only: boolean;
}

/** A selector in normal form. */
interface Constraints {
  /** By label. One that is not here may be anything. */
  readonly byKey: ReadonlyMap<string, Constraint>;
  /** Whether there is an operator that is not known here: then it may select less than this says. */
  readonly mayBeLess: boolean;
}

const ANYTHING: Constraint = { absent: true, listed: new Set(), only: false };

/** Whether some labels are selected. An unknown operator is taken to restrict nothing. */
export function isSatisfiable(selector: LabelSelector): boolean {
  return isPossible(constraintsOf(selector));
}

/**
 * Whether `b` selects whatever `a` selects. With the four operators that is decided either way; an unknown one in `a` is
 * taken to restrict nothing, and with one in `b` it never holds.
 */
export function implies(a: LabelSelector, b: LabelSelector): boolean {
  const [from, to] = [constraintsOf(a), constraintsOf(b)];
  if (to.mayBeLess) return false;
  if (!isPossible(from)) return true;
  return [...to.byKey].every(([key, constraint]) => isWithin(from.byKey.get(key) ?? ANYTHING, constraint));
}

/** Whether something can carry labels that both select. An unknown operator is taken to restrict nothing. */
export function canBothSelect(a: LabelSelector, b: LabelSelector): boolean {
  return isPossible(constraintsOf(a, b));
}

/**
 * The values of a label of which whatever is selected carries one, sorted; none if nothing can be selected. Undefined
 * where the label may be missing or have any of countless values.
 */
export function pinnedValues(selector: LabelSelector, key: string): readonly string[] | undefined {
  const constraints = constraintsOf(selector);
  if (!isPossible(constraints)) return [];
  const { absent, only, listed } = constraints.byKey.get(key) ?? ANYTHING;
  return only && !absent ? [...listed].sort() : undefined;
}

const LONGEST_DESCRIPTION = 200;

/** As kubectl writes it: `app=qdrant,tier in (a,b),!canary`. An empty selector is `everything`. */
export function describeSelector(selector: LabelSelector): string {
  const text = requirementsOf(selector).map(describeRequirement).join(',');
  return cut(printable(text), LONGEST_DESCRIPTION) || 'everything';
}

function describeRequirement({ key, operator, values }: Requirement): string {
  const list = `(${values.join(',')})`;
  switch (operator) {
    case 'In':
      return values.length === 1 ? `${key}=${values[0]}` : `${key} in ${list}`;
    case 'NotIn':
      return `${key} notin ${list}`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return `${key} ${operator} ${list}`;
  }
}

/** One requirement on a label, whichever way it is written. */
export interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
}

/** All that a selector requires. */
export function requirementsOf({ matchLabels, matchExpressions }: LabelSelector): readonly Requirement[] {
  return [
    // A label that is null in a file is the empty string to the API server.
    ...Object.entries(matchLabels ?? {}).map(([key, value]) => ({ key, operator: 'In', values: [value ?? ''] })),
    ...(matchExpressions ?? []).map(({ key, operator, values }) => ({
      key: key ?? '',
      operator: operator ?? '',
      values: values ?? [],
    })),
  ];
}

/** What all requirements on one label say, counted: a label may have thousands, and no two lists are compared. */
interface Gathered {
  absent: boolean;
  /** How many lists of allowed values there are. */
  lists: number;
  /** In how many of them a value is. */
  readonly listed: Map<string, number>;
  readonly excluded: Set<string>;
}

/** What several selectors together leave. */
function constraintsOf(...selectors: readonly LabelSelector[]): Constraints {
  const byKey = new Map<string, Gathered>();
  let mayBeLess = false;
  for (const requirement of selectors.flatMap(requirementsOf)) {
    const { key } = requirement;
    const gathered = byKey.get(key) ?? { absent: true, lists: 0, listed: new Map(), excluded: new Set() };
    byKey.set(key, gathered);
    if (!gather(requirement, gathered)) mayBeLess = true;
  }
  return { byKey: new Map([...byKey].map(([key, gathered]) => [key, constraintOf(gathered)])), mayBeLess };
}

/** Adds one requirement. False if its operator is not known. */
function gather({ operator, values }: Requirement, gathered: Gathered): boolean {
  switch (operator) {
    case 'In':
      gathered.absent = false;
      gathered.lists += 1;
      for (const value of new Set(values)) gathered.listed.set(value, (gathered.listed.get(value) ?? 0) + 1);
      return true;
    case 'NotIn':
      for (const value of values) gathered.excluded.add(value);
      return true;
    case 'Exists':
      gathered.absent = false;
      return true;
    case 'DoesNotExist':
      gathered.lists += 1;
      return true;
    default:
      return false;
  }
}

function constraintOf({ absent, lists, listed, excluded }: Gathered): Constraint {
  if (lists === 0) return { absent, listed: excluded, only: false };
  const allowed = [...listed].filter(([value, count]) => count === lists && !excluded.has(value));
  return { absent, listed: new Set(allowed.map(([value]) => value)), only: true };
}

function isWithin(a: Constraint, b: Constraint): boolean {
  if (a.absent && !b.absent) return false;
  if (a.only) return [...a.listed].every((value) => b.listed.has(value) === b.only);
  return !b.only && b.listed.isSubsetOf(a.listed);
}

function isPossible({ byKey }: Constraints): boolean {
  return [...byKey.values()].every(({ absent, only, listed }) => absent || !only || listed.size > 0);
}

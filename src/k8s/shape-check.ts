import { CONTAINER_LISTS, variable } from './core/pod-shape.ts';
import { type Kind, kindOf } from './kinds.ts';
import { fieldAt, isJsonObject, type JsonObject, type KubernetesObject, versionOf } from './object.ts';
import { fields, metadata, type Shape } from './shape.ts';

/** A field whose value has a type that the Kubernetes API does not know there. */
export interface ShapeError {
  readonly path: string;
  readonly expected: string;
  readonly found: string;
}

/** What is checked of a kind of which nothing is read. */
const anyObject = fields({ metadata });

/**
 * Elements of all lists that are read in one object. The largest pod that etcd takes has fewer; each is judged by
 * every rule, and a webhook must not be kept busy by one request.
 */
const MOST_ITEMS = 10_000;

/** Of a pod, in all three lists: nearly every rule looks at each. No node starts as many in one pod. */
const MOST_CONTAINERS = 1000;

/** What was found so far in one object. */
interface Found {
  readonly errors: ShapeError[];
  items: number;
}

/**
 * Every field we read has the type that the API gives it. The API server decodes into typed structs before it asks a
 * webhook; files and direct callers do not, and a list where a rule expects an object must not read as "not set".
 * JSON null means "not set", as the API server takes it.
 */
export function shapeErrors(object: KubernetesObject): ShapeError[] {
  const found: Found = { errors: [], items: 0 };
  const { errors } = found;
  const kind = kindOf(object);
  if (kind) checkVersion(object, kind, errors);
  check(object, kind?.shape ?? anyObject, found);
  if (kind?.template && errors.length === 0) checkTemplate(object, kind, kind.template, errors);
  return errors;
}

/** The API server converts to the version that the webhook asks for; a file may say another, whose fields may differ. */
function checkVersion({ apiVersion }: KubernetesObject, { versions, group }: Kind, errors: ShapeError[]): void {
  if (versions.includes(versionOf(apiVersion))) return;
  const expected = versions.map((version) => (group === '' ? version : `${group}/${version}`)).join(' or ');
  errors.push({ path: 'apiVersion', expected, found: JSON.stringify(apiVersion) });
}

/**
 * A pod without containers does not exist; one that seems to have none would pass every container rule. One with
 * thousands would hold up every other request.
 */
function checkTemplate(object: KubernetesObject, kind: Kind, template: readonly string[], errors: ShapeError[]): void {
  const path = template.join('.');
  const pod = template.length === 0 ? object : fieldAt(object, template);
  if (pod === undefined || pod === null) {
    if (!kind.templateOptional) errors.push({ path, expected: 'a pod template', found: 'nothing' });
    return;
  }
  const spec = isJsonObject(pod) && isJsonObject(pod['spec']) ? pod['spec'] : {};
  const [ofInit, own, ephemeral] = CONTAINER_LISTS.map((list) => (Array.isArray(spec[list]) ? spec[list].length : 0));
  if (!own) errors.push({ path: join(path, 'spec.containers'), expected: 'at least one container', found: 'none' });
  const all = (ofInit ?? 0) + (own ?? 0) + (ephemeral ?? 0);
  if (all <= MOST_CONTAINERS) return;
  errors.push({
    path: join(path, 'spec'),
    expected: `at most ${MOST_CONTAINERS} containers`,
    found: `a pod of ${all}`,
  });
}

function hasType(value: unknown, shape: Shape & string): boolean {
  if (shape === 'integer') return Number.isInteger(value);
  if (shape === 'quantity') return typeof value === 'string' || typeof value === 'number';
  if (shape === 'intOrString') return typeof value === 'string' || Number.isInteger(value);
  return typeof value === shape;
}

/** Paths are written from `value`: most objects are right, and need none. */
function check(value: unknown, shape: Shape, found: Found): void {
  if (value === undefined || value === null) return;
  if (typeof shape === 'string') {
    if (!hasType(value, shape)) found.errors.push({ path: '', expected: EXPECTED[shape], found: describe(value) });
  } else if (shape.list !== undefined) {
    if (Array.isArray(value)) checkItems(value, shape.list, found);
    else found.errors.push({ path: '', expected: 'a list', found: describe(value) });
  } else if (!isJsonObject(value)) {
    found.errors.push({ path: '', expected: 'an object', found: describe(value) });
  } else if (shape.fields !== undefined) {
    checkFields(value, shape.fields, found);
  } else {
    checkValues(value, shape.map, found);
  }
}

function checkFields(object: JsonObject, known: ReadonlyMap<string, Shape>, found: Found): void {
  // Over what is there: an object sets few of the fields that it may have, and inherits none.
  for (const name in object) {
    const shape = known.get(name);
    if (shape === undefined) continue;
    const before = found.errors.length;
    check(object[name], shape, found);
    locate(found.errors, before, name);
  }
}

function checkValues(object: JsonObject, shape: Shape, found: Found): void {
  for (const key of Object.keys(object)) {
    const before = found.errors.length;
    check(object[key], shape, found);
    if (found.errors.length > before) locate(found.errors, before, `[${JSON.stringify(key)}]`);
  }
}

function checkItems(items: readonly unknown[], shape: Shape, found: Found): void {
  if (shape !== variable) found.items += items.length;
  if (found.items > MOST_ITEMS) {
    const expected = `at most ${MOST_ITEMS} list elements in one object`;
    found.errors.push({ path: '', expected, found: `a list of ${items.length}` });
    return;
  }
  for (let i = 0; i < items.length; i++) {
    const before = found.errors.length;
    const item = items[i];
    if (item === null) {
      // A null in a list is no object at all, and would be skipped by whoever reads it as "not set".
      const expected = typeof shape === 'string' ? EXPECTED[shape] : 'an object';
      found.errors.push({ path: '', expected, found: 'null' });
    } else {
      check(item, shape, found);
    }
    if (found.errors.length > before) locate(found.errors, before, `[${i}]`);
  }
}

/** Puts a step before the paths of the errors from `first` on. */
function locate(errors: ShapeError[], first: number, step: string): void {
  for (let i = first; i < errors.length; i++) {
    const error = errors[i] as ShapeError;
    errors[i] = { ...error, path: error.path.startsWith('[') ? step + error.path : join(step, error.path) };
  }
}

const EXPECTED = {
  string: 'a string',
  boolean: 'true or false',
  integer: 'an integer',
  quantity: 'a quantity such as 500m or 8Gi',
  intOrString: 'an integer or a string',
} as const;

function join(path: string, field: string): string {
  return path === '' || field === '' ? path + field : `${path}.${field}`;
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return `a ${typeof value}`;
}

import { isJsonObject, type KubernetesObject } from './object.ts';
import { podCarrierOf } from './pods.ts';

/** The expected JSON type of a field we read. Fields not named here are not read, hence not checked. */
type Shape =
  | 'string'
  | 'boolean'
  | 'integer'
  | { readonly list: Shape }
  | { readonly map: Shape }
  | { readonly fields: Readonly<Record<string, Shape>> };

/** A field whose value has a type that the Kubernetes API does not know there. */
export interface ShapeError {
  readonly path: string;
  readonly expected: string;
  readonly found: string;
}

const list = (item: Shape): Shape => ({ list: item });
const fields = (known: Readonly<Record<string, Shape>>): Shape => ({ fields: known });

const metadata = fields({
  name: 'string',
  generateName: 'string',
  namespace: 'string',
  uid: 'string',
  labels: { map: 'string' },
  annotations: { map: 'string' },
  ownerReferences: list(
    fields({ apiVersion: 'string', kind: 'string', name: 'string', uid: 'string', controller: 'boolean' }),
  ),
});

const securityContext = fields({
  privileged: 'boolean',
  allowPrivilegeEscalation: 'boolean',
  runAsNonRoot: 'boolean',
  runAsUser: 'integer',
  procMount: 'string',
  capabilities: fields({ add: list('string'), drop: list('string') }),
  seccompProfile: fields({ type: 'string' }),
  appArmorProfile: fields({ type: 'string' }),
  seLinuxOptions: fields({ type: 'string', user: 'string', role: 'string' }),
  windowsOptions: fields({ hostProcess: 'boolean' }),
  sysctls: list(fields({ name: 'string' })),
});

const handler = fields({ httpGet: fields({ host: 'string' }), tcpSocket: fields({ host: 'string' }) });

const container = fields({
  name: 'string',
  image: 'string',
  securityContext,
  ports: list(fields({ name: 'string', hostPort: 'integer' })),
  livenessProbe: handler,
  readinessProbe: handler,
  startupProbe: handler,
  lifecycle: fields({ postStart: handler, preStop: handler }),
});

const podTemplate: Shape = fields({
  metadata,
  spec: fields({
    hostNetwork: 'boolean',
    hostPID: 'boolean',
    hostIPC: 'boolean',
    hostUsers: 'boolean',
    os: fields({ name: 'string' }),
    securityContext,
    volumes: list(fields({ name: 'string' })),
    containers: list(container),
    initContainers: list(container),
    ephemeralContainers: list(container),
  }),
});

const anyObject = fields({ metadata });

/**
 * Elements of all lists that are read in one object. The largest pod that etcd takes has fewer; each is judged by
 * every rule, and a webhook must not be kept busy by one request.
 */
const MOST_ITEMS = 10_000;

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
  check(object, anyObject, '', found);
  const carrier = podCarrierOf(object);
  if (!carrier) return errors;
  let at: unknown = object;
  let path = '';
  for (const field of carrier.template) {
    if (at === undefined || at === null) return errors;
    if (!isJsonObject(at)) {
      errors.push({ path, expected: 'an object', found: describe(at) });
      return errors;
    }
    at = Object.hasOwn(at, field) ? at[field] : undefined;
    path = join(path, field);
  }
  if (at === undefined || at === null) {
    // A ReplicationController without a template is legal and makes no pods.
    if (carrier.kind !== 'ReplicationController') errors.push({ path, expected: 'a pod template', found: 'nothing' });
    return errors;
  }
  check(at, podTemplate, path, found);
  if (errors.length === 0) checkContainers(at, path, errors);
  return errors;
}

/** A pod without containers does not exist; one that seems to have none would pass every container rule. */
function checkContainers(pod: unknown, path: string, errors: ShapeError[]): void {
  const spec = isJsonObject(pod) ? pod['spec'] : undefined;
  const containers = isJsonObject(spec) ? spec['containers'] : undefined;
  if (Array.isArray(containers) && containers.length > 0) return;
  errors.push({ path: join(path, 'spec.containers'), expected: 'at least one container', found: 'none' });
}

function check(value: unknown, shape: Shape, path: string, found: Found): void {
  if (value === undefined || value === null) return;
  if (typeof shape === 'string') {
    const right = shape === 'integer' ? Number.isInteger(value) : typeof value === shape;
    if (!right) found.errors.push({ path, expected: EXPECTED[shape], found: describe(value) });
    return;
  }
  if ('list' in shape) {
    if (!Array.isArray(value)) found.errors.push({ path, expected: 'a list', found: describe(value) });
    else checkItems(value, shape.list, path, found);
    return;
  }
  if (!isJsonObject(value)) {
    found.errors.push({ path, expected: 'an object', found: describe(value) });
    return;
  }
  if ('map' in shape) {
    for (const key of Object.keys(value)) {
      if (typeof value[key] !== 'string') check(value[key], shape.map, `${path}[${JSON.stringify(key)}]`, found);
    }
    return;
  }
  for (const field in shape.fields) {
    const part = value[field];
    if (part !== undefined && part !== null && Object.hasOwn(value, field)) {
      const expected = shape.fields[field] as Shape;
      // The path is only written out where something is wrong or deeper.
      if (typeof expected === 'string' && expected !== 'integer' && typeof part === expected) continue;
      check(part, expected, join(path, field), found);
    }
  }
}

function checkItems(list: readonly unknown[], shape: Shape, path: string, found: Found): void {
  found.items += list.length;
  if (found.items > MOST_ITEMS) {
    const expected = `at most ${MOST_ITEMS} list elements in one object`;
    found.errors.push({ path, expected, found: `a list of ${list.length}` });
    return;
  }
  for (let i = 0; i < list.length; i++) checkItem(list[i], shape, path, i, found);
}

/** A null in a list is no object at all, and would be skipped by whoever reads it as "not set". */
function checkItem(value: unknown, shape: Shape, path: string, index: number, found: Found): void {
  if (value === null) {
    const expected = typeof shape === 'string' ? EXPECTED[shape] : 'an object';
    found.errors.push({ path: `${path}[${index}]`, expected, found: 'null' });
    return;
  }
  if (typeof shape === 'string' && shape !== 'integer' && typeof value === shape) return;
  check(value, shape, `${path}[${index}]`, found);
}

const EXPECTED = { string: 'a string', boolean: 'true or false', integer: 'an integer' } as const;

function join(path: string, field: string): string {
  return path === '' ? field : `${path}.${field}`;
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return `a ${typeof value}`;
}

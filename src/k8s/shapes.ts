import { CONTAINER_LISTS, podCarrierOf } from './core/pods.ts';
import { isJsonObject, type JsonObject, type KubernetesObject } from './object.ts';
import { anything, fields, list, map, metadata, type Shape } from './shape.ts';
import { claimTemplate, storageShapeOf } from './storage-shapes.ts';

/** A field whose value has a type that the Kubernetes API does not know there. */
export interface ShapeError {
  readonly path: string;
  readonly expected: string;
  readonly found: string;
}

const securityContext = fields({
  privileged: 'boolean',
  allowPrivilegeEscalation: 'boolean',
  runAsNonRoot: 'boolean',
  runAsUser: 'integer',
  runAsGroup: 'integer',
  fsGroup: 'integer',
  supplementalGroups: list('integer'),
  readOnlyRootFilesystem: 'boolean',
  procMount: 'string',
  capabilities: fields({ add: list('string'), drop: list('string') }),
  seccompProfile: fields({ type: 'string' }),
  appArmorProfile: fields({ type: 'string' }),
  seLinuxOptions: fields({ type: 'string', user: 'string', role: 'string' }),
  windowsOptions: fields({ hostProcess: 'boolean' }),
  sysctls: list(fields({ name: 'string' })),
});

const handler = fields({ httpGet: fields({ host: 'string' }), tcpSocket: fields({ host: 'string' }) });

const compute = fields({ cpu: 'quantity', memory: 'quantity' });
const resources = fields({ requests: compute, limits: compute });

/** Of these a pod may have tens of thousands: they do not count against what is judged element by element. */
const variable = fields({ name: 'string', value: 'string', valueFrom: anything });

const container = fields({
  name: 'string',
  image: 'string',
  workingDir: 'string',
  env: list(variable),
  envFrom: list(anything),
  volumeMounts: list(fields({ name: 'string', mountPath: 'string', subPath: 'string' })),
  targetContainerName: 'string',
  resources,
  securityContext,
  ports: list(fields({ name: 'string', hostPort: 'integer' })),
  livenessProbe: handler,
  readinessProbe: handler,
  startupProbe: handler,
  lifecycle: fields({ postStart: handler, preStop: handler }),
});

const volume = fields({
  name: 'string',
  image: fields({ reference: 'string' }),
  persistentVolumeClaim: fields({ claimName: 'string' }),
  ephemeral: fields({ volumeClaimTemplate: claimTemplate }),
  emptyDir: fields({ medium: 'string' }),
  csi: fields({ driver: 'string' }),
  projected: fields({ sources: list(fields({ serviceAccountToken: anything })) }),
});

const podTemplate: Shape = fields({
  metadata,
  spec: fields({
    hostNetwork: 'boolean',
    hostPID: 'boolean',
    hostIPC: 'boolean',
    hostUsers: 'boolean',
    os: fields({ name: 'string' }),
    nodeName: 'string',
    nodeSelector: map('string'),
    tolerations: list(fields({ key: 'string' })),
    topologySpreadConstraints: list(fields({ whenUnsatisfiable: 'string' })),
    priorityClassName: 'string',
    serviceAccountName: 'string',
    serviceAccount: 'string',
    automountServiceAccountToken: 'boolean',
    shareProcessNamespace: 'boolean',
    hostAliases: list(anything),
    resources,
    securityContext,
    volumes: list(volume),
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
  const carrier = podCarrierOf(object);
  // The template of a Pod is the Pod.
  if (carrier?.template.length !== 0) check(object, storageShapeOf(object) ?? anyObject, found);
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
  const before = errors.length;
  check(at, podTemplate, found);
  locate(errors, before, path);
  if (errors.length === 0) checkContainers(at, path, errors);
  return errors;
}

/**
 * A pod without containers does not exist; one that seems to have none would pass every container rule. One with
 * thousands would hold up every other request.
 */
function checkContainers(pod: unknown, path: string, errors: ShapeError[]): void {
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
  return typeof value === shape;
}

/** Paths are written from `value`: most objects are right, and need none. */
function check(value: unknown, shape: Shape, found: Found): void {
  if (value === undefined || value === null) return;
  if (typeof shape === 'string') {
    if (!hasType(value, shape)) found.errors.push({ path: '', expected: EXPECTED[shape], found: describe(value) });
  } else if (shape.list) {
    if (Array.isArray(value)) checkItems(value, shape.list, found);
    else found.errors.push({ path: '', expected: 'a list', found: describe(value) });
  } else if (!isJsonObject(value)) {
    found.errors.push({ path: '', expected: 'an object', found: describe(value) });
  } else if (shape.fields) {
    checkFields(value, shape.fields, found);
  } else if (shape.map) {
    checkValues(value, shape.map, found);
  }
}

function checkFields(object: JsonObject, fields: ReadonlyMap<string, Shape>, found: Found): void {
  // Over what is there: an object sets few of the fields that it may have, and inherits none.
  for (const name in object) {
    const shape = fields.get(name);
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

function checkItems(list: readonly unknown[], shape: Shape, found: Found): void {
  if (shape !== variable) found.items += list.length;
  if (found.items > MOST_ITEMS) {
    const expected = `at most ${MOST_ITEMS} list elements in one object`;
    found.errors.push({ path: '', expected, found: `a list of ${list.length}` });
    return;
  }
  for (let i = 0; i < list.length; i++) {
    const before = found.errors.length;
    const item = list[i];
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

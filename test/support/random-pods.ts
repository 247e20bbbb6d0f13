import fc, { type Arbitrary } from 'fast-check';
import { LEGACY_CLASS } from '../../src/k8s/claims.ts';
import type { KubernetesObject } from '../../src/k8s/object.ts';

/** Fields that are each there, null, or left out. */
function fields(model: Record<string, Arbitrary<unknown>>): Arbitrary<Record<string, unknown>> {
  const withNull = Object.entries(model).map(
    ([key, value]) => [key, fc.oneof({ weight: 12, arbitrary: value }, fc.constant(null))] as const,
  );
  return fc.record(Object.fromEntries(withNull), { requiredKeys: [] }) as Arbitrary<Record<string, unknown>>;
}

/** Entries of a map that are each there or left out. Null is no way to leave one out: the API server reads a zero value. */
function entries(model: Record<string, Arbitrary<unknown>>): Arbitrary<Record<string, unknown>> {
  return fc.record(model, { requiredKeys: [] }) as Arbitrary<Record<string, unknown>>;
}

function oneOf(...values: readonly unknown[]): Arbitrary<unknown> {
  return fc.constantFrom(...values);
}

function some(item: Arbitrary<unknown>): Arbitrary<unknown[]> {
  return fc.array(item, { maxLength: 2 });
}

const profile = (...types: readonly string[]) => oneOf(...types.map((type) => ({ type })));

const shared = {
  runAsNonRoot: fc.boolean(),
  runAsUser: oneOf(0, 101, 1000),
  runAsGroup: oneOf(0, 101, 2000),
  seccompProfile: profile('RuntimeDefault', 'Localhost', 'Unconfined'),
  appArmorProfile: profile('RuntimeDefault', 'Localhost', 'Unconfined'),
  seLinuxOptions: fields({
    type: oneOf('', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t', 'spc_t', 'Container_t'),
    user: oneOf('', 'system_u'),
    role: oneOf('', 'system_r'),
    level: oneOf('s0:c123,c456'),
  }),
  windowsOptions: fields({ hostProcess: fc.boolean(), runAsUserName: oneOf('ContainerUser') }),
};

const capability = oneOf('ALL', 'all', 'NET_BIND_SERVICE', 'CAP_NET_BIND_SERVICE', 'CHOWN', 'chown', 'NET_ADMIN');

const containerContext = fields({
  ...shared,
  privileged: fc.boolean(),
  allowPrivilegeEscalation: fc.boolean(),
  procMount: oneOf('Default', 'Unmasked', 'default'),
  capabilities: fields({ add: some(capability), drop: some(capability) }),
  readOnlyRootFilesystem: fc.boolean(),
});

const sysctl = oneOf('kernel.shm_rmid_forced', 'net.ipv4.tcp_rmem', 'net/ipv4/tcp_rmem', 'kernel.msgmax');

const podContext = fields({
  ...shared,
  sysctls: some(sysctl.map((name) => ({ name, value: '1' }))),
  fsGroup: oneOf(0, 101, 2000),
  supplementalGroups: some(oneOf(0, 101, 2000)),
});

const host = oneOf(...Array<string>(9).fill(''), '127.0.0.1', 'localhost', '169.254.169.254');
const handler = fields({
  httpGet: fields({ host, port: oneOf(6333) }),
  tcpSocket: fields({ host, port: oneOf(6333) }),
});

const ports = some(fields({ name: oneOf('http', 'grpc'), containerPort: oneOf(6333), hostPort: oneOf(0, 6333) }));

const DIGEST = `@sha256:${'9'.repeat(64)}`;
const image = oneOf(
  'docker.io/qdrant/qdrant:v1.19.0',
  `qdrant/qdrant${DIGEST}`,
  'registry.cloud.qdrant.io/qdrant/qdrant:v1.19.0',
  'registry.cloud.qdrant.io/qdrant/qdrant',
  `docker.io/acme/loader:1.4${DIGEST}`,
  'no image',
);

const quantity = oneOf('0', '1', 1, '1000m', '2');
const compute = entries({ cpu: quantity, memory: quantity, 'example.com/gpu': oneOf('1') });
const resources = fields({ requests: compute, limits: compute });

const container = fc
  .tuple(
    oneOf('qdrant', 'loader'),
    fields({
      image,
      resources,
      securityContext: containerContext,
      ports,
      livenessProbe: handler,
      readinessProbe: handler,
      startupProbe: handler,
      lifecycle: fields({ postStart: handler, preStop: handler }),
      workingDir: oneOf('/qdrant', '/data'),
      env: some(
        fields({
          name: oneOf('QDRANT__STORAGE__STORAGE_PATH', 'QDRANT__STORAGE__TEMP_PATH', 'TZ'),
          value: oneOf('./storage', '/data/storage', '/qdrant/init'),
          valueFrom: oneOf({ configMapKeyRef: { name: 'paths', key: 'storage' } }),
        }),
      ),
      envFrom: some(oneOf({ configMapRef: { name: 'settings' } })),
      volumeMounts: some(
        fields({
          name: oneOf('data', 'config'),
          mountPath: oneOf('/qdrant/storage', '/qdrant/init', '/data'),
          subPath: oneOf('a'),
        }),
      ),
    }),
  )
  .map(([name, rest]) => ({ ...rest, name }));

/** A field that only ephemeral containers have; the Go code that the pods are compared with refuses it elsewhere. */
const debugContainer = fc
  .tuple(container, fields({ targetContainerName: oneOf('', 'qdrant') }))
  .map(([own, more]) => ({ ...own, ...more }));

const SOURCES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'hostPath',
  'image',
  'nfs',
  'persistentVolumeClaim',
  'photonPersistentDisk',
  'projected',
  'secret',
];

const source = fc.oneof(
  { weight: 4, arbitrary: oneOf(...SOURCES.map((type) => ({ [type]: {} }))) },
  image.map((reference) => ({ image: { reference } })),
  some(oneOf({ serviceAccountToken: { path: 'token' } }, { configMap: { name: 'ca' } })).map((sources) => ({
    projected: { sources },
  })),
  { weight: 2, arbitrary: oneOf({}, { emptyDir: null }, { hostPath: {} }, { hostPath: { path: '/' } }) },
  oneOf({ medium: 'Memory' }, { medium: '' }, {}).map((emptyDir) => ({ emptyDir })),
  oneOf('secrets-store.csi.k8s.io', 'cinder.csi.openstack.org').map((driver) => ({ csi: { driver } })),
  entries({ 'px/secure': oneOf('true', 'false'), [LEGACY_CLASS]: oneOf('', 'plain') }).map((annotations) => ({
    ephemeral: { volumeClaimTemplate: { metadata: { annotations }, spec: { storageClassName: 'encrypted' } } },
  })),
);

const volume = fc.tuple(oneOf('data', 'config'), source).map(([name, from]) => ({ name, ...(from as object) }));

const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/';
const annotation = oneOf('', 'runtime/default', 'localhost/qdrant', 'localhost', 'unconfined');

const metadata = fields({
  annotations: fields({
    [`${APP_ARMOR}qdrant`]: annotation,
    [`${APP_ARMOR}none`]: annotation,
    'k8s.v1.cni.cncf.io/networks': oneOf('', 'storage', '[{"name":"storage"}]', '{'),
    team: annotation,
  }),
  labels: fields({ app: oneOf('qdrant', 'loader') }),
});

const spec = fc
  .tuple(
    fc.array(container, { minLength: 1, maxLength: 2 }),
    fields({
      hostNetwork: fc.boolean(),
      hostPID: fc.boolean(),
      hostIPC: fc.boolean(),
      hostUsers: fc.boolean(),
      os: fields({ name: oneOf('linux', 'windows') }),
      securityContext: podContext,
      volumes: some(volume),
      initContainers: some(container),
      ephemeralContainers: some(debugContainer),
      nodeName: oneOf('', 'node-1'),
      nodeSelector: entries({
        'kubernetes.io/os': oneOf('linux', 'windows'),
        'beta.kubernetes.io/os': oneOf('linux', 'windows'),
        'example.com/pool': oneOf('qdrant', 'web'),
      }),
      tolerations: some(fields({ key: oneOf('example.com/pool', 'example.com/gpu'), operator: oneOf('Exists') })),
      topologySpreadConstraints: some(
        fields({
          topologyKey: oneOf('kubernetes.io/hostname'),
          whenUnsatisfiable: oneOf('DoNotSchedule', 'ScheduleAnyway'),
        }),
      ),
      priorityClassName: oneOf('', 'databases', 'system-cluster-critical', 'system-node-critical'),
      serviceAccountName: oneOf('', 'operator', 'qdrant'),
      serviceAccount: oneOf('', 'operator', 'qdrant'),
      automountServiceAccountToken: fc.boolean(),
      shareProcessNamespace: fc.boolean(),
      hostAliases: some(oneOf({ ip: '203.0.113.7', hostnames: ['qdrant'] })),
      resources,
      resourceClaims: some(
        fields({ name: oneOf('nic'), resourceClaimName: oneOf('nic'), resourceClaimTemplateName: oneOf('nic') }),
      ),
      schedulerName: oneOf('default-scheduler'),
    }),
  )
  .map(([containers, rest]) => ({ ...rest, containers }));

/**
 * Pods of the right shape, with every field that a rule reads and some that none does, each with values on both sides
 * of what is allowed. Most could not run: names repeat, fields exclude one another.
 */
export const randomPod: Arbitrary<KubernetesObject> = fc
  .tuple(metadata, spec)
  .map(([meta, pod]) => ({ apiVersion: 'v1', kind: 'Pod', metadata: meta, spec: pod }));

/** A pod before and after one change, large or small, anywhere in it. */
export const changedPod: Arbitrary<readonly [KubernetesObject, KubernetesObject]> = fc
  .tuple(randomPod, randomPod, fc.array(fc.nat(), { minLength: 9, maxLength: 9 }))
  .map(([before, other, choices]) => {
    const path = somePath(before, other, choices);
    return [before, replaced(before, path, valueAt(other, path)) as KubernetesObject] as const;
  });

type Path = readonly (string | number)[];

/** Walks down both objects at once, every field of a level being as likely as the next. */
function somePath(before: unknown, other: unknown, [first = 0, ...choices]: readonly number[]): Path {
  const path: (string | number)[] = [first % 5 === 0 ? 'metadata' : 'spec'];
  for (const choice of choices) {
    const keys = [...new Set([...keysOf(valueAt(before, path)), ...keysOf(valueAt(other, path))])];
    const key = keys[choice % keys.length];
    if (key === undefined || (path.length > 1 && choice % 7 === 0)) break;
    path.push(key);
  }
  return path;
}

function keysOf(value: unknown): (string | number)[] {
  if (Array.isArray(value)) return [...value.keys()];
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce((at, key) => (at as Record<string | number, unknown> | null | undefined)?.[key], value);
}

/** A copy with another value at a path; undefined takes the field out. Lists keep to their length plus one. */
function replaced(value: unknown, [key, ...rest]: Path, to: unknown): unknown {
  if (key === undefined) return to;
  if (typeof key === 'number') {
    const list = Array.isArray(value) ? [...value] : [];
    if (to === undefined) return list.toSpliced(key, 1);
    list[Math.min(key, list.length)] = replaced(list[key], rest, to);
    return list;
  }
  const { [key]: old, ...others } = (value ?? {}) as Record<string, unknown>;
  const now = replaced(old, rest, to);
  return now === undefined ? others : { ...others, [key]: now };
}

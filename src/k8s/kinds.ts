import { claimShape } from './core/claim-shape.ts';
import { cronJob, job, pod, podTemplate, statefulSet, workload } from './core/workload-shapes.ts';
import { gateway, gatewayClass, listenerSet, route } from './gateway/shapes.ts';
import { endpointSlice, endpoints, ingress, ingressClass, networkPolicy, service } from './networking/shapes.ts';
import { fieldAt, groupOf, type KubernetesObject } from './object.ts';
import { type FieldsShape, fields, metadata, type TypeOf } from './shape.ts';
import {
  persistentVolume,
  storageClass,
  volumeAttributesClass,
  volumeSnapshot,
  volumeSnapshotContent,
} from './storage/shapes.ts';

/** How the API server asks the webhook about a kind. */
export interface AdmissionEntry {
  /** First label of the webhook's name: `pods` of `pods.admission.qdrant.io`. Kinds of one entry share a name. */
  readonly entry: string;
  /** Further resources through which what is judged can change: `pods/status`. */
  readonly alsoThrough?: readonly string[];
  /** A cluster goes on without it: what it is asked about is let in with warnings, or judged again later. */
  readonly advisory?: true;
}

/** What is known of a kind besides its names and its shape. */
interface Traits {
  /** Where its pod template stands; empty for a Pod itself. Absent where it makes no pods. */
  readonly template?: readonly string[];
  /** Whether the API server takes it without a template: it then makes no pods. */
  readonly templateOptional?: true;
  /** The service account in kube-system under which its controller creates pods. */
  readonly podController?: string;
  /** Cluster-scoped: where it names the namespace that it points into; empty: it concerns every namespace. */
  readonly target?: readonly string[];
  /** A cluster may not serve it (it comes with a CRD, or with a later version): it then has no objects of it. */
  readonly optional?: true;
  /** The API server carries it out and stores nothing: it can be judged, and never be read. */
  readonly transient?: true;
  readonly admission?: AdmissionEntry;
  /** What an audit counts its objects as; absent: it is not audited. */
  readonly auditedAs?: 'pods' | 'templates' | 'claims' | 'network';
}

interface Names<G extends string, K extends string> {
  /** Empty for the core group. */
  readonly group: G;
  readonly kind: K;
  /** Those that are read here, the one to ask for first. */
  readonly versions: readonly [string, ...string[]];
  readonly plural: string;
  readonly scope: 'Namespaced' | 'Cluster';
}

/** Group and kind in Kubernetes' own notation: `Pod`, `StatefulSet.apps`. */
type GroupKind<G extends string, K extends string> = G extends '' ? K : `${K}.${G}`;

/** What a row holds: everything that names a kind takes it from here. */
interface KindRow<G extends string, K extends string, S extends FieldsShape> extends Names<G, K>, Traits {
  readonly name: GroupKind<G, K>;
  /** The fields that are read of its objects. */
  readonly shape: S;
  /** The first of its versions. */
  readonly version: string;
  readonly namespaced: boolean;
}

function row<const G extends string, const K extends string, S extends FieldsShape>(
  names: Names<G, K>,
  shape: S,
  traits: Traits = {},
): KindRow<G, K, S> {
  const { group, kind, versions, scope } = names;
  const name = (group === '' ? kind : `${kind}.${group}`) as GroupKind<G, K>;
  return { ...names, ...traits, name, shape, version: versions[0], namespaced: scope === 'Namespaced' };
}

function namespaced<const G extends string, const K extends string>(group: G, kind: K, plural: string): Names<G, K> {
  return { group, kind, versions: ['v1'], plural, scope: 'Namespaced' };
}

function clusterScoped<const G extends string, const K extends string>(group: G, kind: K, plural: string): Names<G, K> {
  return { group, kind, versions: ['v1'], plural, scope: 'Cluster' };
}

const onlyMetadata = fields({ metadata });

/** At admission a workload is advised: its pods are judged when they come. */
const WORKLOAD = { admission: { entry: 'workloads', advisory: true }, auditedAs: 'templates' } as const;
const IN_SPEC = ['spec', 'template'] as const;

const GATEWAY_API = 'gateway.networking.k8s.io';
/** The Gateway API comes with CRDs, some of which serve several versions. Their status carries no metadata. */
const LISTENERS = { optional: true, admission: { entry: 'gateways' }, auditedAs: 'network' } as const;
const ROUTE = { optional: true, admission: { entry: 'routes' }, auditedAs: 'network' } as const;

/** One row per kind, sorted by group and kind. */
export const KINDS = [
  // A Binding copies its labels and annotations onto the pod; pods/binding carries one, too.
  row(namespaced('', 'Binding', 'bindings'), onlyMetadata, {
    transient: true,
    admission: { entry: 'bindings', alsoThrough: ['pods/binding'] },
  }),
  // Who writes them is known only while they are written: an audit cannot tell those of controllers from others.
  row(namespaced('', 'Endpoints', 'endpoints'), endpoints, { admission: { entry: 'endpoints' } }),
  row(clusterScoped('', 'Namespace', 'namespaces'), onlyMetadata),
  row(clusterScoped('', 'PersistentVolume', 'persistentvolumes'), persistentVolume, {
    target: ['spec', 'claimRef', 'namespace'],
    admission: { entry: 'volumes' },
  }),
  // persistentvolumeclaims/status carries annotations, which drivers read.
  row(namespaced('', 'PersistentVolumeClaim', 'persistentvolumeclaims'), claimShape, {
    admission: { entry: 'claims', alsoThrough: ['persistentvolumeclaims/status'] },
    auditedAs: 'claims',
  }),
  // pods/status carries labels and annotations past the pod's own strategy. exec, attach, log, eviction and the like
  // change no pod.
  row(namespaced('', 'Pod', 'pods'), pod, {
    template: [],
    admission: { entry: 'pods', alsoThrough: ['pods/ephemeralcontainers', 'pods/resize', 'pods/status'] },
    auditedAs: 'pods',
  }),
  row(namespaced('', 'PodTemplate', 'podtemplates'), podTemplate, { ...WORKLOAD, template: ['template'] }),
  row(namespaced('', 'ReplicationController', 'replicationcontrollers'), workload, {
    ...WORKLOAD,
    template: IN_SPEC,
    templateOptional: true,
    podController: 'replication-controller',
  }),
  row(namespaced('', 'Secret', 'secrets'), onlyMetadata),
  // The status of Services and Ingresses carries annotations, which controllers read.
  row(namespaced('', 'Service', 'services'), service, {
    admission: { entry: 'services', alsoThrough: ['services/status'] },
    auditedAs: 'network',
  }),
  row(
    clusterScoped('admissionregistration.k8s.io', 'ValidatingWebhookConfiguration', 'validatingwebhookconfigurations'),
    onlyMetadata,
  ),
  row(namespaced('apps', 'DaemonSet', 'daemonsets'), workload, {
    ...WORKLOAD,
    template: IN_SPEC,
    podController: 'daemon-set-controller',
  }),
  row(namespaced('apps', 'Deployment', 'deployments'), workload, {
    ...WORKLOAD,
    template: IN_SPEC,
    podController: 'deployment-controller',
  }),
  row(namespaced('apps', 'ReplicaSet', 'replicasets'), workload, {
    ...WORKLOAD,
    template: IN_SPEC,
    podController: 'replicaset-controller',
  }),
  row(namespaced('apps', 'StatefulSet', 'statefulsets'), statefulSet, {
    ...WORKLOAD,
    template: IN_SPEC,
    podController: 'statefulset-controller',
  }),
  row(namespaced('batch', 'CronJob', 'cronjobs'), cronJob, {
    ...WORKLOAD,
    template: ['spec', 'jobTemplate', ...IN_SPEC],
    podController: 'cronjob-controller',
  }),
  row(namespaced('batch', 'Job', 'jobs'), job, { ...WORKLOAD, template: IN_SPEC, podController: 'job-controller' }),
  row(namespaced('discovery.k8s.io', 'EndpointSlice', 'endpointslices'), endpointSlice, {
    admission: { entry: 'endpoints' },
  }),
  row({ ...namespaced(GATEWAY_API, 'GRPCRoute', 'grpcroutes'), versions: ['v1', 'v1alpha2'] }, route, ROUTE),
  row({ ...namespaced(GATEWAY_API, 'Gateway', 'gateways'), versions: ['v1', 'v1beta1'] }, gateway, LISTENERS),
  row({ ...clusterScoped(GATEWAY_API, 'GatewayClass', 'gatewayclasses'), versions: ['v1', 'v1beta1'] }, gatewayClass, {
    optional: true,
  }),
  row({ ...namespaced(GATEWAY_API, 'HTTPRoute', 'httproutes'), versions: ['v1', 'v1beta1'] }, route, ROUTE),
  row(namespaced(GATEWAY_API, 'ListenerSet', 'listenersets'), listenerSet, LISTENERS),
  row({ ...namespaced(GATEWAY_API, 'TCPRoute', 'tcproutes'), versions: ['v1', 'v1alpha2'] }, route, ROUTE),
  row({ ...namespaced(GATEWAY_API, 'TLSRoute', 'tlsroutes'), versions: ['v1', 'v1alpha3', 'v1alpha2'] }, route, ROUTE),
  row({ ...namespaced(GATEWAY_API, 'UDPRoute', 'udproutes'), versions: ['v1', 'v1alpha2'] }, route, ROUTE),
  row(
    { ...namespaced('gateway.networking.x-k8s.io', 'XListenerSet', 'xlistenersets'), versions: ['v1alpha1'] },
    listenerSet,
    LISTENERS,
  ),
  row(namespaced('networking.k8s.io', 'Ingress', 'ingresses'), ingress, {
    admission: { entry: 'ingresses', alsoThrough: ['ingresses/status'] },
    auditedAs: 'network',
  }),
  row(clusterScoped('networking.k8s.io', 'IngressClass', 'ingressclasses'), ingressClass),
  row(namespaced('networking.k8s.io', 'NetworkPolicy', 'networkpolicies'), networkPolicy, {
    admission: { entry: 'policies' },
    auditedAs: 'network',
  }),
  row(namespaced('snapshot.storage.k8s.io', 'VolumeSnapshot', 'volumesnapshots'), volumeSnapshot, { optional: true }),
  row(
    clusterScoped('snapshot.storage.k8s.io', 'VolumeSnapshotContent', 'volumesnapshotcontents'),
    volumeSnapshotContent,
    {
      target: ['spec', 'volumeSnapshotRef', 'namespace'],
      optional: true,
      admission: { entry: 'snapshots', alsoThrough: ['volumesnapshotcontents/status'] },
    },
  ),
  // Everybody's classes: they must not wait for this program, and the binding of a claim looks at its class again.
  row(clusterScoped('storage.k8s.io', 'StorageClass', 'storageclasses'), storageClass, {
    target: [],
    admission: { entry: 'classes', advisory: true },
  }),
  row(
    {
      ...clusterScoped('storage.k8s.io', 'VolumeAttributesClass', 'volumeattributesclasses'),
      versions: ['v1', 'v1beta1'],
    },
    volumeAttributesClass,
    { optional: true },
  ),
] as const;

/** A row of the table. */
export type Kind = (typeof KINDS)[number];

/** Group and kind of a row: how rules, `reads` and facts name it. */
export type KindName = Kind['name'];

/** An object of a kind, of the shape that its row gives it. */
export type ObjectOf<N extends KindName> = N extends KindName
  ? KubernetesObject & TypeOf<Extract<Kind, { readonly name: N }>['shape']>
  : never;

const BY_NAME: ReadonlyMap<string, Kind> = new Map(KINDS.map((each) => [each.name, each]));

/** The row of a name. */
export function kindNamed(name: KindName): Kind {
  return BY_NAME.get(name) as Kind;
}

/** The row of an object's group and kind, whatever its version; undefined where it has none: nothing is read of it. */
export function kindOf({ apiVersion, kind }: Pick<KubernetesObject, 'apiVersion' | 'kind'>): Kind | undefined {
  const group = groupOf(apiVersion);
  return BY_NAME.get(group === '' ? kind : `${kind}.${group}`);
}

/** Whether an object is of this group and kind. A kind of another group with the same name is another kind. */
export function isKind<N extends KindName>(object: KubernetesObject, name: N): object is ObjectOf<N> {
  return kindOf(object)?.name === name;
}

/** The kinds that make pods and are none themselves. */
export const WORKLOAD_KINDS: readonly Kind[] = KINDS.filter(({ template }) => template && template.length > 0);

/** Whether an object stands in no namespace and concerns each of them. */
export function concernsAll(object: KubernetesObject): boolean {
  return kindOf(object)?.target?.length === 0;
}

/** The namespace that a cluster-scoped object points into; the empty string where it names none. */
export function targetNamespace(object: KubernetesObject, { target = [] }: Kind): string {
  const found = target.length > 0 ? fieldAt(object, target) : undefined;
  return typeof found === 'string' ? found : '';
}

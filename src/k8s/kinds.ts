import { claimShape } from './core/claim-shape.ts';
import { cronJob, job, pod, podTemplate, statefulSet, workload } from './core/workload-shapes.ts';
import { helmChart, ociRepository } from './flux/shapes.ts';
import { gateway, gatewayClass, listenerSet, referenceGrant, route } from './gateway/shapes.ts';
import { clusterScoped, namespaced, row } from './kind-row.ts';
import { CILIUM_KINDS, CLUSTER_POLICY_KINDS, calicoKinds } from './networking/policy-kinds.ts';
import { endpointSlice, endpoints, ingress, ingressClass, networkPolicy, service } from './networking/shapes.ts';
import { fieldAt, groupOf, type KubernetesObject } from './object.ts';
import { fields, metadata, type TypeOf } from './shape.ts';
import {
  persistentVolume,
  storageClass,
  volumeAttributesClass,
  volumeSnapshot,
  volumeSnapshotContent,
} from './storage/shapes.ts';

const onlyMetadata = fields({ metadata });

/** At admission a workload is advised: its pods are judged when they come. */
const WORKLOAD = { admission: { entry: 'workloads', advisory: true }, auditedAs: 'templates' } as const;
const IN_SPEC = ['spec', 'template'] as const;

const GATEWAY_API = 'gateway.networking.k8s.io';
/** The Gateway API comes with CRDs, some of which serve several versions. Their status carries no metadata. */
const LISTENERS = { optional: true, admission: { entry: 'gateways' }, auditedAs: 'network' } as const;
const ROUTE = { optional: true, admission: { entry: 'routes' }, auditedAs: 'network' } as const;

const FLUX_SOURCES = 'source.toolkit.fluxcd.io';
const SOURCE = { optional: true, admission: { entry: 'sources' }, auditedAs: 'sources' } as const;

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
  // The source of a volume is one more field of its spec, and the name of the field tells what it is.
  row(clusterScoped('', 'PersistentVolume', 'persistentvolumes'), persistentVolume, {
    target: ['spec', 'claimRef', 'namespace'],
    keptWhole: 'spec',
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
  ...CILIUM_KINDS,
  ...calicoKinds('crd.projectcalico.org', 'v1'),
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
  row(
    { ...namespaced(GATEWAY_API, 'ReferenceGrant', 'referencegrants'), versions: ['v1beta1', 'v1'] },
    referenceGrant,
    ROUTE,
  ),
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
  ...CLUSTER_POLICY_KINDS,
  ...calicoKinds('projectcalico.org', 'v3'),
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
  // Flux comes with CRDs, and older ones serve an older version.
  row({ ...namespaced(FLUX_SOURCES, 'HelmChart', 'helmcharts'), versions: ['v1', 'v1beta2'] }, helmChart, SOURCE),
  row(
    { ...namespaced(FLUX_SOURCES, 'OCIRepository', 'ocirepositories'), versions: ['v1', 'v1beta2'] },
    ociRepository,
    SOURCE,
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

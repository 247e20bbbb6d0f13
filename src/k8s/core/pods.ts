import { groupOf, type KubernetesObject, type ObjectMeta } from '../object.ts';
import type { ClaimSpec } from '../storage.ts';

/** core/v1 SecurityContext and PodSecurityContext, the fields we read. */
export interface SecurityContext {
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly fsGroup?: number;
  readonly supplementalGroups?: readonly number[];
  readonly readOnlyRootFilesystem?: boolean;
  readonly procMount?: string;
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  readonly seccompProfile?: { readonly type?: string };
  readonly appArmorProfile?: { readonly type?: string };
  readonly seLinuxOptions?: { readonly type?: string; readonly user?: string; readonly role?: string };
  readonly windowsOptions?: { readonly hostProcess?: boolean };
  readonly sysctls?: readonly { readonly name?: string }[];
}

/** The handlers of probes and lifecycle hooks that may name a host. */
export interface NetworkHandler {
  readonly httpGet?: { readonly host?: string };
  readonly tcpSocket?: { readonly host?: string };
}

/** A quantity as JSON and YAML bring it: `500m`, or the plain number 2. */
export type QuantityText = string | number;

/** The resources that a pod is scheduled by. */
export interface ComputeResources {
  readonly cpu?: QuantityText | null;
  readonly memory?: QuantityText | null;
}

/** core/v1 ResourceRequirements, the fields we read. */
export interface ResourceRequirements {
  readonly requests?: ComputeResources;
  readonly limits?: ComputeResources;
}

/** core/v1 Container and EphemeralContainer, the fields we read. */
export interface Container {
  readonly name?: string;
  readonly image?: string;
  /** Of an ephemeral container: whose process namespace it joins. */
  readonly targetContainerName?: string;
  readonly resources?: ResourceRequirements;
  readonly securityContext?: SecurityContext;
  readonly workingDir?: string;
  readonly env?: readonly { readonly name?: string; readonly value?: string; readonly valueFrom?: object }[];
  readonly envFrom?: readonly object[];
  readonly volumeMounts?: readonly { readonly name?: string; readonly mountPath?: string; readonly subPath?: string }[];
  readonly ports?: readonly { readonly name?: string; readonly hostPort?: number }[];
  readonly livenessProbe?: NetworkHandler;
  readonly readinessProbe?: NetworkHandler;
  readonly startupProbe?: NetworkHandler;
  readonly lifecycle?: { readonly postStart?: NetworkHandler; readonly preStop?: NetworkHandler };
}

/** core/v1 Volume: a name and one source, whose key tells the type. */
export interface Volume {
  readonly name?: string;
  readonly image?: { readonly reference?: string };
  readonly persistentVolumeClaim?: { readonly claimName?: string };
  readonly ephemeral?: {
    readonly volumeClaimTemplate?: { readonly metadata?: ObjectMeta; readonly spec?: ClaimSpec };
  };
  readonly emptyDir?: { readonly medium?: string };
  readonly csi?: { readonly driver?: string };
  readonly projected?: { readonly sources?: readonly { readonly serviceAccountToken?: object }[] };
  readonly [source: string]: unknown;
}

/** core/v1 PodSpec, the fields we read. */
export interface PodSpec {
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly hostUsers?: boolean;
  readonly os?: { readonly name?: string };
  readonly nodeName?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly { readonly key?: string }[];
  readonly topologySpreadConstraints?: readonly { readonly whenUnsatisfiable?: string }[];
  readonly priorityClassName?: string;
  readonly serviceAccountName?: string;
  /** The older name of serviceAccountName, which wins where both are set. */
  readonly serviceAccount?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly shareProcessNamespace?: boolean;
  readonly hostAliases?: readonly object[];
  readonly resources?: ResourceRequirements;
  readonly securityContext?: SecurityContext;
  readonly volumes?: readonly Volume[];
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly ephemeralContainers?: readonly Container[];
}

/** The three lists in which a pod carries containers. Every container rule judges all of them. */
export const CONTAINER_LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const;
export type ContainerList = (typeof CONTAINER_LISTS)[number];

/** One container of a pod and where it stands. */
export interface ContainerAt {
  readonly container: Container;
  readonly list: ContainerList;
  readonly index: number;
}

/** A pod, or the pod template of a workload, and its place in the object that carries it. */
export interface Pod {
  /** Field path before `metadata` and `spec`: '' for a Pod, `spec.template.` for a Deployment. */
  readonly base: string;
  readonly metadata: ObjectMeta;
  readonly spec: PodSpec;
  readonly containers: readonly ContainerAt[];
}

interface PodCarrier {
  readonly group: string;
  readonly kind: string;
  /** Where the template stands in the object; empty for a Pod itself. */
  readonly template: readonly string[];
}

/** Every built-in kind that is a pod or makes pods. */
export const POD_CARRIERS: readonly PodCarrier[] = [
  { group: '', kind: 'Pod', template: [] },
  { group: '', kind: 'PodTemplate', template: ['template'] },
  { group: '', kind: 'ReplicationController', template: ['spec', 'template'] },
  { group: 'apps', kind: 'DaemonSet', template: ['spec', 'template'] },
  { group: 'apps', kind: 'Deployment', template: ['spec', 'template'] },
  { group: 'apps', kind: 'ReplicaSet', template: ['spec', 'template'] },
  { group: 'apps', kind: 'StatefulSet', template: ['spec', 'template'] },
  { group: 'batch', kind: 'CronJob', template: ['spec', 'jobTemplate', 'spec', 'template'] },
  { group: 'batch', kind: 'Job', template: ['spec', 'template'] },
];

/** The older form of AppArmor profiles: one annotation a container, which kubelets still honour. */
export const APP_ARMOR_ANNOTATIONS = 'container.apparmor.security.beta.kubernetes.io/';

/** How objects of this kind carry a pod; undefined where they carry none. */
export function podCarrierOf(object: KubernetesObject): PodCarrier | undefined {
  const group = groupOf(object.apiVersion);
  return POD_CARRIERS.find((carrier) => carrier.kind === object.kind && carrier.group === group);
}

/**
 * The pod that an object is or makes. A ReplicationController may have no template (it then makes no pods):
 * undefined, as for a kind that carries none. The object's shape has been checked (`shapes.ts`).
 */
export function podOf(object: KubernetesObject): Pod | undefined {
  const carrier = podCarrierOf(object);
  if (!carrier) return undefined;
  let at: unknown = object;
  for (const field of carrier.template) at = (at as Record<string, unknown> | undefined)?.[field];
  if (at === undefined || at === null) return undefined;
  const { metadata, spec } = at as { metadata?: ObjectMeta; spec?: PodSpec };
  const base = carrier.template.map((field) => `${field}.`).join('');
  return { base, metadata: metadata ?? {}, spec: spec ?? {}, containers: containersOf(spec ?? {}) };
}

function containersOf(spec: PodSpec): ContainerAt[] {
  const all: ContainerAt[] = [];
  for (const list of CONTAINER_LISTS) {
    const containers = spec[list] ?? [];
    for (const [index, container] of containers.entries()) all.push({ container, list, index });
  }
  return all;
}

/** Whether a pod says that it runs on Windows, where Linux security fields cannot be set. */
export function isWindows(pod: Pod): boolean {
  return pod.spec.os?.name === 'windows';
}

/** Whether a pod asks for a user namespace of its own (`hostUsers: false`). */
export function hasUserNamespace(pod: Pod): boolean {
  return pod.spec.hostUsers === false;
}

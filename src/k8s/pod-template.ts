import { CONTAINER_LISTS, type Container, type ContainerList, type PodSpec, type Volume } from './core/pod-shape.ts';
import { type Kind, kindOf } from './kinds.ts';
import { fieldAt, type KubernetesObject, type ObjectMeta } from './object.ts';

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
  readonly volumes: readonly Volume[];
}

/** The older form of AppArmor profiles: one annotation per container, which kubelets still honour. */
export const APP_ARMOR_ANNOTATIONS = 'container.apparmor.security.beta.kubernetes.io/';

/**
 * The pod that an object is or makes. A ReplicationController may have no template (it then makes no pods):
 * undefined, as for a kind that carries none. The object's shape has been checked (`shape-check.ts`).
 */
export function podOf(object: KubernetesObject, kind: Kind | undefined = kindOf(object)): Pod | undefined {
  const template = kind?.template;
  if (!template) return undefined;
  const at = template.length === 0 ? object : fieldAt(object, template);
  if (at === undefined || at === null) return undefined;
  const { metadata, spec } = at as { metadata?: ObjectMeta | null; spec?: PodSpec | null };
  const base = template.map((field) => `${field}.`).join('');
  const volumes = (spec?.volumes ?? []) as readonly Volume[];
  return { base, metadata: metadata ?? {}, spec: spec ?? {}, containers: containersOf(spec ?? {}), volumes };
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

import { type Known, known, unknown } from '../engine/facts.ts';
import type { Subject } from '../engine/subject.ts';
import { POD_CARRIERS } from '../k8s/core/pods.ts';
import { groupOf, isKubernetesObject, type KubernetesObject, type OwnerReference } from '../k8s/object.ts';
import { shapeErrors } from '../k8s/shapes.ts';
import type { World } from './world.ts';

/** Under whose name the controller of each kind asks for pods, where each controller has an account of its own. */
const CONTROLLERS: Readonly<Record<string, string>> = {
  CronJob: 'cronjob-controller',
  DaemonSet: 'daemon-set-controller',
  Deployment: 'deployment-controller',
  Job: 'job-controller',
  ReplicaSet: 'replicaset-controller',
  ReplicationController: 'replication-controller',
  StatefulSet: 'statefulset-controller',
};
/** And where they share one. */
const CONTROLLER_MANAGER = 'system:kube-controller-manager';
/** CronJob → Job, Deployment → ReplicaSet: no built-in chain is longer. */
const LONGEST_CHAIN = 2;

/**
 * The workloads that own a pod. What the pod says is a claim, written by whoever created it: it counts only where the
 * request comes from the controller of the kind that it names, and each owner is alive under the uid that is named.
 * An UPDATE may come from anyone (a person who adds a debug container), and of what already runs nobody knows who asked
 * for it: there the template has to vouch alone.
 */
export async function learnOwners(
  subject: Subject,
  world: World,
  signal: AbortSignal,
): Promise<Known<readonly KubernetesObject[]>> {
  const owners: KubernetesObject[] = [];
  let reference = controllerOf(subject.object);
  if (!reference || !isFromController(subject, reference)) return known(owners);
  while (reference && owners.length < LONGEST_CHAIN) {
    const owner = await readOwner(reference, subject.namespace, world, signal);
    if (!owner.known) return owner;
    if (!owner.value) break;
    owners.push(owner.value);
    reference = controllerOf(owner.value);
  }
  return known(owners);
}

function controllerOf({ metadata }: KubernetesObject): OwnerReference | undefined {
  return metadata?.ownerReferences?.find(({ controller }) => controller === true);
}

function isFromController({ operation, user }: Subject, { kind = '' }: OwnerReference): boolean {
  if (operation === 'UPDATE' || !user) return true;
  const account = Object.hasOwn(CONTROLLERS, kind) ? CONTROLLERS[kind] : undefined;
  if (!account) return false;
  return user.username === CONTROLLER_MANAGER || user.username === `system:serviceaccount:kube-system:${account}`;
}

/** The owner as it is now; undefined where there is none of that uid, or its kind carries no pod template. */
async function readOwner(
  { apiVersion = '', kind = '', name = '', uid }: OwnerReference,
  namespace: string,
  world: World,
  signal: AbortSignal,
): Promise<Known<KubernetesObject | undefined>> {
  const group = groupOf(apiVersion);
  if (!POD_CARRIERS.some((carrier) => carrier.kind === kind && carrier.group === group)) return known(undefined);
  if (!world.readLive) return unknown(`its owner ${kind} ${name} can only be verified in the cluster`);
  const live = await world.readLive({ group, kind }, namespace, name, signal);
  if (!live.known) return live;
  if (!live.value || !isKubernetesObject(live.value) || live.value.metadata?.uid !== uid) return known(undefined);
  const [error] = shapeErrors(live.value);
  return error
    ? unknown(`its owner ${kind} ${name} cannot be read: ${error.path} is ${error.found}`)
    : known(live.value);
}

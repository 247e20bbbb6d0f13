import { type Known, known, unknown } from '../engine/fact.ts';
import type { Subject } from '../engine/subject.ts';
import { type KindName, kindOf, type ObjectOf, WORKLOAD_KINDS } from '../k8s/kinds.ts';
import type { KubernetesObject, OwnerReference } from '../k8s/object.ts';
import { defineFact, type ObjectReader } from './define.ts';

/** Under whose name the controllers ask for pods where they share an account. */
const CONTROLLER_MANAGER = 'system:kube-controller-manager';
/** CronJob → Job, Deployment → ReplicaSet: no built-in chain is longer. */
const LONGEST_CHAIN = 2;

/** What owns pods has a controller that makes them: of a PodTemplate nobody does. */
const OWNER_KINDS = WORKLOAD_KINDS.filter(({ podController }) => podController !== undefined);

/**
 * The workloads that own a pod. What the pod says is a claim, written by whoever created it: it counts only where the
 * request comes from the controller of the kind that it names, and each owner is alive under the uid that is named.
 * An UPDATE may come from anyone (a person who adds a debug container), and of what already runs nobody knows who asked
 * for it: there the template has to vouch alone.
 */
export const owners = defineFact({
  name: 'owners',
  title: 'the workloads that own the pod',
  live: OWNER_KINDS.map(({ name }) => name),
  // It costs reads, and most pods violate nothing that an exemption for their owner could cover.
  lazy: true,
  async learn({ subject, objects }): Promise<Known<readonly KubernetesObject[]>> {
    const found: KubernetesObject[] = [];
    let reference = controllerOf(subject.object);
    if (!reference || !isFromController(subject, reference)) return known(found);
    while (reference && found.length < LONGEST_CHAIN) {
      const owner = await readOwner(reference, subject.namespace, objects);
      if (!owner.known) return owner;
      if (!owner.value) break;
      found.push(owner.value);
      reference = controllerOf(owner.value);
    }
    return known(found);
  },
});

function controllerOf({ metadata }: KubernetesObject): OwnerReference | undefined {
  return metadata?.ownerReferences?.find(({ controller }) => controller === true);
}

function ownerKind({ apiVersion, kind }: OwnerReference): (typeof OWNER_KINDS)[number] | undefined {
  const row = kindOf({ apiVersion: apiVersion ?? '', kind: kind ?? '' });
  return OWNER_KINDS.find(({ name }) => name === row?.name);
}

function isFromController({ operation, user }: Subject, reference: OwnerReference): boolean {
  if (operation === 'UPDATE' || !user) return true;
  const account = ownerKind(reference)?.podController;
  if (!account) return false;
  return user.username === CONTROLLER_MANAGER || user.username === `system:serviceaccount:kube-system:${account}`;
}

/** The owner as it is now; undefined where there is none of that uid, or its kind makes no pods. */
async function readOwner(
  reference: OwnerReference,
  namespace: string,
  objects: ObjectReader<KindName>,
): Promise<Known<ObjectOf<KindName> | undefined>> {
  const row = ownerKind(reference);
  if (!row) return known(undefined);
  const { name, uid } = reference;
  if (!objects.hasLive) return unknown(`its owner ${row.kind} ${name} can only be verified in the cluster`);
  const found = await objects.read(row.name, namespace, name ?? '');
  if (!found.known) return found;
  return known(found.value?.metadata?.uid === uid ? found.value : undefined);
}

import { isKind, KINDS, type Kind, kindNamed, kindOf } from '../../../k8s/kinds.ts';
import { refOf } from '../../../k8s/object.ts';
import type { Pod } from '../../../k8s/pod-template.ts';
import { podOf } from '../../../k8s/pod-template.ts';
import type { NetworkPolicy } from '../../../network/default-deny.ts';
import { Misuse, oneOf, quote } from '../../shared/misuse.ts';
import type { ClusterReader, FoundObject } from '../input.ts';

/** What was asked for, read from the command line. */
export interface Wanted {
  /** Undefined: whatever makes pods; in a cluster a Pod. */
  readonly kind: Kind | undefined;
  readonly name: string;
}

/** A pod, or what makes pods, with the policies of its namespace. */
export interface FoundPod extends FoundObject {
  readonly pod: Pod;
  readonly policies: readonly NetworkPolicy[];
  readonly cluster?: string | undefined;
}

const MAKES_PODS = KINDS.filter(({ template }) => template);
const POLICY = 'NetworkPolicy.networking.k8s.io';

/** `qdrant-0`, `StatefulSet/qdrant`, `statefulsets/qdrant`. @throws Misuse at a kind that makes no pods */
export function readWanted(text: string): Wanted {
  const slash = text.indexOf('/');
  if (slash === -1) return { kind: undefined, name: text };
  const asked = text.slice(0, slash).toLowerCase();
  const kind = MAKES_PODS.find((each) => each.kind.toLowerCase() === asked || each.plural === asked);
  const name = text.slice(slash + 1);
  if (!kind) {
    const kinds = MAKES_PODS.map((each) => each.kind);
    throw new Misuse(`POD is ${quote(text)}: expected the name of a pod, or kind/name of a ${oneOf(kinds)}`);
  }
  if (name === '') throw new Misuse(`POD is ${quote(text)}: expected a name behind the slash`);
  return { kind, name };
}

/** Finds it among the objects of files. A text says what was expected where it is not there, or there several times. */
export function findInFiles(
  wanted: Wanted,
  namespace: string | undefined,
  objects: readonly FoundObject[],
): FoundPod | string {
  const named = objects.flatMap((each) => {
    const pod = podOf(each.object);
    return pod && each.object.metadata?.name === wanted.name ? [{ ...each, pod }] : [];
  });
  const matching = named.filter(
    (each) =>
      (!wanted.kind || kindOf(each.object) === wanted.kind) &&
      (namespace === undefined || each.namespace === namespace),
  );
  const [first, second] = matching;
  const all = objects.filter(({ object }) => podOf(object)).map(describe);
  if (!first) return `is not in the files: there is ${all.length === 0 ? 'nothing that makes pods' : oneOf(all)}`;
  if (second) return `is there several times, as ${oneOf(matching.map(describe))}: expected kind/name, and --namespace`;
  if (first.namespace === '') return 'names no namespace: expected --namespace NAME';
  const policies = objects.filter((each) => each.namespace === first.namespace).flatMap(policyIn);
  return { ...first, policies };
}

/** Reads it from a cluster; undefined where it is not there. */
export async function findInCluster(
  { kind = kindNamed('Pod'), name }: Wanted,
  namespace: string,
  reader: ClusterReader,
): Promise<FoundPod | undefined> {
  const found = await reader.read(kind, namespace, name);
  const pod = found && podOf(found.object);
  if (!pod) return undefined;
  const policies = (await reader.list(kindNamed(POLICY), namespace)).flatMap(policyIn);
  return { ...found, pod, policies, cluster: reader.server };
}

function policyIn({ object }: FoundObject): readonly NetworkPolicy[] {
  return isKind(object, POLICY) ? [object] : [];
}

function describe({ object, namespace }: FoundObject): string {
  return refOf(object, namespace);
}

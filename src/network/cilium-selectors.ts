import type { LabelRequirement, LabelSelector } from '../k8s/selectors.ts';
import { NAMESPACE_LABEL } from './judge-openings.ts';
import type { Peer } from './openings.ts';
import { canBothSelect, requirementsOf } from './selectors.ts';

/** The labels of Cilium's own by which a selector says where pods stand; no pod can carry others of these names. */
const POD_NAMESPACE = 'io.kubernetes.pod.namespace';
const NAMESPACE_LABELS = 'io.cilium.k8s.namespace.labels.';
const CLUSTER_NAME = 'io.cilium.k8s.policy.cluster';

/** A selector of Cilium's, its requirements by what they are about. */
interface Sorted {
  readonly namespaces: readonly LabelRequirement[];
  readonly pods: readonly LabelRequirement[];
  /** Of `reserved:`, which stand for hosts, the world and so on. */
  readonly reserved: readonly LabelRequirement[];
  /** Of other clusters, and of sources of labels that pods do not have. */
  readonly other: readonly LabelRequirement[];
  /** Whether it names namespaces themselves, not only labels of theirs. */
  readonly namesNamespaces: boolean;
}

function sorted(selector: LabelSelector): Sorted {
  const by: Record<'namespaces' | 'pods' | 'reserved' | 'other', LabelRequirement[]> = {
    namespaces: [],
    pods: [],
    reserved: [],
    other: [],
  };
  let namesNamespaces = false;
  for (const requirement of requirementsOf(selector)) {
    const [source, key] = partsOf(requirement.key);
    if (source === 'reserved') by.reserved.push({ ...requirement, key });
    else if (!['', 'any', 'k8s'].includes(source) || key === CLUSTER_NAME) by.other.push(requirement);
    else if (key === POD_NAMESPACE) {
      namesNamespaces = true;
      by.namespaces.push({ ...requirement, key: NAMESPACE_LABEL });
    } else if (key.startsWith(NAMESPACE_LABELS)) {
      by.namespaces.push({ ...requirement, key: key.slice(NAMESPACE_LABELS.length) });
    } else by.pods.push({ ...requirement, key });
  }
  return { ...by, namesNamespaces };
}

/** `k8s:app` is the label app as Kubernetes gives it, and `$host` is short for `reserved:host`. */
function partsOf(key: string): readonly [source: string, key: string] {
  if (key.startsWith('$')) return ['reserved', key.slice(1)];
  const colon = key.indexOf(':');
  return [key.slice(0, Math.max(colon, 0)), key.slice(colon + 1)];
}

/** Where the selector stands. */
export interface SelectorScope {
  /** In a CiliumNetworkPolicy, which is about its own namespace unless it says otherwise. */
  readonly namespaced: boolean;
  /** In a rule for what is about to become a pod: then a selector is not restricted to pods. */
  readonly initializing: boolean;
}

/**
 * The peers that a selector selects, or why nobody can tell. What Cilium adds to a selector, it adds only where that
 * names no namespace: one that only says which namespaces not selects the world, too, which has none.
 *
 * Source: cilium/cilium@v1.20.2: pkg/k8s/apis/cilium.io/utils/utils.go, getEndpointSelector.
 */
export function peerOfSelector(selector: LabelSelector, { namespaced, initializing }: SelectorScope): Peer | string {
  const { namespaces, pods, reserved, other, namesNamespaces } = sorted(selector);
  if (reserved.length > 0) return 'labels of the source reserved stand for more than pods';
  if (other.length > 0) return 'these labels are not those of pods of this cluster';
  const own = namespaced && namespaces.length === 0;
  const addsAny = !namespaced && !namesNamespaces && !initializing;
  if (!own && !addsAny && !namespaces.some(isPositive)) return { of: 'everything' };
  return {
    of: 'pods',
    namespaces: own ? undefined : { matchExpressions: namespaces },
    pods: { matchExpressions: pods },
  };
}

function isPositive({ operator }: LabelRequirement): boolean {
  return operator === 'In' || operator === 'Exists';
}

/** What is about to become a pod; it has no other labels yet. */
const INITIALIZING = 'init';

/** Whether a selector is for what is about to become a pod. */
export function selectsInitializing(selector: LabelSelector): boolean {
  return sorted(selector).reserved.some(({ key }) => key === INITIALIZING);
}

/**
 * The labels of the pods of a namespace that an endpointSelector selects; undefined where it selects none there. What
 * cannot be read is taken to require nothing.
 */
export function podsOfNamespace(
  selector: LabelSelector,
  namespaced: boolean,
  namespace: string,
): LabelSelector | undefined {
  const { namespaces, pods, reserved } = sorted(selector);
  const selected = { matchExpressions: pods };
  // Cilium replaces what one says of the namespace by its own.
  if (namespaced) return selected;
  if (reserved.some((requirement) => requirement.key !== INITIALIZING && isPositive(requirement))) return undefined;
  const own = { matchLabels: { [NAMESPACE_LABEL]: namespace } };
  return canBothSelect({ matchExpressions: namespaces }, own) ? selected : undefined;
}

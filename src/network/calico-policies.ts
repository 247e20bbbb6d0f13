import { isKind, type ObjectOf } from '../k8s/kinds.ts';
import { failure, type Result, success } from '../k8s/result.ts';
import type { LabelRequirement, LabelSelector } from '../k8s/selectors.ts';
import { type AddressSet, ALL_ADDRESSES, parseRange, subtract, union } from './addresses.ts';
import { type CalicoRule, calicoPorts } from './calico-ports.ts';
import { parseCalicoSelector } from './calico-selectors.ts';
import type { Direction } from './default-deny.ts';
import { NAMESPACE_LABEL } from './judge-openings.ts';
import type { Peer } from './openings.ts';
import { NO_PORTS } from './ports.ts';
import { canBothSelect, requirementsOf } from './selectors.ts';
import type { OpenedPart, Translation } from './translation.ts';

type NamespacedPolicy = ObjectOf<'NetworkPolicy.projectcalico.org' | 'NetworkPolicy.crd.projectcalico.org'>;
type GlobalPolicy = ObjectOf<'GlobalNetworkPolicy.projectcalico.org' | 'GlobalNetworkPolicy.crd.projectcalico.org'>;
export type CalicoPolicy = NamespacedPolicy | GlobalPolicy;
type Entity = NonNullable<CalicoRule['source']>;

/** The label by which Calico itself says of a pod, or a NetworkSet, in which namespace it stands. */
const POD_NAMESPACE = 'projectcalico.org/namespace';
/** The label by which Calico itself says what the name of a namespace is. */
const NAMESPACE_NAME = 'projectcalico.org/name';

/** The tier in which Calico decides by NetworkPolicies. */
export const DEFAULT_TIER = 'default';

/**
 * What a policy of Calico opens to pods of a namespace; undefined where it selects none there. An Allow counts whatever
 * its order and tier: the default deny of NetworkPolicies is what the tier default does in the end, with what nothing in
 * it or in tiers before it allowed.
 *
 * Source: projectcalico/api@d4009e4: pkg/apis/projectcalico/v3/{policy_common,networkpolicy,globalnetworkpolicy}.go;
 * projectcalico/calico@1038109: libcalico-go/lib/backend/syncersv1/updateprocessors/rules.go.
 */
export function translateCalico(policy: CalicoPolicy, namespace: string): Translation | undefined {
  const global = isGlobal(policy);
  const own = { matchLabels: { [NAMESPACE_LABEL]: namespace } };
  // What cannot be read may select whatever there is.
  const selected = sorted(parseCalicoSelector(policy.spec?.selector ?? '') ?? {});
  const namespaceSelector = global ? (parseCalicoSelector(policy.spec?.namespaceSelector ?? '') ?? {}) : {};
  const namespaces = [...selected.namespaces, ...namespaceRequirements(namespaceSelector)];
  if (global && !canBothSelect({ matchExpressions: namespaces }, own)) return undefined;
  const { tier, types } = policy.spec ?? {};
  const rules = { Ingress: policy.spec?.ingress, Egress: policy.spec?.egress };
  const judged = DIRECTIONS.filter((direction) => isGoverned(types ?? [], direction));
  return {
    pods: { matchExpressions: selected.pods },
    parts: judged.flatMap((direction) =>
      (rules[direction] ?? []).flatMap((rule, at) =>
        opens(rule, tier || DEFAULT_TIER)
          ? partsOf(rule, direction, `spec.${direction.toLowerCase()}[${at}]`, global)
          : [],
      ),
    ),
  };
}

const DIRECTIONS: readonly Direction[] = ['Ingress', 'Egress'];

function isGlobal(policy: CalicoPolicy): policy is GlobalPolicy {
  return (
    isKind(policy, 'GlobalNetworkPolicy.projectcalico.org') ||
    isKind(policy, 'GlobalNetworkPolicy.crd.projectcalico.org')
  );
}

/** Rules for a direction that `types` leaves out are not looked at; without types all are. */
function isGoverned(types: readonly string[], direction: Direction): boolean {
  return types.length === 0 || types.some((type) => type.toLowerCase() === direction.toLowerCase());
}

/** Whether what a rule matches gets past NetworkPolicies. Pass hands on to the next tier: from default, past them. */
function opens({ action }: CalicoRule, tier: string): boolean {
  switch (action?.toLowerCase()) {
    case 'deny':
    case 'log':
      return false;
    case 'pass':
    case 'next-tier':
      return tier === DEFAULT_TIER;
    default:
      return true;
  }
}

/** The peer is at the other end, the ports are always those of the destination. What else a rule says only narrows. */
function partsOf(rule: CalicoRule, direction: Direction, base: string, global: boolean): readonly OpenedPart[] {
  const ports = calicoPorts(rule);
  if (!ports.ok) {
    const { ports: listed, notPorts } = rule.destination ?? {};
    return [{ direction, path: base, value: { protocol: rule.protocol, ports: listed, notPorts }, why: ports.error }];
  }
  const field = direction === 'Ingress' ? 'source' : 'destination';
  const entity = rule[field] ?? {};
  const path = rule[field] ? `${base}.${field}` : base;
  const { domains } = entity;
  if (domains?.length && direction === 'Egress') {
    return domains.map((domain) => ({ direction: 'Egress', path, domain, ports: ports.value }));
  }
  const { services } = entity;
  if (direction === 'Egress' && services?.name === 'kubernetes' && services.namespace === 'default') {
    // Whatever ports its endpoints have, and no others.
    return [{ direction, path, to: 'the API server', ports: NO_PORTS }];
  }
  const peer = peerOf(entity, global);
  if (!peer.ok) return [{ direction, path, value: entity, why: peer.error }];
  return [{ direction, path, peer: peer.value, ports: ports.value }];
}

/** All that an entity says holds together, so that each part of it alone says no less. */
function peerOf(entity: Entity, global: boolean): Result<Peer, string> {
  const { services, serviceAccounts, selector, namespaceSelector } = entity;
  if (services) return failure('which addresses a Service has, no policy says');
  const nets = addressesIn(entity.nets ?? []);
  const notNets = addressesIn(entity.notNets ?? []);
  // Calico leaves out what it cannot read: of a list of one, nothing is left that would restrict anything.
  if (!nets || !notNets) return failure('these are no ranges of addresses');
  if (selector || namespaceSelector || serviceAccounts) return podsOf(selector ?? '', namespaceSelector ?? '', global);
  if (!entity.nets?.length && !entity.notNets?.length) return success({ of: 'everything' });
  return success({ of: 'addresses', addresses: subtract(entity.nets?.length ? nets : ALL_ADDRESSES, notNets) });
}

function podsOf(selector: string, namespaceSelector: string, global: boolean): Result<Peer, string> {
  const pods = parseCalicoSelector(selector);
  const spaces = parseCalicoSelector(namespaceSelector);
  if (!pods || !spaces) return failure('this selector is more than requirements joined by &&');
  const read = sorted(pods);
  const namespaces = [...read.namespaces, ...namespaceRequirements(spaces)];
  const ofOwn = !global && namespaceSelector === '';
  // One that requires a namespace of nothing selects GlobalNetworkSets, too.
  if (
    !ofOwn &&
    !namespaces.some(({ operator }) => operator === 'In' || operator === 'Exists') &&
    namespaceSelector !== 'all()'
  ) {
    return failure('this may select GlobalNetworkSets, whose addresses may be any: name the namespace');
  }
  return success({
    of: 'pods',
    namespaces: ofOwn && namespaces.length === 0 ? undefined : { matchExpressions: namespaces },
    pods: { matchExpressions: read.pods },
  });
}

/** The requirements of a selector of pods, by what they are about. */
function sorted(selector: LabelSelector) {
  const all = requirementsOf(selector);
  return {
    namespaces: all
      .filter(({ key }) => key === POD_NAMESPACE)
      .map((requirement): LabelRequirement => ({ ...requirement, key: NAMESPACE_LABEL })),
    pods: all.filter(({ key }) => key !== POD_NAMESPACE),
  };
}

function namespaceRequirements(selector: LabelSelector): readonly LabelRequirement[] {
  return requirementsOf(selector).map((requirement) =>
    requirement.key === NAMESPACE_NAME ? { ...requirement, key: NAMESPACE_LABEL } : requirement,
  );
}

function addressesIn(nets: readonly string[]): AddressSet | undefined {
  const ranges = nets.map(parseRange);
  const sets = ranges.flatMap((range) => (range.ok ? [range.value] : []));
  return sets.length === ranges.length ? union(...sets) : undefined;
}

import type { Role } from '../engine/pod-roles.ts';
import type { Finding } from '../engine/rule.ts';
import { cut } from '../engine/wording.ts';
import type { LabelSelector } from '../k8s/selectors.ts';
import { intersect, isEmpty, widestCidr } from './addresses.ts';
import { type Allowance, allowancesFor, rolesSelected, type Site } from './allowances.ts';
import type { Direction, NetworkPolicy } from './default-deny.ts';
import { podsIn, witnessOf } from './judge-openings.ts';
import { type Opening, openingsOf } from './openings.ts';
import { describePorts, isSubset, type PortSet, tcp, udp, union } from './ports.ts';
import { METADATA_ADDRESSES } from './special-addresses.ts';

/** What can be wrong with one opening; the rule of this id says it. */
export type PolicyProblem = 'policy-peers' | 'metadata-address' | 'policy-dns' | 'policy-egress' | 'policy-ingress';

interface Found {
  readonly problem: PolicyProblem;
  readonly finding: Finding;
}

const DNS_PORTS = union(udp(53), tcp(53));
const LONGEST = 400;

/** Everything that a policy opens and its site does not allow, each opening once. */
export function policyProblems(policy: NetworkPolicy, site: Site): readonly Found[] {
  const { openings, unreadable } = openingsOf(policy);
  if (openings.length + unreadable.length === 0) return [];
  const reach = reachOf(policy.spec?.podSelector ?? {}, site);
  return [
    ...unreadable.map(({ direction, path, problem }) => ({
      problem: direction === 'Ingress' ? ('policy-ingress' as const) : ('policy-egress' as const),
      finding: { path, found: 'cannot be read, so nobody can say what it opens', required: problem },
    })),
    ...openings.flatMap((opening): Found[] => {
      const problem = problemOf(opening, reach.allowances, site);
      return problem ? [{ problem: problem.kind, finding: findingOf(opening, problem, reach) }] : [];
    }),
  ];
}

/** What the pods of a selector may. */
interface Reach {
  readonly allowances: readonly Allowance[];
  /** Who they are, in words. */
  readonly whose: string;
}

function reachOf(pods: LabelSelector, site: Site): Reach {
  const roles = rolesSelected(pods, site.settings);
  return { allowances: allowancesFor(roles, site), whose: describeRoles(roles) };
}

/** What is too wide of an opening, whatever kind of policy opens it to the pods of this selector. */
export function openingFinding(opening: Opening, pods: LabelSelector, site: Site): Finding | undefined {
  const reach = reachOf(pods, site);
  const witness = witnessOf(opening, reach.allowances, site.namespace);
  const kind = opening.direction === 'Ingress' ? 'policy-ingress' : 'policy-egress';
  const problem = witness === undefined ? problemOf(opening, reach.allowances, site) : ({ kind, witness } as const);
  return problem && findingOf(opening, problem, reach);
}

/** `pods of the role operator and agent`. */
export function describeRoles(roles: readonly Role[]): string {
  return roles.length > 0 ? `pods of the role ${roles.join(' and ')}` : 'pods without a role';
}

interface Problem {
  readonly kind: PolicyProblem;
  readonly witness: string;
}

function problemOf(
  opening: Opening,
  allowances: readonly Allowance[],
  { namespace, settings }: Site,
): Problem | undefined {
  const { peer, ports, direction } = opening;
  if (peer.of === 'addresses') {
    const metadata = intersect(peer.addresses, METADATA_ADDRESSES);
    if (!isEmpty(metadata) && direction === 'Egress') {
      return { kind: 'metadata-address', witness: `${widestCidr(metadata)}, on ${describePorts(ports)}` };
    }
  }
  const witness = witnessOf(opening, allowances, namespace);
  if (witness === undefined) return undefined;
  if (peer.of === 'everything') return { kind: 'policy-peers', witness };
  if (direction === 'Ingress') return { kind: 'policy-ingress', witness };
  const dns = settings.dns.reduce<PortSet>((all, each) => union(all, each.ports), DNS_PORTS);
  return { kind: isSubset(ports, dns) ? 'policy-dns' : 'policy-egress', witness };
}

const VERBS: Readonly<Record<Direction, string>> = { Ingress: 'lets in', Egress: 'reaches' };

function findingOf({ path, direction }: Opening, { kind, witness }: Problem, { allowances, whose }: Reach): Finding {
  return {
    path,
    value: witness,
    found: `${VERBS[direction]} ${witness}`,
    required: cut(requiredBy(kind, direction, whose, allowances), LONGEST),
  };
}

function requiredBy(
  kind: PolicyProblem,
  direction: Direction,
  whose: string,
  allowances: readonly Allowance[],
): string {
  if (kind === 'metadata-address')
    return 'leave that address out with except: whoever reaches it gets the credentials of the node';
  const relevant = allowances.filter((allowance) => allowance.direction === direction);
  if (kind === 'policy-dns') {
    return `name the DNS of the cluster: ${relevant
      .filter(({ what }) => what.endsWith('DNS'))
      .map(describeAllowance)
      .join('; ')}`;
  }
  if (relevant.length === 0) return `${whose} may not have any ${direction.toLowerCase()}: leave the rule out`;
  return `${whose} may have, and no more: ${relevant.map(describeAllowance).join('; ')}`;
}

/** `pods app=qdrant of qdrant on TCP 6333–6335`. */
export function describeAllowance({ peer, ports }: Allowance): string {
  const where =
    peer.of === 'addresses'
      ? (widestCidr(peer.addresses) ?? 'no address')
      : `${podsIn(peer.pods)} of ${peer.namespace}`;
  return `${where} on ${describePorts(ports)}`;
}

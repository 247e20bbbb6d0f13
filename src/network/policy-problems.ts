import type { Finding } from '../engine/rule.ts';
import { cut } from '../engine/wording.ts';
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
  const selector = policy.spec?.podSelector ?? {};
  const roles = rolesSelected(selector, site.settings);
  const allowances = allowancesFor(roles, site);
  const whose = roles.length > 0 ? `pods of the role ${roles.join(' and ')}` : 'pods without a role';
  return [
    ...unreadable.map(({ direction, path, problem }) => ({
      problem: direction === 'Ingress' ? ('policy-ingress' as const) : ('policy-egress' as const),
      finding: { path, found: 'cannot be read, so nobody can say what it opens', required: problem },
    })),
    ...openings.flatMap((opening): Found[] => {
      const problem = problemOf(opening, allowances, site);
      return problem ? [{ problem: problem.kind, finding: findingOf(opening, problem, whose, allowances) }] : [];
    }),
  ];
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

function findingOf(
  { path, direction }: Opening,
  { kind, witness }: Problem,
  whose: string,
  allowances: readonly Allowance[],
): Finding {
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

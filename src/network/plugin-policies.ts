import type { Role } from '../engine/pod-roles.ts';
import type { Finding } from '../engine/rule.ts';
import { isKind } from '../k8s/kinds.ts';
import type { KubernetesObject } from '../k8s/object.ts';
import { CONTROL_PLANE, rolesSelected, type Site } from './allowances.ts';
import { translateCalico } from './calico-policies.ts';
import { translateCilium } from './cilium-policies.ts';
import { translateClusterPolicy } from './cluster-policies.ts';
import { describeRoles, openingFinding } from './policy-problems.ts';
import { describePorts, isEmpty, NO_PORTS, type PortSet, subtract, union } from './ports.ts';
import type { NetworkSettings } from './settings.ts';
import type { ApiServerOpening, NameOpening, OpenedPart, Translation, Unjudged } from './translation.ts';

/** What a policy of a network plugin opens to pods of a namespace; nothing where it is none. */
export function translationsOf(policy: KubernetesObject, namespace: string): readonly Translation[] {
  if (isKind(policy, 'CiliumNetworkPolicy.cilium.io') || isKind(policy, 'CiliumClusterwideNetworkPolicy.cilium.io')) {
    return translateCilium(policy, namespace);
  }
  const one = translationOf(policy, namespace);
  return one ? [one] : [];
}

function translationOf(policy: KubernetesObject, namespace: string): Translation | undefined {
  if (
    isKind(policy, 'ClusterNetworkPolicy.policy.networking.k8s.io') ||
    isKind(policy, 'AdminNetworkPolicy.policy.networking.k8s.io')
  ) {
    return translateClusterPolicy(policy, namespace);
  }
  if (
    isKind(policy, 'NetworkPolicy.projectcalico.org') ||
    isKind(policy, 'NetworkPolicy.crd.projectcalico.org') ||
    isKind(policy, 'GlobalNetworkPolicy.projectcalico.org') ||
    isKind(policy, 'GlobalNetworkPolicy.crd.projectcalico.org')
  ) {
    return translateCalico(policy, namespace);
  }
  return undefined;
}

/** Whether a verdict about a policy of a network plugin may hang on where the API server listens. */
export function asksForApiServer(policy: KubernetesObject, namespace: string, settings: NetworkSettings): boolean {
  return translationsOf(policy, namespace).some(
    ({ pods, parts }) => mayReachApiServer(rolesSelected(pods, settings)) && parts.some(leadsToAddresses),
  );
}

function leadsToAddresses(part: OpenedPart): boolean {
  if (part.direction !== 'Egress') return false;
  return 'to' in part || ('peer' in part && part.peer.of === 'addresses');
}

function mayReachApiServer(roles: readonly Role[]): boolean {
  return roles.some((role) => CONTROL_PLANE.includes(role));
}

/** What a policy of a network plugin opens to the pods of a site, and what their roles do not allow. */
export function pluginPolicyFindings(policy: KubernetesObject, site: Site): readonly Finding[] {
  return translationsOf(policy, site.namespace).flatMap(({ pods, parts }) => {
    const roles = rolesSelected(pods, site.settings);
    return parts.flatMap((part): Finding | readonly Finding[] => {
      if ('peer' in part) return openingFinding(part, pods, site) ?? [];
      if ('domain' in part) return nameFindings(part, roles, site.settings);
      return 'to' in part ? apiServerFindings(part, roles, site) : unjudgedFinding(part);
    });
  });
}

function unjudgedFinding({ path, value, why }: Unjudged): Finding {
  return {
    path,
    value,
    found: `cannot be judged: ${why}`,
    required: 'say it as a NetworkPolicy of networking.k8s.io/v1, or ask for an exemption',
  };
}

/** Only agents, in the profile hybrid, and only to the names of the console: everything else would be the internet. */
function nameFindings(
  { path, domain, ports }: NameOpening,
  roles: readonly Role[],
  { profile, console }: NetworkSettings,
): readonly Finding[] {
  const name = domain.toLowerCase().replace(/\.$/, '');
  const isAgent = profile === 'hybrid' && roles.includes('agent');
  const allowed = console.reduce<PortSet>(
    (all, place) => (isAgent && place.of === 'domain' && place.domain === name ? union(all, place.ports) : all),
    NO_PORTS,
  );
  const left = subtract(ports, allowed);
  if (isEmpty(left)) return [];
  const witness = `${domain}, on ${describePorts(left)}`;
  const required =
    profile === 'private'
      ? 'leave it out: with profile private nothing leaves the cluster'
      : isAgent
        ? 'reach only names of network.console in the configuration, without wildcards and on their ports'
        : `leave it out: only pods of the role agent may leave the cluster, and this selects ${describeRoles(roles)}`;
  return [{ path, value: witness, found: `reaches ${witness}`, required }];
}

function apiServerFindings(
  { path, ports }: ApiServerOpening,
  roles: readonly Role[],
  { apiServer }: Site,
): readonly Finding[] {
  const isAllowed = mayReachApiServer(roles);
  const served = apiServer.reduce((all, place) => union(all, place.ports), NO_PORTS);
  const left = isAllowed ? subtract(ports, served) : ports;
  if (isAllowed && isEmpty(left)) return [];
  const witness = `the API server${isEmpty(left) ? '' : `, on ${describePorts(left)}`}`;
  const required = isAllowed
    ? `name the ports at which it listens: ${describePorts(served)}`
    : `leave it out: only pods of the roles ${CONTROL_PLANE.join(' and ')} may reach it, and this selects ${describeRoles(roles)}`;
  return [{ path, value: witness, found: `reaches ${witness}`, required }];
}

import { clusterScoped, type Names, namespaced, row } from '../kind-row.ts';
import { calicoGlobalNetworkPolicy, calicoNetworkPolicy, calicoNetworkSet, calicoTier } from './calico-shapes.ts';
import { ciliumEnvoyConfig, ciliumLocalRedirectPolicy, ciliumPolicy } from './cilium-shapes.ts';
import { adminNetworkPolicy, clusterNetworkPolicy } from './cluster-policy-shapes.ts';

/** A kind of a network plugin by which connections may be opened that NetworkPolicies deny. */
const PLUGIN_POLICY = { optional: true, admission: { entry: 'plugin-policies' }, auditedAs: 'network' } as const;
/** The same, for the pods of whichever namespaces it selects. */
const CLUSTER_POLICY = {
  optional: true,
  target: [],
  admission: { entry: 'cluster-policies' },
  auditedAs: 'network',
} as const;

function cilium<const K extends string>(names: Names<'cilium.io', K>): Names<'cilium.io', K> {
  return { ...names, versions: ['v2'] };
}

/**
 * Of Cilium. CiliumEgressGatewayPolicy has no row: it chooses the node through which what policies allow leaves. Nor has
 * CiliumCIDRGroup: policies that refer to one are refused.
 */
export const CILIUM_KINDS = [
  row(
    cilium(clusterScoped('cilium.io', 'CiliumClusterwideEnvoyConfig', 'ciliumclusterwideenvoyconfigs')),
    ciliumEnvoyConfig,
    CLUSTER_POLICY,
  ),
  row(
    cilium(clusterScoped('cilium.io', 'CiliumClusterwideNetworkPolicy', 'ciliumclusterwidenetworkpolicies')),
    ciliumPolicy,
    CLUSTER_POLICY,
  ),
  row(cilium(namespaced('cilium.io', 'CiliumEnvoyConfig', 'ciliumenvoyconfigs')), ciliumEnvoyConfig, PLUGIN_POLICY),
  row(
    cilium(namespaced('cilium.io', 'CiliumLocalRedirectPolicy', 'ciliumlocalredirectpolicies')),
    ciliumLocalRedirectPolicy,
    PLUGIN_POLICY,
  ),
  row(cilium(namespaced('cilium.io', 'CiliumNetworkPolicy', 'ciliumnetworkpolicies')), ciliumPolicy, PLUGIN_POLICY),
] as const;

/** Of Calico, which its API server serves as projectcalico.org, and the cluster itself as it keeps them. */
export function calicoKinds<const G extends string>(group: G, version: string) {
  const versions = [version] as const;
  return [
    row(
      { ...clusterScoped(group, 'GlobalNetworkPolicy', 'globalnetworkpolicies'), versions },
      calicoGlobalNetworkPolicy,
      CLUSTER_POLICY,
    ),
    row({ ...namespaced(group, 'NetworkPolicy', 'networkpolicies'), versions }, calicoNetworkPolicy, PLUGIN_POLICY),
    row({ ...namespaced(group, 'NetworkSet', 'networksets'), versions }, calicoNetworkSet, PLUGIN_POLICY),
    row({ ...clusterScoped(group, 'Tier', 'tiers'), versions }, calicoTier, CLUSTER_POLICY),
  ] as const;
}

/**
 * Of the network-policy-api. BaselineAdminNetworkPolicy has no row: it decides only where no NetworkPolicy does, and
 * allows nothing that would be denied without it.
 */
export const CLUSTER_POLICY_KINDS = [
  row(
    {
      ...clusterScoped('policy.networking.k8s.io', 'AdminNetworkPolicy', 'adminnetworkpolicies'),
      versions: ['v1alpha1'],
    },
    adminNetworkPolicy,
    CLUSTER_POLICY,
  ),
  row(
    {
      ...clusterScoped('policy.networking.k8s.io', 'ClusterNetworkPolicy', 'clusternetworkpolicies'),
      versions: ['v1beta1', 'v1alpha2'],
    },
    clusterNetworkPolicy,
    CLUSTER_POLICY,
  ),
] as const;

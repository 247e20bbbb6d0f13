// Written by npm run generate.

import { bindingMetadata } from './access/binding-metadata.ts';
import { allowPrivilegeEscalation } from './containers/allow-privilege-escalation.ts';
import { appArmorProfile } from './containers/app-armor-profile.ts';
import { capabilitiesBaseline } from './containers/capabilities-baseline.ts';
import { capabilitiesRestricted } from './containers/capabilities-restricted.ts';
import { hostAliases } from './containers/host-aliases.ts';
import { hostNamespaces } from './containers/host-namespaces.ts';
import { hostPathVolumes } from './containers/host-path-volumes.ts';
import { hostPorts } from './containers/host-ports.ts';
import { hostProbesAndHostLifecycle } from './containers/host-probes-and-host-lifecycle.ts';
import { linuxOnly } from './containers/linux-only.ts';
import { nodeName } from './containers/node-name.ts';
import { privileged } from './containers/privileged.ts';
import { procMount } from './containers/proc-mount.ts';
import { procMountRestricted } from './containers/proc-mount-restricted.ts';
import { readOnlyRootFilesystem } from './containers/read-only-root-filesystem.ts';
import { restrictedVolumes } from './containers/restricted-volumes.ts';
import { rootGroups } from './containers/root-groups.ts';
import { runAsNonRoot } from './containers/run-as-non-root.ts';
import { runAsUser } from './containers/run-as-user.ts';
import { seLinuxOptions } from './containers/se-linux-options.ts';
import { seccompProfileBaseline } from './containers/seccomp-profile-baseline.ts';
import { seccompProfileRestricted } from './containers/seccomp-profile-restricted.ts';
import { serviceAccountToken } from './containers/service-account-token.ts';
import { sharedProcessNamespace } from './containers/shared-process-namespace.ts';
import { sysctls } from './containers/sysctls.ts';
import { systemPriorityClass } from './containers/system-priority-class.ts';
import { userAndGroupIds } from './containers/user-and-group-ids.ts';
import { windowsHostProcess } from './containers/windows-host-process.ts';
import type { Rule } from './define.ts';
import { fluxVerification } from './images/flux-verification.ts';
import { imageDigest } from './images/image-digest.ts';
import { imagePolicy } from './images/image-policy.ts';
import { imageProvenance } from './images/image-provenance.ts';
import { imageRegistry } from './images/image-registry.ts';
import { imageSbom } from './images/image-sbom.ts';
import { imageScan } from './images/image-scan.ts';
import { imageSignature } from './images/image-signature.ts';
import { calicoPolicy } from './network/calico-policy.ts';
import { ciliumPolicy } from './network/cilium-policy.ts';
import { clusterNetworkPolicy } from './network/cluster-network-policy.ts';
import { defaultDeny } from './network/default-deny.ts';
import { defaultDenyKept } from './network/default-deny-kept.ts';
import { endpointAddresses } from './network/endpoint-addresses.ts';
import { extendedResources } from './network/extended-resources.ts';
import { externalIps } from './network/external-ips.ts';
import { externalName } from './network/external-name.ts';
import { gatewayTls } from './network/gateway-tls.ts';
import { ingressSources } from './network/ingress-sources.ts';
import { ingressTls } from './network/ingress-tls.ts';
import { loadBalancerNodePorts } from './network/load-balancer-node-ports.ts';
import { loadBalancerSources } from './network/load-balancer-sources.ts';
import { metadataAddress } from './network/metadata-address.ts';
import { networkAttachments } from './network/network-attachments.ts';
import { nodePorts } from './network/node-ports.ts';
import { policyDns } from './network/policy-dns.ts';
import { policyEgress } from './network/policy-egress.ts';
import { policyIngress } from './network/policy-ingress.ts';
import { policyPeers } from './network/policy-peers.ts';
import { referenceGrants } from './network/reference-grants.ts';
import { resourceClaims } from './network/resource-claims.ts';
import { roleLabels } from './network/role-labels.ts';
import { routeGateways } from './network/route-gateways.ts';
import { serviceExposure } from './network/service-exposure.ts';
import { widePolicies } from './network/wide-policies.ts';
import { dedicatedNodes } from './resources/dedicated-nodes.ts';
import { guaranteed } from './resources/guaranteed.ts';
import { requestsAndLimits } from './resources/requests-and-limits.ts';
import { boundVolume } from './storage/bound-volume.ts';
import { claimAnnotations } from './storage/claim-annotations.ts';
import { classChanges } from './storage/class-changes.ts';
import { customerKey } from './storage/customer-key.ts';
import { dataSource } from './storage/data-source.ts';
import { databasePaths } from './storage/database-paths.ts';
import { emptyDirVolumes } from './storage/empty-dir-volumes.ts';
import { encryptedClass } from './storage/encrypted-class.ts';
import { inlineCsiVolumes } from './storage/inline-csi-volumes.ts';
import { snapshotContent } from './storage/snapshot-content.ts';
import { usedClaims } from './storage/used-claims.ts';
import { volumeAttributesClass } from './storage/volume-attributes-class.ts';
import { volumeClaimRef } from './storage/volume-claim-ref.ts';

/** Every rule, sorted by id. */
export const RULES: readonly Rule[] = [
  allowPrivilegeEscalation,
  appArmorProfile,
  bindingMetadata,
  boundVolume,
  calicoPolicy,
  capabilitiesBaseline,
  capabilitiesRestricted,
  ciliumPolicy,
  claimAnnotations,
  classChanges,
  clusterNetworkPolicy,
  customerKey,
  dataSource,
  databasePaths,
  dedicatedNodes,
  defaultDeny,
  defaultDenyKept,
  emptyDirVolumes,
  encryptedClass,
  endpointAddresses,
  extendedResources,
  externalIps,
  externalName,
  fluxVerification,
  gatewayTls,
  guaranteed,
  hostAliases,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  hostProbesAndHostLifecycle,
  imageDigest,
  imagePolicy,
  imageProvenance,
  imageRegistry,
  imageSbom,
  imageScan,
  imageSignature,
  ingressSources,
  ingressTls,
  inlineCsiVolumes,
  linuxOnly,
  loadBalancerNodePorts,
  loadBalancerSources,
  metadataAddress,
  networkAttachments,
  nodeName,
  nodePorts,
  policyDns,
  policyEgress,
  policyIngress,
  policyPeers,
  privileged,
  procMount,
  procMountRestricted,
  readOnlyRootFilesystem,
  referenceGrants,
  requestsAndLimits,
  resourceClaims,
  restrictedVolumes,
  roleLabels,
  rootGroups,
  routeGateways,
  runAsNonRoot,
  runAsUser,
  seLinuxOptions,
  seccompProfileBaseline,
  seccompProfileRestricted,
  serviceAccountToken,
  serviceExposure,
  sharedProcessNamespace,
  snapshotContent,
  sysctls,
  systemPriorityClass,
  usedClaims,
  userAndGroupIds,
  volumeAttributesClass,
  volumeClaimRef,
  widePolicies,
  windowsHostProcess,
];

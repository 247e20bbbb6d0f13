import {
  gkeNetworks,
  listedNetworks,
  ovnNetworks,
  type ReadNames,
  replacingNetwork,
  selectedNetworks,
  terwayInterfaces,
  terwayRequests,
} from './attachment-names.ts';

/** What was read to write a row: a repository with commit and files; or why there is nothing to read. */
type Reading = { readonly read: string; readonly unread?: never } | { readonly unread: string; readonly read?: never };

/** A key by which a pod asks for an interface beside the pod network, or for another network in place of it. */
export type AttachmentKey = Reading & {
  readonly in: 'annotations' | 'labels';
  /** The whole key; with `within` what a key has to contain. */
  readonly key: string;
  /** The plugin takes every key that contains this one. */
  readonly within?: true;
  /** Who reads it. */
  readonly plugin: string;
  /** What comes of it, as the end of a sentence that begins with the key. */
  readonly does: string;
  /** Left out: its value names no network that a configuration could allow. */
  readonly names?: ReadNames;
};

/**
 * Every key that is known to take a pod past the NetworkPolicies of its namespace. Not here: keys that only choose
 * addresses, subnets or routes of the pod network (Calico, Cilium, Kube-OVN), for policies follow the pod; keys of a
 * service mesh, for policies hold below it; keys of which a webhook makes others (Spiderpool), for those are judged.
 */
export const ATTACHMENT_KEYS: readonly AttachmentKey[] = [
  {
    in: 'annotations',
    key: 'k8s.v1.cni.cncf.io/networks',
    plugin: 'Multus, and others that follow it',
    does: 'attaches the pod to further networks',
    names: selectedNetworks,
    read: 'k8snetworkplumbingwg/multus-cni@95a0932: pkg/k8sclient/k8sclient.go; k8snetworkplumbingwg/multus-dynamic-networks-controller@7b7d894: pkg/controller/pod.go (of running pods, too); kubeovn/kube-ovn@1533681: pkg/controller/pod.go; antrea-io/antrea@fc70f2b: pkg/agent/secondarynetwork/podwatch/controller.go',
  },
  {
    in: 'annotations',
    key: 'v1.multus-cni.io/default-network',
    plugin: 'Multus, OVN-Kubernetes and Kube-OVN',
    does: 'puts another network in the place of the pod network',
    names: replacingNetwork,
    read: 'k8snetworkplumbingwg/multus-cni@95a0932: pkg/k8sclient/k8sclient.go; ovn-kubernetes/ovn-kubernetes@8871cd9: go-controller/pkg/util/pod_annotation.go; kubeovn/kube-ovn@1533681: pkg/controller/pod.go',
  },
  {
    // OVN-Kubernetes writes it of every pod, for the pod network alone.
    in: 'annotations',
    key: 'k8s.ovn.org/pod-networks',
    plugin: 'OVN-Kubernetes',
    does: 'tells the node of further networks',
    names: ovnNetworks,
    read: 'ovn-kubernetes/ovn-kubernetes@8871cd9: go-controller/pkg/util/pod_annotation.go, multi_network.go',
  },
  {
    in: 'annotations',
    key: 'k8s.ovn.org/open-default-ports',
    plugin: 'OVN-Kubernetes',
    does: 'opens ports of the pod beside its user-defined network',
    read: 'ovn-kubernetes/ovn-kubernetes@8871cd9: go-controller/pkg/util/pod_annotation.go, go-controller/pkg/node/udn_isolation.go',
  },
  {
    in: 'annotations',
    key: 'networking.gke.io/interfaces',
    plugin: 'GKE',
    does: 'attaches the pod to further networks',
    names: gkeNetworks,
    read: 'GoogleCloudPlatform/gke-networking-api@34c617f: apis/network/v1/annotations.go, network_types.go',
  },
  {
    in: 'annotations',
    key: 'k8s.amazonaws.com/nicConfig',
    plugin: 'the Amazon VPC CNI',
    does: 'gives the pod an address on every network card of its node',
    read: 'aws/amazon-vpc-cni-k8s@b521883: cmd/routed-eni-cni-plugin/cni.go, README.md',
  },
  {
    in: 'annotations',
    key: 'k8s.aliyun.com/pod-networks',
    plugin: 'Terway',
    does: 'gives the pod further network interfaces',
    names: terwayInterfaces,
    read: 'AliyunContainerService/terway@89aadf8: types/controlplane/annotations.go, pkg/controller/webhook/mutating.go',
  },
  {
    in: 'annotations',
    key: 'k8s.aliyun.com/pod-networks-request',
    plugin: 'Terway',
    does: 'attaches the pod to networks by PodNetworking',
    names: terwayRequests,
    read: 'AliyunContainerService/terway@89aadf8: types/controlplane/annotations.go, pkg/controller/webhook/mutating.go',
  },
  {
    in: 'annotations',
    key: 'network.v1alpha1.isovalent.com/pod-networks',
    plugin: 'Isovalent Enterprise for Cilium',
    does: 'attaches the pod to further networks',
    names: listedNetworks,
    read: 'devodev/cilium@f929361: enterprise/pkg/multinetwork/manager.go (a public copy of the enterprise branch)',
  },
  {
    in: 'annotations',
    key: 'k8s.plugin.opnfv.org/nfn-network',
    plugin: 'Nodus (ovn4nfv)',
    does: 'attaches the pod to further networks',
    read: 'opnfv/ovn4nfv-k8s-plugin@3de63ee: pkg/controller/pod/pod_controller.go',
  },
  {
    in: 'annotations',
    key: 'danm.k8s.io/interfaces',
    within: true,
    plugin: 'DANM',
    does: 'attaches the pod to other networks, in place of the default one',
    read: 'nokia/danm@05ad4ed: pkg/metacni/metacni.go',
  },
  {
    in: 'annotations',
    key: 'networkservicemesh.io',
    plugin: 'Network Service Mesh',
    does: 'gives the pod interfaces into network services',
    read: 'networkservicemesh/cmd-admission-webhook-k8s@110fb6e: internal/config/config.go, main.go',
  },
  {
    in: 'annotations',
    key: 'tke.cloud.tencent.com/networks',
    plugin: 'Tencent Kubernetes Engine',
    does: 'chooses the plugins that wire the pod',
    unread: 'its plugin is not public; its documentation shows lists of plugins',
  },
  {
    in: 'labels',
    key: 'kubernetes.azure.com/pod-network',
    plugin: 'Azure CNI',
    does: 'gives the pod a network interface in another subnet',
    read: 'Azure/azure-container-networking@cbd7560: cns/configuration/env.go, cns/middlewares/k8sSwiftV2.go',
  },
  {
    in: 'labels',
    key: 'kubernetes.azure.com/pod-network-instance',
    plugin: 'Azure CNI',
    does: 'gives the pod a network interface in another subnet',
    read: 'Azure/azure-container-networking@cbd7560: cns/configuration/env.go, cns/middlewares/k8sSwiftV2.go',
  },
];

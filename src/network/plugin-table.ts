/** Whether a plugin enforces NetworkPolicies, as far as its configuration shows. */
export type PluginState = 'on' | 'off' | 'unknown';

/** What switches a plugin's enforcement; its default counts where it is not there. */
export type Switch =
  /** A key of a ConfigMap in the namespace of the agent. */
  | { readonly in: 'config-map'; readonly name: string; readonly key: string; readonly off: readonly string[] }
  /** A boolean flag of a container's program. */
  | { readonly in: 'flag'; readonly flag: string; readonly default: boolean }
  /** A variable of a container. */
  | { readonly in: 'variable'; readonly name: string; readonly off: readonly string[] }
  /** One of these containers, which is what enforces. */
  | { readonly in: 'container'; readonly names: readonly string[] };

/** A network plugin, and how it is told what it does. */
export interface NetworkPlugin {
  readonly name: string;
  /** `namespace/name` of its DaemonSets: a tenant may call its own as it likes. */
  readonly agents: readonly string[];
  /** The API group of its CRDs, which tell that it is there where none of its DaemonSets is found. */
  readonly group?: string;
  /** Any of these that says off is enough. */
  readonly switches: readonly Switch[];
  /** Where no switch says off. */
  readonly otherwise: { readonly state: PluginState; readonly why: string };
  /** What was read to write this row. */
  readonly read: string;
}

const ALWAYS = { state: 'on', why: 'it enforces them wherever it runs' } as const;
const NOT_SWITCHED_OFF = { state: 'on', why: 'nothing that is known here switches it off' } as const;
const TRUTHY = ['1', 't', 'true'];

function at(namespaces: readonly string[], ...names: readonly string[]): readonly string[] {
  return namespaces.flatMap((namespace) => names.map((name) => `${namespace}/${name}`));
}

/** The network plugins that are known, and what switches them off. One that is not here is unknown. */
export const PLUGINS: readonly NetworkPlugin[] = [
  {
    name: 'Antrea',
    agents: at(['kube-system'], 'antrea-agent'),
    group: 'crd.antrea.io',
    switches: [],
    otherwise: ALWAYS,
    read: 'antrea-io/antrea@00d545e: build/charts/antrea/templates/agent/daemonset.yaml',
  },
  {
    name: 'AWS VPC CNI',
    agents: at(['kube-system'], 'aws-node'),
    switches: [
      { in: 'container', names: ['aws-eks-nodeagent', 'aws-network-policy-agent'] },
      { in: 'flag', flag: 'enable-network-policy', default: false },
    ],
    otherwise: {
      state: 'unknown',
      why: 'its agent is on, but the controller that translates them belongs to the control plane of EKS, and is not seen here',
    },
    read: 'aws/aws-network-policy-agent@0ab2f15: pkg/config/controller_config.go; aws/amazon-vpc-cni-k8s@0055425: config/master/aws-k8s-cni.yaml',
  },
  {
    name: 'Azure Network Policy Manager',
    agents: at(['kube-system'], 'azure-npm'),
    switches: [],
    otherwise: ALWAYS,
    read: 'Azure/azure-container-networking@06bd2db: npm/azure-npm.yaml',
  },
  {
    name: 'Calico',
    agents: at(['calico-system', 'kube-system'], 'calico-node', 'canal', 'rke2-canal'),
    group: 'crd.projectcalico.org',
    switches: [],
    otherwise: ALWAYS,
    read: 'projectcalico/calico@0039c9c: manifests/calico.yaml',
  },
  {
    name: 'Cilium',
    // anetd is the same agent under the name that Google gives it in Dataplane V2.
    agents: [...at(['kube-system', 'cilium'], 'cilium'), 'kube-system/anetd'],
    group: 'cilium.io',
    switches: [
      { in: 'config-map', name: 'cilium-config', key: 'policy-audit-mode', off: TRUTHY },
      { in: 'config-map', name: 'cilium-config', key: 'enable-policy', off: ['never'] },
      { in: 'config-map', name: 'cilium-config', key: 'enable-k8s-networkpolicy', off: ['0', 'f', 'false'] },
    ],
    otherwise: NOT_SWITCHED_OFF,
    read: 'cilium/cilium@v1.20.2: pkg/option/config.go, pkg/option/runtime_options.go, install/kubernetes/cilium/templates/cilium-configmap.yaml',
  },
  {
    name: 'flannel',
    agents: at(['kube-flannel', 'kube-system'], 'kube-flannel-ds', 'kube-flannel'),
    switches: [{ in: 'container', names: ['kube-network-policies'] }],
    otherwise: { state: 'on', why: 'it runs with the container kube-network-policies' },
    read: 'flannel-io/flannel@0c01a50: chart/kube-flannel/templates/daemonset.yaml',
  },
  {
    name: 'kindnet',
    agents: at(['kube-system'], 'kindnet'),
    switches: [],
    otherwise: { state: 'unknown', why: 'older versions do not enforce them, and which one it is does not show' },
    read: 'kubernetes-sigs/kind@128196c: images/kindnetd/cmd/kindnetd/main.go',
  },
  {
    name: 'Kube-OVN',
    agents: at(['kube-system', 'kube-ovn'], 'kube-ovn-cni'),
    group: 'kubeovn.io',
    switches: [],
    otherwise: { state: 'unknown', why: 'the flag --enable-np of its controller is not read here' },
    read: 'kubeovn/kube-ovn@8d19e71: dist/images/install.sh',
  },
  {
    name: 'kube-router',
    agents: at(['kube-system'], 'kube-router'),
    switches: [{ in: 'flag', flag: 'run-firewall', default: true }],
    otherwise: NOT_SWITCHED_OFF,
    read: 'cloudnativelabs/kube-router@v2.1.0: pkg/options/options.go, daemonset/kube-router-firewall-daemonset.yaml',
  },
  {
    name: 'OVN-Kubernetes',
    agents: at(['openshift-ovn-kubernetes', 'ovn-kubernetes'], 'ovnkube-node'),
    group: 'k8s.ovn.org',
    switches: [],
    otherwise: ALWAYS,
    read: 'ovn-org/ovn-kubernetes@f42b2a2: dist/templates/ovnkube-node.yaml.j2',
  },
  {
    name: 'Weave Net',
    agents: at(['kube-system'], 'weave-net'),
    switches: [
      { in: 'container', names: ['weave-npc'] },
      { in: 'variable', name: 'EXPECT_NPC', off: ['0'] },
    ],
    otherwise: NOT_SWITCHED_OFF,
    read: 'weaveworks/weave@00f8afd: prog/weave-kube/weave-daemonset-k8s-1.11.yaml',
  },
];

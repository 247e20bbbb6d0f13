import type { ObjectOf } from '../k8s/kinds.ts';
import type { WideningAnnotation } from './source-ranges.ts';

export type Service = ObjectOf<'Service'>;

/** Who makes the load balancers of a class, and how it is told from where they may be called. */
export interface LoadBalancerClass {
  /** A value of spec.loadBalancerClass; undefined: no class is named, and the cluster's own load balancer takes it. */
  readonly name: string | undefined;
  readonly controller: string;
  /** Where spec.loadBalancerSourceRanges is empty it reads the annotation. */
  readonly readsAnnotation: boolean;
  readonly source: string;
}

/** core/v1 AnnotationLoadBalancerSourceRangesKey: ranges, with commas between them. */
export const RANGES_ANNOTATION = 'service.beta.kubernetes.io/load-balancer-source-ranges';

const AWS = 'kubernetes-sigs/aws-load-balancer-controller@225f445: pkg/service/model_build_managed_sg.go';
const GKE = 'GKE: LoadBalancer Service concepts, load balancer source ranges';
const CILIUM = 'cilium/cilium@v1.20.2: Documentation/network/lb-ipam.rst, kubeproxy-free.rst';

/**
 * Those that keep to spec.loadBalancerSourceRanges. Without a class some cloud providers read the annotation, and kube-proxy
 * and what runs on bare metal do not: nothing in the object tells which of them there is.
 */
export const LOAD_BALANCER_CLASSES: readonly LoadBalancerClass[] = [
  {
    name: undefined,
    controller: "the cluster's own load balancer",
    readsAnnotation: false,
    source: 'k8s.io/cloud-provider@v0.37.2: service/helpers/helper.go; k8s.io/kubernetes@v1.37.2: pkg/proxy',
  },
  { name: 'eks.amazonaws.com/nlb', controller: 'EKS Auto Mode', readsAnnotation: true, source: AWS },
  { name: 'service.k8s.aws/nlb', controller: 'AWS Load Balancer Controller', readsAnnotation: true, source: AWS },
  { name: 'networking.gke.io/l4-regional-external', controller: 'GKE', readsAnnotation: false, source: GKE },
  { name: 'networking.gke.io/l4-regional-internal', controller: 'GKE', readsAnnotation: false, source: GKE },
  { name: 'io.cilium/bgp-control-plane', controller: 'Cilium', readsAnnotation: false, source: CILIUM },
  { name: 'io.cilium/l2-announcer', controller: 'Cilium', readsAnnotation: false, source: CILIUM },
];

const AWS_ANNOTATIONS = 'kubernetes-sigs/aws-load-balancer-controller@225f445: docs/guide/service/annotations.md';
const AZURE = 'kubernetes-sigs/cloud-provider-azure@ba7290b: pkg/provider/loadbalancer/accesscontrol.go';
const ORACLE = 'oracle/oci-cloud-controller-manager@1100ac3: docs/load-balancer-annotations.md';
const NSG = 'attaches security groups on Oracle Cloud, and what they let in';
const NO_LISTS = 'may tell Oracle Cloud to make no rules of the ranges';

/** They count whatever the class is: nobody else reads them, and nothing is lost without them. Sorted by key. */
export const WIDENING_ANNOTATIONS: readonly (WideningAnnotation & { readonly source: string })[] = [
  { key: 'oci-network-load-balancer.oraclecloud.com/oci-network-security-groups', why: NSG, source: ORACLE },
  {
    key: 'oci-network-load-balancer.oraclecloud.com/security-list-management-mode',
    harmless: 'All',
    why: NO_LISTS,
    source: ORACLE,
  },
  { key: 'oci.oraclecloud.com/oci-network-security-groups', why: NSG, source: ORACLE },
  { key: 'oci.oraclecloud.com/security-rule-management-mode', harmless: 'NSG', why: NO_LISTS, source: ORACLE },
  {
    key: 'service.beta.kubernetes.io/aws-load-balancer-disable-nlb-sg',
    harmless: 'false',
    why: 'makes no security group of the ranges on AWS',
    source: AWS_ANNOTATIONS,
  },
  {
    key: 'service.beta.kubernetes.io/aws-load-balancer-extra-security-groups',
    why: 'adds security groups on AWS, and what they let in',
    source: 'kubernetes/cloud-provider-aws@63ec440: docs/service_controller.md',
  },
  {
    key: 'service.beta.kubernetes.io/aws-load-balancer-inbound-sg-rules-on-private-link-traffic',
    harmless: 'on',
    why: 'lets in on AWS whoever comes through PrivateLink',
    source: AWS_ANNOTATIONS,
  },
  {
    key: 'service.beta.kubernetes.io/aws-load-balancer-security-group-prefix-lists',
    why: 'adds lists of ranges on AWS that stand elsewhere',
    source: AWS_ANNOTATIONS,
  },
  {
    key: 'service.beta.kubernetes.io/aws-load-balancer-security-groups',
    why: 'puts other security groups on AWS in the place of the one that is made of the ranges',
    source: AWS_ANNOTATIONS,
  },
  {
    key: 'service.beta.kubernetes.io/azure-allowed-ip-ranges',
    why: 'is read on Azure besides other ranges, and nowhere else',
    source: AZURE,
  },
  {
    key: 'service.beta.kubernetes.io/azure-allowed-service-tags',
    why: 'lets in whole services on Azure by their tags, and the internet is one of them',
    source: AZURE,
  },
  {
    key: 'service.beta.kubernetes.io/oci-load-balancer-security-list-management-mode',
    harmless: 'All',
    why: NO_LISTS,
    source: ORACLE,
  },
  {
    key: 'service.cilium.io/src-ranges-policy',
    harmless: 'allow',
    why: 'makes Cilium refuse the ranges and let in everybody else',
    source: 'cilium/cilium@v1.20.2: Documentation/network/kubernetes/kubeproxy-free.rst',
  },
];

/** The class of a Service, among those that are known and those that the owner of the cluster answers for. */
export function loadBalancerClassOf({ spec }: Service, attested: readonly string[]): LoadBalancerClass | undefined {
  const name = spec?.loadBalancerClass || undefined;
  const known = LOAD_BALANCER_CLASSES.find((each) => each.name === name);
  if (known || name === undefined || !attested.includes(name)) return known;
  return { name, controller: name, readsAnnotation: false, source: 'the configuration' };
}

/** The port on which the members of a database cluster trust each other. */
export const PEER_PORT = 6335;

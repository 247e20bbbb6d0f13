import type { WideningAnnotation } from './source-ranges.ts';

/** Where a controller is told from which addresses its listeners may be called. */
type Ranges =
  /** In annotations of the Ingress: ranges, or addresses, with commas between them. The first that is there counts. */
  | { readonly in: 'annotations'; readonly keys: readonly [string, ...string[]] }
  /** In the Service that it makes beside its Gateway, which is judged itself. */
  | { readonly in: 'service' }
  /** In an object that is not read here. */
  | { readonly in: 'elsewhere'; readonly where: string };

/** A controller that opens ways in from outside, for the classes that name it. */
export interface WayInController {
  /** spec.controller of an IngressClass, or spec.controllerName of a GatewayClass. */
  readonly name: string;
  readonly of: 'Ingress' | 'Gateway';
  readonly product: string;
  readonly ranges: Ranges;
  readonly widening?: readonly WideningAnnotation[];
  /** Since when it gets no more fixes. */
  readonly retired?: string;
  readonly source: string;
}

/** The name of a class is up to the cluster: only the controller that it names tells what is read. Sorted by name. */
export const WAY_IN_CONTROLLERS: readonly WayInController[] = [
  {
    name: 'gateway.envoyproxy.io/gatewayclass-controller',
    of: 'Gateway',
    product: 'Envoy Gateway',
    ranges: { in: 'elsewhere', where: 'a SecurityPolicy (authorization.rules[].principal.clientCIDRs)' },
    source: 'Envoy Gateway: IP Allowlist/Denylist',
  },
  {
    name: 'haproxy.org/ingress-controller',
    of: 'Ingress',
    product: 'HAProxy',
    ranges: { in: 'annotations', keys: ['haproxy.org/allow-list', 'haproxy.org/whitelist'] },
    widening: [
      { key: 'haproxy.org/src-ip-header', why: 'takes the address of the caller from a header that the caller writes' },
    ],
    source: 'haproxytech/kubernetes-ingress@fc12067: pkg/annotations/ingress/accessControl.go',
  },
  {
    name: 'ingress.k8s.aws/alb',
    of: 'Ingress',
    product: 'AWS Load Balancer Controller',
    ranges: { in: 'annotations', keys: ['alb.ingress.kubernetes.io/inbound-cidrs'] },
    widening: [
      {
        key: 'alb.ingress.kubernetes.io/group.name',
        why: 'shares the load balancer with Ingresses of others, whose ranges are open, too',
      },
      {
        key: 'alb.ingress.kubernetes.io/security-group-prefix-lists',
        why: 'adds lists of ranges that stand elsewhere',
      },
      {
        key: 'alb.ingress.kubernetes.io/security-groups',
        why: 'puts other security groups in the place of the ranges',
      },
    ],
    source: 'kubernetes-sigs/aws-load-balancer-controller@225f445: docs/guide/ingress/annotations.md',
  },
  {
    name: 'istio.io/gateway-controller',
    of: 'Gateway',
    product: 'Istio',
    ranges: { in: 'service' },
    source: 'Istio: Kubernetes Gateway API, automated deployment',
  },
  {
    name: 'istio.io/ingress-controller',
    of: 'Ingress',
    product: 'Istio',
    ranges: { in: 'elsewhere', where: 'an AuthorizationPolicy (rules[].from[].source.ipBlocks)' },
    source: 'Istio: Ingress Access Control',
  },
  {
    name: 'k8s.io/ingress-nginx',
    of: 'Ingress',
    product: 'Ingress NGINX',
    ranges: {
      in: 'annotations',
      keys: [
        'nginx.ingress.kubernetes.io/allowlist-source-range',
        'nginx.ingress.kubernetes.io/whitelist-source-range',
      ],
    },
    widening: [
      {
        key: 'nginx.ingress.kubernetes.io/satisfy',
        harmless: 'all',
        why: 'lets in from anywhere whoever knows a password',
      },
    ],
    retired: 'March 2026',
    source: 'kubernetes/ingress-nginx@dbb11b9: internal/ingress/annotations/ipallowlist/main.go, README.md',
  },
  {
    name: 'tailscale.com/ts-ingress',
    of: 'Ingress',
    product: 'Tailscale',
    ranges: { in: 'elsewhere', where: 'the access rules of the tailnet' },
    widening: [
      {
        key: 'tailscale.com/funnel',
        harmless: 'false',
        why: 'lets in the whole internet, past the rules of the tailnet',
      },
    ],
    source:
      'tailscale/tailscale@18f65b9: cmd/k8s-operator/ingress.go; @d127da3: deploy/chart/templates/ingressclass.yaml',
  },
  {
    name: 'traefik.io/gateway-controller',
    of: 'Gateway',
    product: 'Traefik',
    ranges: { in: 'elsewhere', where: 'a Middleware (ipAllowList)' },
    source: 'Traefik: IPAllowList',
  },
  {
    name: 'traefik.io/ingress-controller',
    of: 'Ingress',
    product: 'Traefik',
    ranges: { in: 'elsewhere', where: 'a Middleware (ipAllowList)' },
    source: 'Traefik: IPAllowList',
  },
];

/** What the class of an Ingress or a Gateway tells of who serves it. */
export interface ClassController {
  /** The name of the class; undefined where none is named. */
  readonly className: string | undefined;
  /** The name of the controller; undefined where there is no such class, or it names none. */
  readonly controller: string | undefined;
}

/** The older way to name the class of an Ingress: controllers read it as they like, and no IngressClass need be there. */
export const LEGACY_CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

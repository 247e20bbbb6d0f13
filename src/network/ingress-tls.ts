/** An annotation of an Ingress that decides whether connections are TLS, or where they and what they carry are led. */
export interface TlsAnnotation {
  /** The key, or how it begins where it ends in a dot. */
  readonly key: string;
  /** The values that are let in; none: it is refused. */
  readonly allowed?: readonly string[] | ((value: string) => boolean);
  /** The controller that serves plain HTTP where it is not set. */
  readonly neededBy?: string;
  /** What to write, and why. */
  readonly required: string;
  readonly source: string;
}

const NGINX = 'kubernetes/ingress-nginx@dbb11b9: docs/user-guide/nginx-configuration/annotations.md';
const HAPROXY = 'haproxytech/kubernetes-ingress@fc12067: pkg/annotations';
const ALB = 'kubernetes-sigs/aws-load-balancer-controller@225f445: docs/guide/ingress/annotations.md';

const SNIPPET = 'remove it: it may change everything that else is said of these connections';
const REDIRECT = 'remove it: it leads callers elsewhere, and their keys with them';
const PLAIN = 'set it to "true" or remove it: else what is not TLS is served, too';
const PASSTHROUGH =
  'set it to "false" or remove it: the controller then looks at no other annotation, ranges among them';

/** Sorted by key. They count whatever the class is: no controller but its own reads one. */
export const TLS_ANNOTATIONS: readonly TlsAnnotation[] = [
  { key: 'alb.ingress.kubernetes.io/actions.', required: REDIRECT, source: ALB },
  {
    key: 'alb.ingress.kubernetes.io/listen-ports',
    allowed: listensByHttpsOnly,
    neededBy: 'ingress.k8s.aws/alb',
    required: `set it to '[{"HTTPS": 443}]': without it, and with anything else, there is a listener for HTTP`,
    source: ALB,
  },
  { key: 'haproxy.org/backend-config-snippet', required: SNIPPET, source: HAPROXY },
  { key: 'haproxy.org/ssl-passthrough', allowed: ['false'], required: PASSTHROUGH, source: HAPROXY },
  { key: 'haproxy.org/ssl-redirect', allowed: ['true'], required: PLAIN, source: HAPROXY },
  {
    key: 'kubernetes.io/ingress.allow-http',
    allowed: ['false'],
    required: 'set it to "false" or remove it: else what is not TLS is served, too',
    source: 'GKE: Configuring Ingress for external Application Load Balancers, disabling HTTP',
  },
  { key: 'nginx.ingress.kubernetes.io/auth-snippet', required: SNIPPET, source: NGINX },
  {
    key: 'nginx.ingress.kubernetes.io/auth-url',
    required: 'remove it: it sends the headers of every request elsewhere, and keys stand in headers',
    source: NGINX,
  },
  {
    key: 'nginx.ingress.kubernetes.io/backend-protocol',
    allowed: (value) => ['HTTP', 'HTTPS', 'GRPC', 'GRPCS'].includes(value.toUpperCase()),
    required: 'set it to HTTPS or GRPCS where the database has a certificate, else to HTTP or GRPC',
    source: NGINX,
  },
  { key: 'nginx.ingress.kubernetes.io/configuration-snippet', required: SNIPPET, source: NGINX },
  { key: 'nginx.ingress.kubernetes.io/force-ssl-redirect', allowed: ['true'], required: PLAIN, source: NGINX },
  {
    key: 'nginx.ingress.kubernetes.io/mirror-target',
    required: 'remove it: it sends a copy of every request elsewhere',
    source: NGINX,
  },
  { key: 'nginx.ingress.kubernetes.io/modsecurity-snippet', required: SNIPPET, source: NGINX },
  { key: 'nginx.ingress.kubernetes.io/permanent-redirect', required: REDIRECT, source: NGINX },
  {
    key: 'nginx.ingress.kubernetes.io/server-alias',
    required: 'remove it, and write a rule for each host: tls covers only those',
    source: NGINX,
  },
  { key: 'nginx.ingress.kubernetes.io/server-snippet', required: SNIPPET, source: NGINX },
  { key: 'nginx.ingress.kubernetes.io/ssl-passthrough', allowed: ['false'], required: PASSTHROUGH, source: NGINX },
  { key: 'nginx.ingress.kubernetes.io/ssl-redirect', allowed: ['true'], required: PLAIN, source: NGINX },
  { key: 'nginx.ingress.kubernetes.io/stream-snippet', required: SNIPPET, source: NGINX },
  { key: 'nginx.ingress.kubernetes.io/temporal-redirect', required: REDIRECT, source: NGINX },
  {
    key: 'traefik.ingress.kubernetes.io/router.tls',
    allowed: ['true'],
    neededBy: 'traefik.io/ingress-controller',
    required: 'set it to "true": without it the hosts are served on entry points without TLS, too',
    source: 'Traefik: Kubernetes Ingress, TLS',
  },
];

/** Whether a list of listeners, which is JSON in an annotation, has some, and all of them speak HTTPS. */
function listensByHttpsOnly(value: string): boolean {
  let listed: unknown;
  try {
    listed = JSON.parse(value);
  } catch {
    return false;
  }
  if (!Array.isArray(listed) || listed.length === 0) return false;
  return listed.every(
    (each: unknown) =>
      typeof each === 'object' && each !== null && JSON.stringify(Object.keys(each)) === JSON.stringify(['HTTPS']),
  );
}

/** Whether annotations with this key are meant by a row. */
export function isMeant({ key }: TlsAnnotation, annotation: string): boolean {
  return key.endsWith('.') ? annotation.startsWith(key) : annotation === key;
}

/** Whether a value of an annotation is let in. */
export function isAllowed({ allowed = [] }: TlsAnnotation, value: string): boolean {
  return typeof allowed === 'function' ? allowed(value) : allowed.includes(value);
}

/** Whether a certificate for one of these hosts is one for this host, too: a wildcard stands for one label. */
export function coversHost(hosts: readonly string[], host: string): boolean {
  const dot = host.indexOf('.');
  return hosts.includes(host) || (dot > 0 && hosts.includes(`*${host.slice(dot)}`));
}

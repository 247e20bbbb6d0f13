/** Written to be applied as JSON. */
export type Manifest = Readonly<Record<string, unknown>>;

const PORT = 8080;

/** What a pod of the restricted profile says about itself. */
const RESTRICTED = {
  pod: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  container: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
} as const;

/** A namespace in which the API server itself holds pods to the restricted profile. */
export function restrictedNamespace(name: string): Manifest {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

/** A program that answers every HTTP request with a greeting, for `node --eval`. */
export function greeter(greeting: string): string {
  return `require('node:http').createServer((_, answer) => answer.end(${JSON.stringify(greeting)})).listen(${PORT});`;
}

export interface ServerOptions {
  readonly name: string;
  readonly namespace: string;
  readonly image: string;
  readonly args: readonly string[];
  /** The node that is taken while it is there. */
  readonly preferredNode?: string;
}

/** A Deployment of one pod that serves HTTP, and its Service, both under that name. */
export function httpServer({ name, namespace, image, args, preferredNode }: ServerOptions): readonly Manifest[] {
  const labels = { app: name };
  const container = {
    name: 'server',
    image,
    args,
    ports: [{ name: 'http', containerPort: PORT }],
    readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 },
    securityContext: RESTRICTED.container,
  };
  const onNode = { key: 'kubernetes.io/hostname', operator: 'In', values: [preferredNode] };
  const preference = { weight: 1, preference: { matchExpressions: [onNode] } };
  const affinity = { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [preference] } };
  const spec = {
    securityContext: RESTRICTED.pod,
    containers: [container],
    // As the first process of its container, Node.js ignores the signal to end.
    terminationGracePeriodSeconds: 1,
    ...(preferredNode === undefined ? {} : { affinity }),
  };
  const metadata = { name, namespace };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
    },
  ];
}

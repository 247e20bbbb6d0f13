import { goodSpec } from '../support/pods.ts';

const PORT = 8080;

/** A server that is ready until somebody asks for /flip, and again after the next time. */
const SOURCE = `
let ready = true;
require('node:http').createServer((request, response) => {
  if (request.url === '/flip') ready = !ready;
  response.writeHead(request.url === '/ready' && !ready ? 503 : 200).end();
}).listen(${PORT});`;

/** A pod that every rule accepts and that really runs: an image of Node, and little of everything. */
export function runningSpec(image: string): object {
  const spec = goodSpec(image);
  if (!('containers' in spec) || !Array.isArray(spec.containers)) throw new Error('a spec without containers');
  const [container] = spec.containers;
  const server = {
    ...container,
    args: ['--eval', SOURCE],
    ports: [{ containerPort: PORT }],
    readinessProbe: { httpGet: { path: '/ready', port: PORT }, periodSeconds: 1, failureThreshold: 1 },
    resources: { limits: { cpu: '100m', memory: '128Mi' } },
  };
  // As the first process of its container, Node ignores the signal to end.
  return { ...spec, terminationGracePeriodSeconds: 1, containers: [server] };
}

/** The path of the API server's proxy that makes such a pod unready, or ready again. */
export function flipPath(namespace: string, pod: string): string {
  return `/api/v1/namespaces/${namespace}/pods/${pod}:${PORT}/proxy/flip`;
}

export function service(namespace: string, name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: { app: name }, ports: [{ port: PORT }] },
  };
}

/** Nothing in, nothing out. */
export function networkPolicy(namespace: string): object {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'closed', namespace },
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  };
}

import { type Attempt, create, NAMESPACE, PODS_PATH, post } from './attempt.ts';

type Json = Record<string, unknown>;

const PORTS = [{ name: 'http', port: 6333, targetPort: 6333 }];

function service(name: string, spec: Json, annotations: Json = {}): Json {
  const metadata = { name, namespace: NAMESPACE, annotations };
  return { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: { app: 'qdrant' }, ports: PORTS, ...spec } };
}

/** A Service that nobody minds, and then a change of it. */
function changed(name: string, change: Json, ...args: string[]): Attempt['run'] {
  return async (tools) => {
    const made = await create(service(name, {}))(tools);
    if (made.code !== 0) throw new Error(`the Service before the change was refused: ${made.stderr}`);
    return tools.kubectl([
      ...['-n', NAMESPACE, 'patch', 'service', name, ...args, '--type=merge', '-p'],
      JSON.stringify(change),
    ]);
  };
}

const OUTSIDE = '203.0.113.9';
const EXPOSED = { metadata: { annotations: { 'tailscale.com/expose': 'true' } } };

/** Ways to be called from outside, or to lead callers there. */
export const WAY_IN_ATTEMPTS: readonly Attempt[] = [
  {
    way: 'Services',
    what: 'a load balancer without ranges',
    run: create(service('open', { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false })),
    refusedBy: { rule: 'load-balancer-sources' },
  },
  {
    way: 'Services',
    what: 'a load balancer for two halves of all addresses',
    run: create(
      service('halves', {
        type: 'LoadBalancer',
        allocateLoadBalancerNodePorts: false,
        loadBalancerSourceRanges: ['0.0.0.0/1', '128.0.0.0/1'],
      }),
    ),
    refusedBy: { rule: 'load-balancer-sources' },
  },
  {
    way: 'Services',
    what: 'of the type ClusterIP first, then a node port',
    run: changed('later', { spec: { type: 'NodePort' } }),
    refusedBy: { rule: 'node-ports' },
  },
  {
    way: 'Services',
    what: 'an address of its own choice, of the type ClusterIP',
    run: create(service('chosen', { externalIPs: [OUTSIDE] })),
    refusedBy: { rule: 'external-ips' },
  },
  {
    way: 'Services',
    what: 'another name for a host outside',
    run: create(service('elsewhere', { type: 'ExternalName', externalName: 'collector.example.com', selector: null })),
    refusedBy: { rule: 'external-name' },
  },
  {
    way: 'Services',
    what: 'of the type ClusterIP, with an annotation that opens it to another network',
    run: create(service('exposed', {}, { 'tailscale.com/expose': 'true' })),
    refusedBy: { rule: 'service-exposure' },
  },
  {
    way: 'Services',
    what: 'the same annotation later',
    run: changed('exposed-later', EXPOSED),
    refusedBy: { rule: 'service-exposure' },
  },
  {
    way: 'Services',
    what: 'the same annotation through the status',
    run: changed('exposed-by-status', EXPOSED, '--subresource=status'),
    refusedBy: { rule: 'service-exposure' },
  },
  {
    way: 'Services',
    what: 'pods of other clusters in its place',
    run: create(service('mesh', {}, { 'service.cilium.io/global': 'True' })),
    refusedBy: { rule: 'service-exposure' },
  },
  {
    way: 'endpoints',
    what: 'an EndpointSlice with an address outside',
    run: create({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'outside', namespace: NAMESPACE, labels: { 'kubernetes.io/service-name': 'qdrant' } },
      addressType: 'IPv4',
      ports: [{ port: 443 }],
      endpoints: [{ addresses: [OUTSIDE] }],
    }),
    refusedBy: { rule: 'endpoint-addresses' },
  },
  {
    way: 'endpoints',
    what: 'Endpoints with an address outside, which a controller copies into a slice',
    run: create({
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: 'outside', namespace: NAMESPACE },
      subsets: [{ addresses: [{ ip: OUTSIDE }], ports: [{ port: 443 }] }],
    }),
    refusedBy: { rule: 'endpoint-addresses' },
  },
  {
    way: 'networks',
    what: 'an annotation through pods/binding, whose key only contains that of the plugin',
    run: post(
      `${PODS_PATH}/victim/binding`,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'victim', namespace: NAMESPACE, annotations: { 'x.danm.k8s.io/interfaces': '[]' } },
        target: { kind: 'Node', name: 'n' },
      }),
    ),
    refusedBy: { rule: 'binding-metadata' },
  },
];

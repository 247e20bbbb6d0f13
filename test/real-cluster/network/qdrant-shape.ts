import { chmod, copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeCluster } from '../node/node.ts';
import { writeImage } from '../node/oci.ts';

/** Kubernetes objects, written to be applied as JSON. */
type Manifest = Readonly<Record<string, unknown>>;

export const NAMESPACE = 'qdrant';
export const STRANGERS = 'strangers';
export const DATABASES = ['qdrant-0', 'qdrant-1', 'qdrant-2'] as const;
export const DNS_ADDRESS = '10.96.0.10';

/** Besides 6333 (REST), 6334 (gRPC) and 6335 (peer to peer): one that belongs to nobody. */
export const ANOTHER_PORT = 7000;
const PORTS = [6333, 6334, 6335, ANOTHER_PORT];
const HEADLESS = 'qdrant-headless';
const DOMAIN = 'cluster.local';
/** Where CoreDNS tells that it is ready. */
export const DNS_READY_PORT = 8181;

/** The name that the cluster's DNS knows a database pod by. */
export function nameOf(database: string): string {
  return `${database}.${HEADLESS}.${NAMESPACE}.svc.${DOMAIN}`;
}

/** A script for Node.js that takes connections on ports, and says nothing. */
export function listener(ports: readonly number[]): string {
  const each = `require('node:net').createServer((socket) => socket.on('error', () => {}).end()).listen(port);`;
  return `for (const port of ${JSON.stringify(ports)}) ${each}`;
}

function podSpec(image: string): object {
  return {
    automountServiceAccountToken: false,
    // The kubelets of this harness know no DNS.
    dnsPolicy: 'None',
    dnsConfig: { nameservers: [DNS_ADDRESS] },
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: 'listener',
        image,
        args: ['--eval', listener(PORTS)],
        ports: PORTS.map((containerPort) => ({ containerPort })),
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
      },
    ],
  };
}

function namespace(name: string): Manifest {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

function pod(name: string, inNamespace: string, image: string): Manifest {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: inNamespace }, spec: podSpec(image) };
}

/**
 * A database of three nodes, as the operator labels them, with listeners in the place of Qdrant; a pod beside them that has
 * no role; and a pod of another namespace.
 */
export function threeNodes(image: string): readonly Manifest[] {
  const labels = { app: 'qdrant', 'cluster-id': 'one' };
  const metadata = { name: 'qdrant', namespace: NAMESPACE };
  return [
    namespace(NAMESPACE),
    namespace(STRANGERS),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { ...metadata, name: HEADLESS },
      spec: { clusterIP: 'None', selector: labels, ports: [{ name: 'p2p', port: 6335 }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata,
      spec: {
        replicas: DATABASES.length,
        serviceName: HEADLESS,
        podManagementPolicy: 'Parallel',
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: podSpec(image) },
      },
    },
    pod('no-role', NAMESPACE, image),
    pod('stranger', STRANGERS, image),
  ];
}

/** The image of CoreDNS alone; `binary` is its path. */
export async function dnsImage(cluster: NodeCluster, binary: string): Promise<string> {
  const work = await mkdtemp(join(tmpdir(), 'qdrant-admission-coredns-'));
  try {
    const root = join(work, 'root');
    await mkdir(root);
    await chmod(root, 0o755);
    await copyFile(binary, join(root, 'coredns'));
    await chmod(join(root, 'coredns'), 0o755);
    await writeImage(join(work, 'layout'), root, { User: '0', Entrypoint: ['/coredns'] });
    return await cluster.pushImage(join(work, 'layout'), 'coredns:local');
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The DNS of a cluster as every installer sets it up: CoreDNS behind the Service `kube-dns`. */
export function clusterDns(image: string): readonly Manifest[] {
  const labels = { 'k8s-app': 'kube-dns' };
  const system = (name: string) => ({ name, namespace: 'kube-system' });
  const role = 'system:coredns';
  const rule = (group: string, resources: readonly string[]) => ({
    apiGroups: [group],
    resources,
    verbs: ['list', 'watch'],
  });
  const container = {
    name: 'coredns',
    image,
    args: ['-conf', '/etc/coredns/Corefile'],
    volumeMounts: [{ name: 'config', mountPath: '/etc/coredns', readOnly: true }],
    readinessProbe: { httpGet: { path: '/ready', port: DNS_READY_PORT }, periodSeconds: 1 },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
    },
  };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: system('coredns') },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: role },
      rules: [rule('', ['services', 'namespaces']), rule('discovery.k8s.io', ['endpointslices'])],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: role },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'ServiceAccount', ...system('coredns') }],
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: system('coredns'),
      data: { Corefile: `.:53 {\n  errors\n  ready :${DNS_READY_PORT}\n  kubernetes ${DOMAIN}\n}\n` },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...system('coredns'), labels },
      spec: {
        serviceAccountName: 'coredns',
        dnsPolicy: 'Default',
        terminationGracePeriodSeconds: 1,
        containers: [container],
        volumes: [{ name: 'config', configMap: { name: 'coredns' } }],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: system('kube-dns'),
      spec: {
        clusterIP: DNS_ADDRESS,
        selector: labels,
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP' },
          { name: 'dns-tcp', port: 53, protocol: 'TCP' },
        ],
      },
    },
  ];
}

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { PinnedModule } from '../harness/binaries.ts';
import { KIND_NETWORK, type KindCluster, startKind } from '../harness/kind.ts';
import { output, run } from '../harness/run.ts';
import type { Log } from '../harness/setup-error.ts';
import { startWatchdog } from '../harness/watchdog.ts';
import type { ImageBuild } from '../node/builder.ts';
import { type ContainerProcess, findProcess, type NodeExec, signalProcess } from '../node/containers.ts';
import { must, until } from '../support/protected.ts';
import type { InstallCluster } from './cluster.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const REGISTRY_IMAGE = 'registry:3';
const REGISTRY_PORT = 5000;
const READY_MS = 120_000;
const API_SERVER = { namespace: 'kube-system', labels: 'component=kube-apiserver' };
const ETCD = { namespace: 'kube-system', labels: 'component=etcd' };

/** A worker beside the control plane; pods of a lost node are replaced after some seconds instead of minutes. */
const CONFIGURATION = {
  kind: 'Cluster',
  apiVersion: 'kind.x-k8s.io/v1alpha4',
  nodes: [{ role: 'control-plane' }, { role: 'worker' }],
  // As newer node images have it anyway: where mirrors of registries are looked up.
  containerdConfigPatches: [
    '[plugins."io.containerd.grpc.v1.cri".registry]\n  config_path = "/etc/containerd/certs.d"',
  ],
  // Without an apiVersion kind takes it for the one that the Kubernetes version wants.
  kubeadmConfigPatches: [
    JSON.stringify({
      kind: 'ClusterConfiguration',
      apiServer: {
        extraArgs: { 'default-not-ready-toleration-seconds': '10', 'default-unreachable-toleration-seconds': '10' },
      },
      controllerManager: { extraArgs: { 'node-monitor-grace-period': '20s' } },
    }),
  ],
};

const nodeExec: NodeExec = (node, command, args) => run('docker', ['exec', node, command, ...args]);

/**
 * kind, with a registry beside it the way kind documents one. Pods go to the control plane; the worker waits until it is asked for: kind
 * has no way to join a node later.
 */
export async function startKindCluster(module: PinnedModule, log: Log): Promise<InstallCluster> {
  const kind = await startKind(module, log, CONFIGURATION);
  try {
    const registry = await startRegistry(kind);
    try {
      return await withRegistry(kind, registry);
    } catch (error) {
      await registry.stop();
      throw error;
    }
  } catch (error) {
    await kind.stop();
    throw error;
  }
}

interface Registry {
  /** As images are named: on this machine the port is published, on the nodes a mirror stands behind the name. */
  readonly address: string;
  stop(): Promise<void>;
}

async function startRegistry({ name }: KindCluster): Promise<Registry> {
  const container = `${name}-registry`;
  const folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-registry-'));
  const remove = ['rm', '--force', '--volumes', container];
  const watchdog = startWatchdog(folder, ['docker', ...remove]);
  const stop = async (): Promise<void> => {
    await run('docker', remove);
    await watchdog.dismiss();
    await rm(folder, { recursive: true });
  };
  try {
    const port = ['--publish', `127.0.0.1::${REGISTRY_PORT}`];
    await output('docker', ['run', '--detach', '--name', container, '--network', 'bridge', ...port, REGISTRY_IMAGE]);
    const published = await output('docker', ['port', container, `${REGISTRY_PORT}/tcp`]);
    const address = `localhost:${/:(\d+)$/m.exec(published)?.[1]}`;
    await output('docker', ['network', 'connect', KIND_NETWORK, container]);
    const mirror = `[host."http://${container}:${REGISTRY_PORT}"]\n`;
    for (const node of nodesOf(name)) {
      const file = `/etc/containerd/certs.d/${address}/hosts.toml`;
      await output('docker', ['exec', '-i', node, 'install', '-D', '/dev/stdin', file], { stdin: mirror });
    }
    return { address, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function nodesOf(name: string): readonly [controlPlane: string, worker: string] {
  return [`${name}-control-plane`, `${name}-worker`];
}

async function withRegistry(kind: KindCluster, registry: Registry): Promise<InstallCluster> {
  const { kubectl } = kind;
  const [controlPlane, worker] = nodesOf(kind.name);
  const ready = (node: string) => kubectl(['wait', '--for=condition=Ready', `node/${node}`, '--timeout=55s']);
  await until('both nodes', async () => (await ready(worker)).code === 0, READY_MS);
  await must(kubectl(['cordon', worker]));
  await must(kubectl(['taint', 'nodes', controlPlane, 'node-role.kubernetes.io/control-plane:NoSchedule-']));
  let etcd: ContainerProcess | undefined;
  return {
    ...kind,
    registry: registry.address,
    async baseImage() {
      const [, base = ''] = /^ARG BASE_IMAGE=(\S+)$/m.exec(await readFile(join(ROOT, 'Dockerfile'), 'utf8')) ?? [];
      await output('docker', ['pull', base]);
      await output('docker', ['tag', base, `${registry.address}/node:base`]);
      return push(registry.address, 'node:base');
    },
    buildImage: (build) => buildImage(registry.address, build),
    async restartApiServer() {
      await signalProcess(nodeExec, await findProcess(kubectl, nodeExec, API_SERVER), 'KILL');
      const isReady = async () => (await kubectl(['get', '--raw', '/readyz'])).code === 0;
      await until('the API server', isReady, READY_MS);
    },
    async pauseEtcd() {
      // Found before: without etcd nobody tells.
      etcd = await findProcess(kubectl, nodeExec, ETCD);
      await signalProcess(nodeExec, etcd, 'STOP');
    },
    async resumeEtcd() {
      if (etcd !== undefined) await signalProcess(nodeExec, etcd, 'CONT');
    },
    async killContainer(selector) {
      const found = await findProcess(kubectl, nodeExec, selector);
      await signalProcess(nodeExec, found, 'KILL');
      return found.pod;
    },
    async fetchFromNode(url) {
      const curl = ['exec', controlPlane, 'curl', '--silent', '--show-error', '--max-time', '10'];
      const answer = await run('docker', [...curl, '--write-out', '\n%{http_code}', url]);
      if (answer.code !== 0) throw new Error(`${url} was not answered: ${answer.stderr}`);
      const end = answer.stdout.lastIndexOf('\n');
      return { status: Number(answer.stdout.slice(end + 1)), text: answer.stdout.slice(0, end) };
    },
    async addNode() {
      await must(kubectl(['uncordon', worker]));
      return worker;
    },
    async killNode(node) {
      await output('docker', ['kill', node]);
    },
    async stop() {
      await registry.stop();
      await kind.stop();
    },
  };
}

async function buildImage(registry: string, build: ImageBuild): Promise<string> {
  const { contextDir, dockerfile, buildArgs = {}, ref, timestamp } = build;
  const args = Object.entries(buildArgs).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  // An attestation would make an index of the image, and another digest than the one that nodes report.
  const command = ['build', '--provenance=false', '--sbom=false', '--file', dockerfile, '--tag', `${registry}/${ref}`];
  const env = { ...process.env, ...(timestamp !== undefined && { SOURCE_DATE_EPOCH: String(timestamp) }) };
  await output('docker', [...command, ...args, contextDir], { env });
  return push(registry, ref);
}

/** Pushes what has that name and tag in the registry; answers with its reference by digest. */
async function push(registry: string, ref: string): Promise<string> {
  await output('docker', ['push', '--quiet', `${registry}/${ref}`]);
  const [, name = '', tag = ''] = /^(.+):([^:]+)$/.exec(ref) ?? [];
  const types = ['index.v1+json', 'manifest.v1+json'].map((type) => `application/vnd.oci.image.${type}`);
  const accept = [...types, 'application/vnd.docker.distribution.manifest.v2+json'].join(', ');
  const url = `http://${registry}/v2/${name}/manifests/${tag}`;
  const response = await fetch(url, { method: 'HEAD', headers: { accept } });
  const digest = response.headers.get('docker-content-digest');
  if (digest === null) throw new Error(`${url} has no digest: HTTP status ${response.status}`);
  return `${registry}/${name}@${digest}`;
}

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureBinaries, ensureTool, pinnedModule } from '../harness/binaries.ts';
import type { Cluster } from '../harness/cluster.ts';
import { type Components, createComponents } from '../harness/components.ts';
import { CONTROL_PLANE_BINARIES, type Controls, SERVICE_RANGE, startControlPlane } from '../harness/control-plane.ts';
import type { LocalFiles } from '../harness/local-files.ts';
import { type Log, SetupError } from '../harness/setup-error.ts';
import { type Builder, createBuilder } from './builder.ts';
import { createImages, type Images } from './images.ts';
import { createNetwork, inNamespace, type Network, POD_RANGE } from './network.ts';
import { type NodeControls, startNodes } from './nodes.ts';
import { removalCommand } from './removal.ts';
import { installPackages, missingForNode } from './requirements.ts';
import { startRegistry, startScheduler } from './services.ts';

export interface NodeOptions {
  readonly log: Log;
  /** A minor version such as "1.34"; the newest pinned one unless given. */
  readonly kubernetes?: string;
  /** The first three numbers of the network's addresses, e.g. "10.99.0"; a free one from 10.99.0 to 10.99.255 unless given. */
  readonly subnet?: string;
}

/**
 * A whole cluster of one's own, in which pods run. This machine reaches its nodes, its registry and its API server; they reach
 * this machine at `webhookHost`. There is no cluster DNS and no way to the outside.
 */
export interface NodeCluster extends Omit<Cluster, keyof Controls>, Controls, Images, Builder, NodeControls {
  /** Holds all files, the log of every process among them. */
  readonly folder: string;
  /** Begins the names of its network namespaces, and of its interface here. */
  readonly network: string;
}

const FIRST_NODE = 'node-1';
const REGISTRY_PORT = 5000;
const PORTS = { api: 6443, etcd: 2379, etcdPeer: 2380 };
const CRANE = 'github.com/google/go-containerregistry/cmd/crane@v0.22.1';
const BINARIES = [...CONTROL_PLANE_BINARIES, 'kube-proxy', 'kube-scheduler', 'kubelet'] as const;

/** The first address of the Service range, that of the API server's own Service. */
const API_SERVICE = SERVICE_RANGE.replace(/0\/\d+$/, '1');

/** A temporary folder that lies in memory is too small for images; what is here outlives a reboot, so it lies on a disk. */
const PARENT = '/var/tmp';

interface Site {
  readonly folder: string;
  readonly network: Network;
  readonly components: Components;
  readonly binaries: Readonly<Record<(typeof BINARIES)[number] | 'crane', string>>;
}

function apiServerArgs(files: LocalFiles): readonly string[] {
  return [
    '--enable-admission-plugins=NodeRestriction',
    `--kubelet-client-certificate=${files.adminCertificate}`,
    `--kubelet-client-key=${files.adminKey}`,
    `--kubelet-certificate-authority=${files.authority}`,
    '--kubelet-preferred-address-types=InternalIP',
    // Pods of a lost node are replaced after ten seconds instead of five minutes.
    '--default-not-ready-toleration-seconds=10',
    '--default-unreachable-toleration-seconds=10',
  ];
}

/** Exempts addresses from a proxy that the environment names, for every program that this process starts from now on. */
function reachDirectly(ranges: readonly string[]): void {
  for (const name of ['NO_PROXY', 'no_proxy']) {
    const before = (process.env[name] ?? '').split(',').filter((entry) => entry !== '');
    process.env[name] = [...new Set([...before, ...ranges])].join(',');
  }
}

async function startEverything({ folder, network, components, binaries }: Site): Promise<Omit<NodeCluster, 'stop'>> {
  const place = await network.addPlace(FIRST_NODE, SERVICE_RANGE);
  const beside = { folder, components, enter: inNamespace(place.namespace) };
  const registry = `${place.address}:${REGISTRY_PORT}`;
  const server = `https://${place.address}:${PORTS.api}`;
  const workshop = join(folder, 'images');
  await mkdir(workshop);
  const images = createImages(registry, binaries.crane, workshop);
  const [controlPlane, pauseImage] = await Promise.all([
    startControlPlane({
      ...beside,
      binaries,
      host: place.address,
      ports: PORTS,
      hosts: [API_SERVICE, 'kubernetes.default.svc', 'kubernetes.default'],
      apiServerArgs,
      controllerManagerArgs: ['--node-monitor-grace-period=20s'],
    }),
    startRegistry(beside, binaries.crane, registry).then(images.pauseImage),
  ]);
  const { cluster, files } = controlPlane;
  await startScheduler(beside, binaries['kube-scheduler'], server, files);
  const { first, controls } = await startNodes({
    folder,
    network,
    components,
    binaries,
    controlPlane: files,
    server,
    registry,
    pauseImage,
    kubectl: cluster.kubectl,
    first: { name: FIRST_NODE, place },
  });
  const builder = await createBuilder(registry, join(workshop, 'buildah'), first.tied);
  const { name, outside } = network;
  return { ...cluster, ...images, ...builder, ...controls, webhookHost: outside, folder, network: name };
}

/**
 * Starts a whole Kubernetes on this machine without Docker: every node in namespaces of its own, its files in a temporary folder.
 * Installs missing Debian packages and builds missing binaries. Throws a SetupError for what a person has to change first.
 */
export async function startNode(options: NodeOptions): Promise<NodeCluster> {
  const { log } = options;
  const missing = await missingForNode(options.kubernetes);
  if (missing.length > 0) {
    throw new SetupError(`a whole node needs ${missing.join('; ')}`);
  }
  await installPackages(log);
  const module = await pinnedModule(options.kubernetes);
  const binaries = {
    ...(await ensureBinaries(BINARIES, log, module)),
    crane: await ensureTool(CRANE, 'crane', log),
  };
  const began = performance.now();
  const network = await createNetwork(options.subnet);
  reachDirectly([network.range, POD_RANGE, SERVICE_RANGE]);
  const folder = await mkdtemp(join(PARENT, `${network.name}-`));
  const components = createComponents(folder, log, removalCommand(network.name, folder));
  const takeDown = async (): Promise<void> => {
    await components.endAll();
    await rm(folder, { recursive: true, force: true });
  };
  let ended: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    // Only once: afterwards the network's name may be another cluster's.
    ended ??= takeDown();
    return ended;
  };
  try {
    const cluster = await startEverything({ folder, network, components, binaries });
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    log(`node ${cluster.serverVersion} is ready after ${seconds} s, with its files in ${folder}`);
    return { ...cluster, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

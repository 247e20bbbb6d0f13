import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureTool, missingGo, type PinnedModule } from './binaries.ts';
import type { Cluster } from './cluster.ts';
import { findKubectl, kubectlWith, missingKubectl, readServerVersion } from './kubectl.ts';
import { withProgress } from './progress.ts';
import { output, probe, run } from './run.ts';
import { type Log, SetupError } from './setup-error.ts';
import { startWatchdog } from './watchdog.ts';

const KIND_VERSION = 'v0.33.0';

/** The Docker network of the nodes. */
export const KIND_NETWORK = 'kind';

/** The node images that were published with that kind; others may not work with it. */
const NODE_IMAGES: Readonly<Record<string, string>> = {
  '1.37': 'kindest/node:v1.37.0@sha256:a1ed56cfb0e7b93589bdf97c8cd566405a265939e3620fc4f5de89adff580ae5',
  '1.34': 'kindest/node:v1.34.11@sha256:44e222ee2132dab25ff87301682f89eb82c7880ea3a1bf543bfe9708fd08d67d',
};

async function kindOnPath(): Promise<string | undefined> {
  return probe('kind', ['version', '--quiet']);
}

/** What the provider lacks on this machine, in words for a person; undefined when it can start. */
export async function missingForKind(module: PinnedModule): Promise<string | undefined> {
  const engine = await probe('docker', ['info', '--format', '{{.ServerVersion}}']);
  if (engine === undefined || engine === '') {
    return 'a running Docker engine ("docker info" fails)';
  }
  const go = await missingGo(module);
  if (go !== undefined && (await kindOnPath()) === undefined) {
    return `kind on the PATH, or ${go} to install it`;
  }
  return missingKubectl(module);
}

async function findKind(module: PinnedModule, log: Log): Promise<string> {
  const found = await kindOnPath();
  if (`v${found}` === KIND_VERSION) {
    return 'kind';
  }
  if ((await missingGo(module)) === undefined) {
    return ensureTool(`sigs.k8s.io/kind@${KIND_VERSION}`, 'kind', log);
  }
  log(`using kind ${found} of the PATH, though the node images are made for ${KIND_VERSION}`);
  return 'kind';
}

/**
 * Where a node reaches this machine: the gateway of its Docker network, or, where Docker runs in a virtual machine of its own
 * (macOS, Windows), the name that Docker gives to the machine outside.
 */
async function hostAddress(node: string): Promise<string> {
  if (process.platform !== 'linux') {
    const line = await output('docker', ['exec', node, 'getent', 'ahostsv4', 'host.docker.internal']);
    const address = line.split(/\s/)[0] ?? '';
    if (isIPv4(address)) {
      return address;
    }
  }
  const format = '{{range .NetworkSettings.Networks}}{{println .Gateway}}{{end}}';
  const gateways = (await output('docker', ['inspect', '--format', format, node])).split('\n');
  const gateway = gateways.map((line) => line.trim()).find(isIPv4);
  if (gateway === undefined) {
    throw new Error(`the Docker network of ${node} has no IPv4 gateway: name this machine with --webhook-host`);
  }
  return gateway;
}

export interface KindCluster extends Cluster {
  /** Begins the names of its nodes, which are containers: `NAME-control-plane`, `NAME-worker`. */
  readonly name: string;
}

/**
 * A whole cluster in Docker containers, deleted when it is stopped or when the harness dies: one node, unless the configuration (an
 * object of kind's own API) says otherwise.
 */
export async function startKind(module: PinnedModule, log: Log, configuration?: object): Promise<KindCluster> {
  const image = NODE_IMAGES[module.minor];
  if (image === undefined) {
    throw new SetupError(
      `no node image for Kubernetes ${module.minor}: expected ${Object.keys(NODE_IMAGES).join(', ')}`,
    );
  }
  const kind = await findKind(module, log);
  const binary = await findKubectl(module, log);
  const name = `qdrant-admission-${randomBytes(4).toString('hex')}`;
  const folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-kind-'));
  const kubeconfig = join(folder, 'kubeconfig');
  const remove = ['delete', 'cluster', '--name', name, '--kubeconfig', kubeconfig];
  // Docker is what was looked for; variables of the person's own could mean another engine, or another network.
  const env = { ...process.env, KIND_EXPERIMENTAL_PROVIDER: 'docker', KIND_EXPERIMENTAL_DOCKER_NETWORK: KIND_NETWORK };
  const watchdog = startWatchdog(folder, ['env', 'KIND_EXPERIMENTAL_PROVIDER=docker', kind, ...remove]);
  const stop = async (): Promise<void> => {
    await run(kind, remove, { env });
    await watchdog.dismiss();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const create = ['create', 'cluster', '--name', name, '--image', image, '--kubeconfig', kubeconfig];
    if (configuration !== undefined) {
      const file = join(folder, 'kind.json');
      await writeFile(file, JSON.stringify(configuration));
      create.push('--config', file);
    }
    await withProgress(`creating the kind cluster ${name} (${image.split('@')[0]})`, log, () =>
      output(kind, [...create, '--wait', '180s'], { env }),
    );
    const kubectlCache = join(folder, 'kubectl-cache');
    const kubectl = kubectlWith({ binary, kubeconfig, cache: kubectlCache });
    return {
      provider: 'kind',
      name,
      kubeconfig,
      serverVersion: await readServerVersion(kubectl),
      webhookHost: await hostAddress(`${name}-control-plane`),
      kubectlBinary: binary,
      kubectlCache,
      kubectl,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

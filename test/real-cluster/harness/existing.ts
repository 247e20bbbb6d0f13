import { access, constants, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { PinnedModule } from './binaries.ts';
import type { Cluster, ClusterChoice, ClusterOptions } from './cluster.ts';
import { findKubectl, type Kubectl, kubectlWith, readServerVersion } from './kubectl.ts';
import { SetupError } from './setup-error.ts';

const CONNECT_MS = 10_000;

/** Throws a SetupError unless the choice names a kubeconfig that can be read; $KUBECONFIG and ~/.kube/config never stand in for it. */
export async function checkExisting(choice: ClusterChoice): Promise<string> {
  if (choice.kubeconfig === undefined) {
    throw new SetupError('the provider existing needs --kubeconfig FILE: a cluster is only used when it is named');
  }
  if (choice.kubernetes !== undefined) {
    throw new SetupError('--kubernetes chooses the version of a cluster that is started; an existing one has its own');
  }
  const path = resolve(choice.kubeconfig);
  await access(path, constants.R_OK).catch((error: NodeJS.ErrnoException) => {
    throw new SetupError(`the kubeconfig ${path} cannot be read (${error.code})`);
  });
  return path;
}

async function serverAddress(kubectl: Kubectl): Promise<URL> {
  const view = await kubectl(['config', 'view', '--minify', '--output=jsonpath={.clusters[0].cluster.server}']);
  if (view.code !== 0 || !URL.canParse(view.stdout)) {
    throw new SetupError(`the kubeconfig's current context names no server: ${view.stderr.trim()}`);
  }
  return new URL(view.stdout);
}

/** The address of this machine from which it speaks to that server: the best guess at where the server reaches it. */
function addressTowards(server: URL): Promise<string> {
  const host = server.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = Number(server.port || (server.protocol === 'http:' ? 80 : 443));
  return new Promise((answer, reject) => {
    const fail = (reason: string): void => {
      socket.destroy();
      reject(new SetupError(`no connection to the API server ${server.href}: ${reason}`));
    };
    const socket = connect({ host, port, timeout: CONNECT_MS }, () => {
      const address = socket.localAddress;
      socket.destroy();
      answer(address ?? host);
    });
    socket.once('timeout', () => fail(`no answer within ${CONNECT_MS / 1000} s`));
    socket.once('error', (error) => fail(error.message));
  });
}

/** Uses a cluster that runs already, as whoever the kubeconfig says, and leaves it running. */
export async function startExisting(options: ClusterOptions, module: PinnedModule): Promise<Cluster> {
  const kubeconfig = await checkExisting(options);
  const binary = await findKubectl(module, options.log);
  const cache = await mkdtemp(join(tmpdir(), 'qdrant-admission-kubectl-'));
  const stop = (): Promise<void> => rm(cache, { recursive: true, force: true });
  try {
    const kubectl = kubectlWith({ binary, kubeconfig, cache });
    const webhookHost = options.webhookHost ?? (await addressTowards(await serverAddress(kubectl)));
    const serverVersion = await readServerVersion(kubectl);
    const rights = await kubectl(['auth', 'can-i', '*', '*', '--all-namespaces']);
    if (rights.code !== 0) {
      throw new SetupError(`the kubeconfig ${kubeconfig} gives no administrator rights, which the tests need`);
    }
    options.log(`existing cluster ${serverVersion}; its API server is told to reach this machine at ${webhookHost}`);
    return {
      provider: 'existing',
      kubeconfig,
      serverVersion,
      webhookHost,
      kubectlBinary: binary,
      kubectlCache: cache,
      kubectl,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

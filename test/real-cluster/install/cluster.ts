import { missingGo, pinnedModule } from '../harness/binaries.ts';
import type { Provider, SharedCluster } from '../harness/cluster.ts';
import { missingForKind } from '../harness/kind.ts';
import type { Log } from '../harness/setup-error.ts';
import type { ImageBuild } from '../node/builder.ts';
import type { PodSelector } from '../node/containers.ts';
import { type NodeCluster, startNode } from '../node/node.ts';
import { missingForNode } from '../node/requirements.ts';
import { startKindCluster } from './kind-cluster.ts';

/** A cluster of one's own in which pods run, with all that an installation can meet. */
export interface InstallCluster extends SharedCluster {
  /** host:port of its registry, as images are named on nodes and on this machine; plain HTTP. */
  readonly registry: string;
  /** Node and its libraries in that registry, by digest: what the program's image is built on. */
  baseImage(): Promise<string>;
  /** Builds a Dockerfile and pushes the image; answers with a reference by digest. */
  buildImage(build: ImageBuild): Promise<string>;
  /** Ends the API server without a farewell; resolves when it is ready again. */
  restartApiServer(): Promise<void>;
  /** Stops etcd in its tracks. */
  pauseEtcd(): Promise<void>;
  resumeEtcd(): Promise<void>;
  /** kill -9 of a container's first process; answers with the pod's name. */
  killContainer(selector: PodSelector): Promise<string>;
  /** A GET over plain HTTP from a node, where the addresses of pods are reached. */
  fetchFromNode(url: string): Promise<{ readonly status: number; readonly text: string }>;
  /** Another node for pods; answers with its name. */
  addNode(): Promise<string>;
  /** The end of that node at once, as a loss of power. Its Node object stays. */
  killNode(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** Which cluster to install on; a version such as "1.34", the newest pinned one unless given. */
export interface InstallChoice {
  readonly provider: Provider;
  readonly kubernetes?: string;
}

/** What is missing here, in words for a person; empty where `startInstallCluster` can run. */
export async function missingForInstall({ provider, kubernetes }: InstallChoice): Promise<readonly string[]> {
  switch (provider) {
    case 'local':
      return missingForNode(kubernetes);
    case 'kind': {
      const module = await pinnedModule(kubernetes);
      // Helm is built here, so that it is the pinned one.
      const missing = [await missingForKind(module), await missingGo(module)];
      return missing.filter((words) => words !== undefined);
    }
    case 'existing':
      return ['a cluster that it may break: the provider local or kind'];
  }
}

/** Throws a SetupError for what a person has to change first. */
export async function startInstallCluster({ provider, kubernetes }: InstallChoice, log: Log): Promise<InstallCluster> {
  if (provider === 'kind') return startKindCluster(await pinnedModule(kubernetes), log);
  return onThisMachine(await startNode({ log, ...(kubernetes !== undefined && { kubernetes }) }));
}

function onThisMachine(node: NodeCluster): InstallCluster {
  return {
    ...node,
    pauseEtcd: async () => node.pauseEtcd(),
    resumeEtcd: async () => node.resumeEtcd(),
    async fetchFromNode(url) {
      const get = `fetch(process.argv[1]).then(async (answer) =>
        console.log(JSON.stringify({ status: answer.status, text: await answer.text() })))`;
      const [first = ''] = node.nodes();
      const { code, stdout, stderr } = await node.nodeExec(first, process.execPath, ['--eval', get, url]);
      if (code !== 0) throw new Error(`${url} was not answered: ${stderr}`);
      return JSON.parse(stdout);
    },
    async addNode() {
      const name = 'node-2';
      await node.addNode(name);
      return name;
    },
  };
}

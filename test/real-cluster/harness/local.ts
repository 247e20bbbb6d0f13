import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBinaries, missingGo, type PinnedModule } from './binaries.ts';
import type { Cluster } from './cluster.ts';
import { createComponents } from './components.ts';
import { CONTROL_PLANE_BINARIES, startControlPlane } from './control-plane.ts';
import { freePorts } from './ports.ts';
import type { Log } from './setup-error.ts';

const HOST = '127.0.0.1';

/** What the provider lacks on this machine, in words for a person; undefined when it can start. */
export function missingForLocal(module: PinnedModule): Promise<string | undefined> {
  return missingGo(module);
}

/**
 * A control plane without a node, on loopback only: etcd, kube-apiserver and kube-controller-manager as processes of this machine,
 * with their files in a temporary folder. Pods are created and stay Pending. Rejects with the last lines of whatever failed.
 */
export async function startLocal(module: PinnedModule, log: Log): Promise<Cluster> {
  const binaries = await ensureBinaries(CONTROL_PLANE_BINARIES, log, module);
  const folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-cluster-'));
  const components = createComponents(folder, log);
  const stop = async (): Promise<void> => {
    await components.endAll();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const began = performance.now();
    const [etcd = 0, etcdPeer = 0, api = 0] = await freePorts(3);
    const { cluster } = await startControlPlane({
      folder,
      components,
      binaries,
      host: HOST,
      ports: { etcd, etcdPeer, api },
      // A loopback address is no valid endpoint of the Service "kubernetes", and no pod could reach it.
      apiServerArgs: () => ['--endpoint-reconciler-type=none'],
    });
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    log(`local cluster ${cluster.serverVersion} is ready after ${seconds} s, with its files in ${folder}`);
    return { ...cluster, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

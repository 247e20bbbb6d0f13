import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBinaries } from '../harness/binaries.ts';
import type { SharedCluster } from '../harness/cluster.ts';
import { type Component, createComponents } from '../harness/components.ts';
import { DRIVER } from './objects.ts';

/** The real external-provisioner over a CSI driver without disks. */
export interface Csi {
  /** Starts the provisioner: before that, and once it is stopped, claims wait. */
  startProvisioner(): void;
  stopProvisioner(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the driver; builds both first if need be. */
export async function startCsi({ kubeconfig }: SharedCluster): Promise<Csi> {
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const binaries = await ensureBinaries(['csi-driver', 'csi-provisioner'], log);
  const folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-csi-'));
  const components = createComponents(folder, log);
  const socket = join(folder, 'csi.sock');
  components.start('csi-driver', binaries['csi-driver'], [socket, DRIVER]);
  let provisioner: Component | undefined;
  return {
    startProvisioner() {
      provisioner = components.start('csi-provisioner', binaries['csi-provisioner'], [
        `--csi-address=${socket}`,
        `--kubeconfig=${kubeconfig}`,
        '--retry-interval-start=200ms',
        '--retry-interval-max=2s',
        '--worker-threads=20',
        '--kube-api-qps=200',
        '--kube-api-burst=400',
      ]);
    },
    async stopProvisioner() {
      await provisioner?.kill();
      provisioner = undefined;
    },
    async stop() {
      await components.endAll();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

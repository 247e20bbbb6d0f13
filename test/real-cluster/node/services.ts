import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { issue } from '../harness/certificates.ts';
import { type Component, type Components, waitUntil } from '../harness/components.ts';
import { clientKubeconfig, type LocalFiles } from '../harness/local-files.ts';
import type { Machine } from './machine.ts';
import type { MachineFiles } from './machine-files.ts';

/** Undefined when somebody listens on the socket, else why not. */
function unlessListening(socket: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const connection = connect(socket, () => {
      connection.destroy();
      resolve(undefined);
    });
    connection.once('error', (error) => resolve(error.message));
  });
}

/** Undefined when the URL is answered with success, else what came instead. */
async function unlessOk(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    await response.body?.cancel();
    return response.ok ? undefined : `HTTP status ${response.status}`;
  } catch (error) {
    return String(error);
  }
}

/** Starts what makes a machine a node, and answers when kube-proxy has written its rules; the kubelet may still be about to register. */
export async function startNodeServices(
  machine: Machine,
  binaries: { readonly kubelet: string; readonly 'kube-proxy': string },
  files: MachineFiles,
): Promise<readonly Component[]> {
  const containerd = machine.start('containerd', 'containerd', ['--config', files.containerd]);
  const socket = join(machine.root, 'run/containerd/containerd.sock');
  await waitUntil(`containerd on ${machine.name}`, [containerd], () => unlessListening(socket));
  const kubelet = machine.start('kubelet', binaries.kubelet, [
    `--config=${files.kubelet}`,
    `--kubeconfig=${files.kubeletKubeconfig}`,
    `--hostname-override=${machine.name}`,
    `--node-ip=${machine.place.address}`,
  ]);
  const kubeProxy = machine.start('kube-proxy', binaries['kube-proxy'], [`--config=${files.kubeProxy}`]);
  const services = [containerd, kubelet, kubeProxy];
  const health = `http://${machine.place.address}:10256/healthz`;
  await waitUntil(`kube-proxy on ${machine.name}`, services, () => unlessOk(health));
  return services;
}

export interface BesideSettings {
  readonly folder: string;
  readonly components: Components;
  /** The first argv that starts a process in the network of the control plane. */
  readonly enter: readonly string[];
}

function startBeside(name: string, { components, enter }: BesideSettings, argv: readonly string[]): Component {
  const [command = '', ...args] = [...enter, ...argv];
  return components.start(name, command, args);
}

/** Starts a registry that speaks plain HTTP and keeps its content in the folder. */
export async function startRegistry(settings: BesideSettings, crane: string, address: string): Promise<void> {
  const content = join(settings.folder, 'registry');
  await mkdir(content);
  const serve = [crane, 'registry', 'serve', `--address=${address}`, `--disk=${content}`];
  const registry = startBeside('registry', settings, serve);
  await waitUntil('registry', [registry], () => unlessOk(`http://${address}/v2/`));
}

/** Starts the scheduler; pods that wait for it show whether it works. */
export async function startScheduler(
  settings: BesideSettings,
  binary: string,
  server: string,
  files: LocalFiles,
): Promise<void> {
  const authority = {
    key: await readFile(files.authorityKey, 'utf8'),
    certificate: await readFile(files.authority, 'utf8'),
  };
  const client = await issue(authority, { commonName: 'system:kube-scheduler' });
  const kubeconfig = join(settings.folder, 'scheduler.kubeconfig');
  const content = clientKubeconfig(server, authority, 'scheduler', client);
  await writeFile(kubeconfig, JSON.stringify(content, null, 2), { mode: 0o600 });
  const args = [`--kubeconfig=${kubeconfig}`, '--leader-elect=false', '--secure-port=0', '--profiling=false'];
  startBeside('kube-scheduler', settings, [binary, ...args]);
}

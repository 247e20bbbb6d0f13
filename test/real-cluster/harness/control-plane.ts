import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import type { Cluster } from './cluster.ts';
import { type Component, type Components, waitUntil } from './components.ts';
import { kubectlWith, readServerVersion } from './kubectl.ts';
import { type LocalFiles, writeLocalFiles } from './local-files.ts';

const LOOPBACK = '127.0.0.1';

export const SERVICE_RANGE = '10.96.0.0/16';

export const CONTROL_PLANE_BINARIES = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl'] as const;

type ControlPlaneBinary = (typeof CONTROL_PLANE_BINARIES)[number];

export interface ControlPlanePorts {
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly api: number;
}

/** What differs between a control plane on loopback and one that serves nodes. */
export interface ControlPlaneSettings {
  readonly folder: string;
  readonly components: Components;
  readonly binaries: Readonly<Record<ControlPlaneBinary, string>>;
  /** Address on which the API server listens; etcd is on loopback. */
  readonly host: string;
  readonly ports: ControlPlanePorts;
  /** Names and addresses in the certificate of the API server, beside `host` and loopback. */
  readonly hosts?: readonly string[];
  /** The first argv that starts a process in the network it belongs to. */
  readonly enter?: readonly string[];
  readonly apiServerArgs: (files: LocalFiles) => readonly string[];
  readonly controllerManagerArgs?: readonly string[];
}

export type Controls = Required<Pick<Cluster, 'processIds' | 'restartApiServer' | 'pauseEtcd' | 'resumeEtcd'>>;

export interface ControlPlane {
  readonly cluster: Omit<Cluster, 'stop'> & Controls;
  readonly files: LocalFiles;
}

function etcdArgs(folder: string, files: LocalFiles, ports: ControlPlanePorts): readonly string[] {
  const client = `https://${LOOPBACK}:${ports.etcd}`;
  const peer = `https://${LOOPBACK}:${ports.etcdPeer}`;
  return [
    '--name=local',
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=local=${peer}`,
    // Whoever reads or writes etcd owns the cluster, so other users of this machine are kept out by certificates.
    '--client-cert-auth',
    `--trusted-ca-file=${files.authority}`,
    `--cert-file=${files.serverCertificate}`,
    `--key-file=${files.serverKey}`,
    '--peer-client-cert-auth',
    `--peer-trusted-ca-file=${files.authority}`,
    `--peer-cert-file=${files.serverCertificate}`,
    `--peer-key-file=${files.serverKey}`,
    // The only member elects itself: the usual second of waiting for others is for nothing.
    '--heartbeat-interval=20',
    '--election-timeout=200',
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

function apiServerArgs(settings: ControlPlaneSettings, files: LocalFiles): readonly string[] {
  const { folder, host, ports } = settings;
  return [
    `--bind-address=${host}`,
    `--advertise-address=${host}`,
    `--secure-port=${ports.api}`,
    `--cert-dir=${folder}`,
    `--tls-cert-file=${files.serverCertificate}`,
    `--tls-private-key-file=${files.serverKey}`,
    `--client-ca-file=${files.authority}`,
    `--etcd-servers=https://${LOOPBACK}:${ports.etcd}`,
    `--etcd-cafile=${files.authority}`,
    `--etcd-certfile=${files.adminCertificate}`,
    `--etcd-keyfile=${files.adminKey}`,
    '--authorization-mode=Node,RBAC',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${files.serviceAccountPublicKey}`,
    `--service-account-signing-key-file=${files.serviceAccountKey}`,
    `--service-cluster-ip-range=${SERVICE_RANGE}`,
    '--allow-privileged=true',
    `--audit-policy-file=${files.auditPolicy}`,
    `--audit-log-path=${files.auditLog}`,
    '--profiling=false',
    ...settings.apiServerArgs(files),
  ];
}

function controllerManagerArgs(files: LocalFiles): readonly string[] {
  return [
    `--kubeconfig=${files.controllerManagerKubeconfig}`,
    '--leader-elect=false',
    '--secure-port=0',
    // Each controller under an account of its own, as on a real cluster: admission tells them apart by it.
    '--use-service-account-credentials=true',
    `--service-account-private-key-file=${files.serviceAccountKey}`,
    `--root-ca-file=${files.authority}`,
    `--cluster-signing-cert-file=${files.authority}`,
    `--cluster-signing-key-file=${files.authorityKey}`,
    `--service-cluster-ip-range=${SERVICE_RANGE}`,
    '--kube-api-qps=500',
    '--kube-api-burst=1000',
    '--profiling=false',
  ];
}

/** Undefined when a GET as administrator is answered with 200, else the answer in words. */
async function unlessOk(files: LocalFiles, host: string, port: number, path: string): Promise<string | undefined> {
  const [ca, cert, key] = await Promise.all(
    [files.authority, files.adminCertificate, files.adminKey].map((file) => readFile(file)),
  );
  return new Promise((resolve) => {
    const call = request({ host, port, path, ca, cert, key, timeout: 5_000, agent: false }, (response) => {
      const { statusCode } = response;
      response.resume();
      response.on('end', () => resolve(statusCode === 200 ? undefined : `HTTP status ${statusCode}`));
      response.on('error', (error) => resolve(error.message));
    });
    call.on('timeout', () => call.destroy(new Error('no answer')));
    call.on('error', (error) => resolve(error.message));
    call.end();
  });
}

/** Starts etcd, kube-apiserver and kube-controller-manager, and answers when the controllers have done what every pod needs. */
export async function startControlPlane(settings: ControlPlaneSettings): Promise<ControlPlane> {
  const { folder, components, binaries, host, ports, enter = [] } = settings;
  const hosts = [host, LOOPBACK, 'localhost', ...(settings.hosts ?? [])];
  const files = await writeLocalFiles(folder, `https://${host}:${ports.api}`, hosts);

  const start = (name: ControlPlaneBinary, args: readonly string[]): Component => {
    const [command = '', ...rest] = [...enter, binaries[name], ...args];
    return components.start(name, command, rest);
  };
  const startApiServer = (): Component => start('kube-apiserver', apiServerArgs(settings, files));
  const apiServerReady = (): Promise<void> =>
    waitUntil('ready API server', [etcd, apiServer], () => unlessOk(files, host, ports.api, '/readyz'));

  const etcd = start('etcd', etcdArgs(folder, files, ports));
  let apiServer = startApiServer();
  await apiServerReady();
  const controllers = start('kube-controller-manager', [
    ...controllerManagerArgs(files),
    ...(settings.controllerManagerArgs ?? []),
  ]);
  // The first thing that controllers make which every pod needs.
  await waitUntil('default ServiceAccount', [etcd, apiServer, controllers], () =>
    unlessOk(files, host, ports.api, '/api/v1/namespaces/default/serviceaccounts/default'),
  );

  const kubectlCache = join(folder, 'kubectl-cache');
  const kubectl = kubectlWith({ binary: binaries.kubectl, kubeconfig: files.adminKubeconfig, cache: kubectlCache });
  const cluster = {
    provider: 'local' as const,
    kubeconfig: files.adminKubeconfig,
    serverVersion: await readServerVersion(kubectl),
    webhookHost: host,
    auditLog: files.auditLog,
    kubectlBinary: binaries.kubectl,
    kubectlCache,
    kubectl,
    processIds: components.processIds,
    async restartApiServer() {
      await apiServer.kill();
      apiServer = startApiServer();
      await apiServerReady();
    },
    pauseEtcd: () => etcd.signal('SIGSTOP'),
    resumeEtcd: () => etcd.signal('SIGCONT'),
  };
  return { cluster, files };
}

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Identity, issue, type KeyAndCertificate } from '../harness/certificates.ts';
import { clientKubeconfig, type LocalFiles } from '../harness/local-files.ts';
import { type Place, POD_RANGE } from './network.ts';
import { pluginFolder } from './requirements.ts';

/** What the configuration of a node depends on. */
export interface MachineSettings {
  readonly node: string;
  readonly place: Place;
  /** Gets the files. */
  readonly folder: string;
  readonly controlPlane: LocalFiles;
  /** URL of the API server. */
  readonly server: string;
  /** host:port of the registry, which speaks plain HTTP. */
  readonly registry: string;
  readonly pauseImage: string;
}

/** The paths of configuration files, each naming all others that it needs. */
export interface MachineFiles {
  readonly containerd: string;
  readonly kubelet: string;
  readonly kubeletKubeconfig: string;
  readonly kubeProxy: string;
}

const STATE = '/var/lib';

function containerdConfig(settings: MachineSettings, plugins: string): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
root = "${STATE}/containerd"
state = "/run/containerd"

[grpc]
  address = "/run/containerd/containerd.sock"

[${cri}]
  # runc may not lower the score below that of the harness.
  restrict_oom_score_adj = true
  sandbox_image = "${settings.pauseImage}"

[${cri}.cni]
  bin_dir = "${plugins}"
  conf_dir = "${settings.folder}/cni"

[${cri}.registry]
  config_path = "${settings.folder}/registries"
`;
}

function registryHosts(registry: string): string {
  return `server = "http://${registry}"

[host."http://${registry}"]
  capabilities = ["pull", "resolve"]
`;
}

function podNetwork(podRange: string): object {
  return {
    cniVersion: '1.0.0',
    name: 'pods',
    plugins: [
      {
        type: 'bridge',
        bridge: 'pods',
        isGateway: true,
        ipMasq: true,
        hairpinMode: true,
        ipam: { type: 'host-local', ranges: [[{ subnet: podRange }]], routes: [{ dst: '0.0.0.0/0' }] },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}

function kubeletConfig(
  settings: MachineSettings,
  serving: { readonly certificate: string; readonly key: string },
): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: settings.controlPlane.authority },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: serving.certificate,
    tlsPrivateKeyFile: serving.key,
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    cgroupDriver: 'cgroupfs',
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    failSwapOn: false,
    // The device behind the root folder cannot be sized everywhere.
    localStorageCapacityIsolation: false,
    evictionHard: { 'imagefs.available': '0%', 'nodefs.available': '0%' },
    imageGCHighThresholdPercent: 100,
    makeIPTablesUtilChains: false,
    // The cluster has no DNS, and the name servers of this machine are out of the pods' reach.
    resolvConf: '',
    volumePluginDir: `${STATE}/kubelet/volume-plugins`,
  };
}

function kubeProxyConfig(settings: MachineSettings, kubeconfig: string): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'nftables',
    clientConnection: { kubeconfig },
    clusterCIDR: POD_RANGE,
    hostnameOverride: settings.node,
    healthzBindAddress: `${settings.place.address}:10256`,
    // The limits of connection tracking belong to the whole machine.
    conntrack: { maxPerCore: 0 },
  };
}

/** Issues the certificates of a node and writes its configuration. */
export async function writeMachineFiles(settings: MachineSettings): Promise<MachineFiles> {
  const { node, place, folder, controlPlane, server } = settings;
  const [key, certificate] = await Promise.all([
    readFile(controlPlane.authorityKey, 'utf8'),
    readFile(controlPlane.authority, 'utf8'),
  ]);
  const authority: KeyAndCertificate = { key, certificate };
  const write = async (name: string, content: string | object): Promise<string> => {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    const text = typeof content === 'string' ? content : JSON.stringify(content, null, 2);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  const kubeconfig = async (name: string, identity: Identity): Promise<string> =>
    write(`${name}.kubeconfig`, clientKubeconfig(server, authority, name, await issue(authority, identity)));
  const [serving, kubelet, kubeProxy] = await Promise.all([
    issue(authority, {
      commonName: `system:node:${node}`,
      organizations: ['system:nodes'],
      hosts: [node, place.address],
    }),
    kubeconfig('kubelet', { commonName: `system:node:${node}`, organizations: ['system:nodes'] }),
    kubeconfig('kube-proxy', { commonName: 'system:kube-proxy' }),
  ]);
  await write('cni/10-pods.conflist', podNetwork(place.podRange));
  await write(`registries/${settings.registry}/hosts.toml`, registryHosts(settings.registry));
  const certificateFile = await write('kubelet-serving.pem', serving.certificate);
  const keyFile = await write('kubelet-serving-key.pem', serving.key);
  return {
    containerd: await write('containerd.toml', containerdConfig(settings, await pluginFolder())),
    kubelet: await write('kubelet.json', kubeletConfig(settings, { certificate: certificateFile, key: keyFile })),
    kubeletKubeconfig: kubelet,
    kubeProxy: await write('kube-proxy.json', kubeProxyConfig(settings, kubeProxy)),
  };
}

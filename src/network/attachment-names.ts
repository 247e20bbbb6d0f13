import { isJsonObject, type JsonObject } from '../k8s/object.ts';

/**
 * The names of the networks that the value of an annotation asks for, beside the pod network: `namespace/name`, and
 * the bare name of what stands in no namespace. Undefined where the value cannot be read, or names no network. What
 * reads it in the cluster is written in Go, which takes the keys of JSON in any case and leaves out what it does not
 * know: so every key has to be one that is known, in its own case.
 */
export type ReadNames = (value: string, namespace: string) => readonly string[] | undefined;

const LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const NAME = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;

const SELECTION = [
  'name',
  'namespace',
  'interface',
  'interfaceRequest',
  'mac',
  'infiniband-guid',
  'ips',
  'bandwidth',
  'portMappings',
  'default-route',
  'cni-args',
  'deviceID',
  'ipam-claim-reference',
];

/** The selection of NetworkAttachmentDefinitions: a list in JSON, or `namespace/name@interface` with commas between. */
export const selectedNetworks: ReadNames = (value, namespace) => {
  if (value === '') return [];
  if (/[[{"]/.test(value)) return namesIn(jsonOf(value), (item) => selected(item, namespace));
  return all(value.split(','), (item) => {
    const [, space, name = ''] = /^(?:([^/@]*)\/)?([^/@]*)(?:@[^/@]*)?$/.exec(item.trim()) ?? [];
    return qualified(space === undefined ? namespace : space.trim(), name.trim());
  });
};

/**
 * The same of the annotation that replaces the pod network. Where it names no namespace, one plugin takes its own and
 * another that of the pod.
 */
export const replacingNetwork: ReadNames = (value) => selectedNetworks(value, '');

/** `k8s.ovn.org/pod-networks`: a map by network, `namespace/name` with a number behind it from the second interface on. */
export const ovnNetworks: ReadNames = (value) => {
  const networks = jsonOf(value);
  if (!isJsonObject(networks)) return undefined;
  const others = Object.keys(networks).filter((key) => key !== 'default');
  return all(others, (key) => {
    const [, space = '', name = ''] = /^([^/]+)\/([^/]+)(?:\/\d+)?$/.exec(key) ?? [];
    return qualified(space, name);
  });
};

/** Both stand for the pod network: the second is its name now. */
const GKE_POD_NETWORKS = ['default', 'pod-network'];

/** `networking.gke.io/interfaces`: what names no Network may be an interface on any. */
export const gkeNetworks: ReadNames = (value) => {
  const names = namesIn(jsonOf(value), (item) => bareName(item, ['interfaceName', 'network']));
  return names?.filter((name) => !GKE_POD_NETWORKS.includes(name));
};

/** `k8s.aliyun.com/pod-networks-request`, by PodNetworking. */
export const terwayRequests: ReadNames = (value) =>
  namesIn(jsonOf(value), (item) => bareName(item, ['interfaceName', 'network', 'defaultRoute', 'routes']));

const TERWAY_INTERFACE = [
  'interface',
  'vSwitchOptions',
  'securityGroupIDs',
  'extraRoutes',
  'eniOptions',
  'vSwitchSelectOptions',
  'resourceGroupID',
  'networkInterfaceTrafficMode',
  'defaultRoute',
  'allocationType',
];

/** `k8s.aliyun.com/pod-networks`, which Terway itself writes of every pod for its first interface. Another has no name. */
export const terwayInterfaces: ReadNames = (value) => {
  const interfaces = fieldsOf(jsonOf(value), ['podNetworks'])?.['podNetworks'];
  const isFirst = (item: unknown) => fieldsOf(item, TERWAY_INTERFACE)?.['interface'] === 'eth0';
  return Array.isArray(interfaces) && interfaces.every(isFirst) ? [] : undefined;
};

/** Names with commas between, of which `default` is the pod network. */
export const listedNetworks: ReadNames = (value) =>
  all(value.split(','), (name) => (NAME.test(name) ? name : undefined))?.filter((name) => name !== 'default');

function selected(item: unknown, podNamespace: string): string | undefined {
  const { name, namespace = '' } = fieldsOf(item, SELECTION) ?? {};
  return typeof name === 'string' && typeof namespace === 'string'
    ? qualified(namespace || podNamespace, name)
    : undefined;
}

function bareName(item: unknown, known: readonly string[]): string | undefined {
  const name = fieldsOf(item, known)?.['network'];
  return typeof name === 'string' && NAME.test(name) ? name : undefined;
}

function qualified(namespace: string, name: string): string | undefined {
  return LABEL.test(namespace) && NAME.test(name) ? `${namespace}/${name}` : undefined;
}

/** An object that has no fields but these. */
function fieldsOf(value: unknown, known: readonly string[]): JsonObject | undefined {
  return isJsonObject(value) && Object.keys(value).every((key) => known.includes(key)) ? value : undefined;
}

function namesIn(list: unknown, nameOf: (item: unknown) => string | undefined): readonly string[] | undefined {
  return Array.isArray(list) ? all(list, nameOf) : undefined;
}

/** What is read of each, or undefined where one cannot be read. */
function all<T>(items: readonly T[], read: (item: T) => string | undefined): readonly string[] | undefined {
  const names = items.map(read);
  return names.every((name) => name !== undefined) ? names : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

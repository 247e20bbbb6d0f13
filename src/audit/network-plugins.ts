import type { KubeClient } from '../cluster/client.ts';
import { kindNamed } from '../k8s/kinds.ts';
import { isJsonObject, type JsonObject } from '../k8s/object.ts';
import type { PluginState } from '../network/plugin-table.ts';
import {
  type Agent,
  type AgentContainer,
  configMapsOf,
  type Detection,
  detectPlugins,
  stateOf,
} from '../network/plugins.ts';

/** What an API shows of whether NetworkPolicies are enforced. */
export interface PluginReport {
  readonly state: PluginState;
  readonly detections: readonly Detection[];
  /** Why something could not be read, where that is so: there may be more plugins. */
  readonly unread?: string;
}

const DAEMON_SETS = kindNamed('DaemonSet.apps');
const CONFIG_MAPS = { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true } as const;
const NODES = { group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false } as const;

const K3S_ARGUMENTS = 'k3s.io/node-args';

/** Looks for network plugins that are known. Never rejects because of the cluster: what cannot be read is unknown. */
export async function findPlugins(client: KubeClient, signal: AbortSignal): Promise<PluginReport> {
  try {
    const agents: Agent[] = [];
    for await (const { items } of client.list(DAEMON_SETS, '', signal)) agents.push(...items.map(agentOf));
    const configMaps = new Map<string, JsonObject | string>();
    for (const path of configMapsOf(agents)) configMaps.set(path, await readConfigMap(client, path, signal));
    const k3s = (await isK3s(client, signal)) ? await k3sArguments(client, signal) : [];
    const detections = detectPlugins({ agents, groups: await servedGroups(client, signal), configMaps, k3s });
    return { state: stateOf(detections), detections };
  } catch (error) {
    return { state: 'unknown', detections: [], unread: signal.aborted ? 'interrupted' : reasonOf(error) };
  }
}

async function readConfigMap(client: KubeClient, path: string, signal: AbortSignal): Promise<JsonObject | string> {
  const [namespace = '', name = ''] = path.split('/');
  try {
    const map = await client.read(CONFIG_MAPS, namespace, name, signal);
    return map === undefined ? 'it is not there' : objectAt(map['data']);
  } catch (error) {
    return reasonOf(error);
  }
}

async function servedGroups(client: KubeClient, signal: AbortSignal): Promise<readonly string[]> {
  const { groups } = await client.get('/apis', signal);
  return listAt(groups).flatMap(({ name }) => (typeof name === 'string' ? [name] : []));
}

async function isK3s(client: KubeClient, signal: AbortSignal): Promise<boolean> {
  const { gitVersion } = await client.get('/version', signal);
  return typeof gitVersion === 'string' && gitVersion.includes('+k3s');
}

async function k3sArguments(client: KubeClient, signal: AbortSignal): Promise<readonly (readonly string[])[]> {
  const nodes: string[][] = [];
  for await (const { items } of client.list(NODES, '', signal)) {
    for (const { metadata } of items) {
      const text = objectAt(objectAt(metadata)['annotations'])[K3S_ARGUMENTS];
      nodes.push(typeof text === 'string' ? wordsOf(text) : []);
    }
  }
  return nodes;
}

function wordsOf(text: string): string[] {
  try {
    return texts(JSON.parse(text));
  } catch {
    return [];
  }
}

function agentOf({ metadata, spec }: JsonObject): Agent {
  const { namespace, name } = objectAt(metadata);
  const { containers } = objectAt(objectAt(objectAt(spec)['template'])['spec']);
  return { namespace: String(namespace), name: String(name), containers: listAt(containers).map(containerOf) };
}

function containerOf({ name, command, args, env }: JsonObject): AgentContainer {
  const variables = listAt(env).flatMap((each): [string, string][] =>
    typeof each['name'] === 'string' && typeof each['value'] === 'string' ? [[each['name'], each['value']]] : [],
  );
  return { name: String(name), words: [...texts(command), ...texts(args)], env: Object.fromEntries(variables) };
}

function objectAt(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function listAt(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

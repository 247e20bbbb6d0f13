import type { JsonObject } from '../k8s/object.ts';
import { type NetworkPlugin, PLUGINS, type PluginState, type Switch } from './plugin-table.ts';

/** A container of a DaemonSet, as far as it tells what its program was told. */
export interface AgentContainer {
  readonly name: string;
  /** Its command and arguments. */
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A DaemonSet. */
export interface Agent {
  readonly namespace: string;
  readonly name: string;
  readonly containers: readonly AgentContainer[];
}

/** What an API shows of the network of its cluster. */
export interface NetworkEvidence {
  readonly agents: readonly Agent[];
  /** The API groups that are served. */
  readonly groups: readonly string[];
  /** `data` by `namespace/name`; a reason where one could not be read. */
  readonly configMaps: ReadonlyMap<string, JsonObject | string>;
  /** The arguments of k3s, node by node. */
  readonly k3s: readonly (readonly string[])[];
}

/** A plugin that was found, and what it does. */
export interface Detection {
  readonly plugin: string;
  /** Where it was found. */
  readonly at: string;
  readonly state: PluginState;
  readonly why: string;
}

/** What all that was found comes to: with two plugins it is enough that one of them enforces. */
export function stateOf(detections: readonly Detection[]): PluginState {
  const states = detections.map(({ state }) => state);
  if (states.includes('on')) return 'on';
  return states.length === 0 || states.includes('unknown') ? 'unknown' : 'off';
}

/** The plugins of a cluster that are known here. What is on by its configuration may fail all the same. */
export function detectPlugins(evidence: NetworkEvidence): readonly Detection[] {
  const found = evidence.agents.flatMap((agent) => {
    const at = `${agent.namespace}/${agent.name}`;
    const plugin = PLUGINS.find(({ agents }) => agents.includes(at));
    return plugin ? [{ plugin: plugin.name, at: `DaemonSet ${at}`, ...judge(plugin, agent, evidence) }] : [];
  });
  const k3s = evidence.k3s.length === 0 ? [] : [{ plugin: 'k3s', ...judgeK3s(evidence.k3s) }];
  return [...found, ...k3s, ...onlyByGroup(evidence.groups, new Set(found.map(({ plugin }) => plugin)))];
}

/** CRDs outlive their plugin, and it may run under a name that is not known here: they tell that nobody knows. */
function onlyByGroup(groups: readonly string[], found: ReadonlySet<string>): readonly Detection[] {
  const why = 'none of its DaemonSets is where it is commonly installed: it was removed, or runs under another name';
  return PLUGINS.flatMap(({ name, group }): Detection[] =>
    group !== undefined && groups.includes(group) && !found.has(name)
      ? [{ plugin: name, at: `CRDs of ${group}`, state: 'unknown', why }]
      : [],
  );
}

/** The ConfigMaps that say what these agents do, as `namespace/name`. */
export function configMapsOf(agents: readonly Agent[]): readonly string[] {
  return agents.flatMap(({ namespace, name }) => {
    const plugin = PLUGINS.find((each) => each.agents.includes(`${namespace}/${name}`));
    const names = plugin?.switches.flatMap((one) => (one.in === 'config-map' ? [one.name] : [])) ?? [];
    return [...new Set(names)].map((map) => `${namespace}/${map}`);
  });
}

type Judgement = Pick<Detection, 'state' | 'why'>;

function judge({ switches, otherwise }: NetworkPlugin, agent: Agent, evidence: NetworkEvidence): Judgement {
  const said = switches.flatMap((one) => readSwitch(one, agent, evidence) ?? []);
  return said.find(({ state }) => state === 'off') ?? said[0] ?? otherwise;
}

/** Undefined where it is not switched off; unknown where that could not be told. */
function readSwitch(one: Switch, { namespace, containers }: Agent, evidence: NetworkEvidence): Judgement | undefined {
  switch (one.in) {
    case 'config-map': {
      const map = evidence.configMaps.get(`${namespace}/${one.name}`);
      if (map === undefined || typeof map === 'string') {
        return {
          state: 'unknown',
          why: `ConfigMap ${namespace}/${one.name} could not be read: ${map ?? 'it is not there'}`,
        };
      }
      const value = map[one.key];
      if (typeof value !== 'string' || !one.off.includes(value.toLowerCase())) return undefined;
      return { state: 'off', why: `${one.key} is ${JSON.stringify(value)} in ConfigMap ${namespace}/${one.name}` };
    }
    case 'flag': {
      const value = containers.map(({ words }) => flagOf(one.flag, words)).find((each) => each !== undefined);
      if (value === undefined) return one.default ? undefined : { state: 'off', why: `--${one.flag} is not set` };
      if (TRUE.includes(value)) return undefined;
      const text = `--${one.flag} is ${JSON.stringify(value)}`;
      return FALSE.includes(value) ? { state: 'off', why: text } : { state: 'unknown', why: text };
    }
    case 'variable': {
      const value = containers.map(({ env }) => env[one.name]).find((each) => each !== undefined);
      return value !== undefined && one.off.includes(value)
        ? { state: 'off', why: `${one.name} is ${value}` }
        : undefined;
    }
    case 'container': {
      if (containers.some(({ name }) => one.names.includes(name))) return undefined;
      return { state: 'off', why: `it runs without the container ${one.names.join(' or ')}, which would enforce them` };
    }
  }
}

/** What Go reads as a boolean. */
const TRUE = ['1', 't', 'T', 'true', 'TRUE', 'True'];
const FALSE = ['0', 'f', 'F', 'false', 'FALSE', 'False'];

/** The value of a boolean flag in Go's notation: `--flag`, `--flag=false`, with one dash or two. The last one counts. */
function flagOf(flag: string, words: readonly string[]): string | undefined {
  const values = words.flatMap((word) => {
    const [, name, value = 'true'] = /^--?([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    return name === flag ? [value] : [];
  });
  return values.at(-1);
}

const K3S_OFF = '--disable-network-policy';

/** k3s enforces them in its own process; its servers say whether, and write it on their nodes. */
function judgeK3s(nodes: NetworkEvidence['k3s']): Judgement & { readonly at: string } {
  const at = 'annotation k3s.io/node-args';
  // Values stand in words of their own, as k3s writes them there.
  const isOff = (words: readonly string[]): boolean =>
    words.some((word, index) => word === K3S_OFF && !FALSE.includes(words[index + 1] ?? ''));
  if (nodes.some(isOff)) return { at, state: 'off', why: `a server runs with ${K3S_OFF}` };
  if (nodes.some(([kind]) => kind === 'server')) return { at, state: 'on', why: `no server runs with ${K3S_OFF}` };
  return { at, state: 'unknown', why: 'no node says how its server was started' };
}

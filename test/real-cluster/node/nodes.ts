import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { type Component, type Components, waitUntil } from '../harness/components.ts';
import { SERVICE_RANGE } from '../harness/control-plane.ts';
import type { Kubectl } from '../harness/kubectl.ts';
import type { LocalFiles } from '../harness/local-files.ts';
import type { RunResult } from '../harness/run.ts';
import { findProcess, type PodSelector, signalProcess } from './containers.ts';
import { type Machine, startMachine } from './machine.ts';
import { writeMachineFiles } from './machine-files.ts';
import type { Network, Place } from './network.ts';
import { startNodeServices } from './services.ts';

export interface NodeControls {
  /** Names of the nodes that run. */
  nodes(): readonly string[];
  /** Runs a command on a node to its end, where the processes, mounts and network of its pods are seen. */
  nodeExec(node: string, command: string, args: readonly string[]): Promise<RunResult>;
  /** Starts a process on a node, which sees the same and ends with it. */
  startOnNode(node: string, name: string, command: string, args: readonly string[]): Component;
  /** kill -9 of a container's first process; answers with the pod's name. The kubelet learns of it as of any crash. */
  killContainer(selector: PodSelector): Promise<string>;
  /** Joins another node and waits until it is ready. */
  addNode(name: string): Promise<void>;
  /** Ends a node at once, as a loss of power does: all its processes, pods included, and its network. Its Node object stays. */
  killNode(name: string): Promise<void>;
}

export interface NodesSettings {
  readonly folder: string;
  readonly network: Network;
  readonly components: Components;
  readonly binaries: { readonly kubelet: string; readonly 'kube-proxy': string };
  readonly controlPlane: LocalFiles;
  /** URL of the API server. */
  readonly server: string;
  readonly registry: string;
  readonly pauseImage: string;
  readonly kubectl: Kubectl;
  /** The node that shares its network with the control plane; it cannot be killed. */
  readonly first: { readonly name: string; readonly place: Place };
}

export interface Nodes {
  readonly first: Machine;
  readonly controls: NodeControls;
}

/** Starts the first node, and others on demand. */
export async function startNodes(settings: NodesSettings): Promise<Nodes> {
  const { folder, network, components, binaries, kubectl, first } = settings;
  const machines = new Map<string, Machine>();

  const machine = (name: string): Machine => {
    const found = machines.get(name);
    if (found === undefined) {
      throw new Error(`no node ${name} runs: expected one of ${[...machines.keys()].join(', ')}`);
    }
    return found;
  };

  const unlessReady = async (name: string): Promise<string | undefined> => {
    const columns = '--output=jsonpath={.status.conditions[?(@.type=="Ready")]}';
    const node = await kubectl(['get', 'node', name, columns]);
    return node.stdout.includes('"status":"True"') ? undefined : `${node.stdout}${node.stderr}`;
  };

  const start = async (name: string, place: Place): Promise<Machine> => {
    // A node may come back under the name of one that was lost.
    const home = await mkdtemp(join(folder, `${name}-`));
    const files = await writeMachineFiles({
      ...settings,
      node: name,
      place,
      folder: join(home, 'configuration'),
    });
    const started = await startMachine(name, home, place, components);
    machines.set(name, started);
    const services = await startNodeServices(started, binaries, files);
    await waitUntil(`ready node ${name}`, services, () => unlessReady(name));
    return started;
  };

  const controls: NodeControls = {
    nodes: () => [...machines.keys()],
    nodeExec: (node, command, args) => machine(node).exec(command, args),
    startOnNode: (node, name, command, args) => machine(node).start(name, command, args),
    async killContainer(selector) {
      const found = await findProcess(kubectl, controls.nodeExec, selector);
      await signalProcess(controls.nodeExec, found, 'KILL');
      return found.pod;
    },
    async addNode(name) {
      if (machines.has(name)) {
        throw new Error(`there is a node ${name} already`);
      }
      await start(name, await network.addPlace(name, SERVICE_RANGE));
    },
    async killNode(name) {
      if (name === first.name) {
        throw new Error(`${name} cannot be killed: it shares its network with the control plane`);
      }
      const dead = machine(name);
      machines.delete(name);
      await dead.kill();
      await network.removePlace(dead.place);
    },
  };
  return { first: await start(first.name, first.place), controls };
}

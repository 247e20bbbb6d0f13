import type { Kubectl } from '../harness/kubectl.ts';
import type { RunResult } from '../harness/run.ts';

/** Names one container of a pod that runs. */
export interface PodSelector {
  readonly namespace: string;
  /** A label selector; of the pods that it selects the first one by name is taken. */
  readonly labels: string;
  /** The first container unless named. */
  readonly container?: string;
}

/** Runs a command on a node to its end, where the processes of its pods are seen. */
export type NodeExec = (node: string, command: string, args: readonly string[]) => Promise<RunResult>;

/** The first process of a container, as its node numbers it. */
export interface ContainerProcess {
  readonly pod: string;
  readonly node: string;
  readonly pid: string;
}

export async function findProcess(
  kubectl: Kubectl,
  nodeExec: NodeExec,
  selector: PodSelector,
): Promise<ContainerProcess> {
  const { pod, node, id } = await findContainer(kubectl, selector);
  const tasks = await nodeExec(node, 'ctr', ['--namespace', 'k8s.io', 'tasks', 'list']);
  const rows = tasks.stdout.split('\n').map((line) => line.split(/\s+/));
  const pid = rows.find(([task]) => task === id)?.[1];
  if (pid === undefined) {
    throw new Error(`containerd on ${node} runs no ${id}: ${tasks.stdout}${tasks.stderr}`);
  }
  return { pod, node, pid };
}

export async function signalProcess(
  nodeExec: NodeExec,
  { pod, node, pid }: ContainerProcess,
  signal: 'KILL' | 'STOP' | 'CONT',
): Promise<void> {
  const sent = await nodeExec(node, 'kill', [`-${signal}`, pid]);
  if (sent.code !== 0) {
    throw new Error(`process ${pid} of ${pod} got no SIG${signal}: ${sent.stderr}`);
  }
}

interface RunningContainer {
  readonly pod: string;
  readonly node: string;
  readonly id: string;
}

async function findContainer(kubectl: Kubectl, selector: PodSelector): Promise<RunningContainer> {
  const { namespace, labels, container } = selector;
  const which = container === undefined ? '0' : `?(@.name=="${container}")`;
  const columns = `{.metadata.name} {.spec.nodeName} {.status.containerStatuses[${which}].containerID}{"\\n"}`;
  const listed = await kubectl([
    'get',
    'pods',
    `--namespace=${namespace}`,
    `--selector=${labels}`,
    '--field-selector=status.phase=Running',
    '--sort-by=.metadata.name',
    `--output=jsonpath={range .items[*]}${columns}{end}`,
  ]);
  const [, pod, node, id] = /^(\S+) (\S+) containerd:\/\/([0-9a-f]+)$/m.exec(listed.stdout) ?? [];
  if (pod === undefined || node === undefined || id === undefined) {
    throw new Error(`no running container of ${labels} in ${namespace}: ${listed.stdout}${listed.stderr}`);
  }
  return { pod, node, id };
}

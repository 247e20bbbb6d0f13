import { printable } from '../../../engine/wording.ts';
import { reachOf, unreadableFor } from '../../../network/reach.ts';
import { type CommandContext, EXIT } from '../../shared/context.ts';
import type { Colour } from '../../shared/flags.ts';
import { writeReport } from '../../shared/formats.ts';
import { Misuse } from '../../shared/misuse.ts';
import { paintFor } from '../../shared/terminal.ts';
import { type Found, objectsInFiles, withCluster } from '../input.ts';
import { type FoundPod, findInCluster, findInFiles, readWanted, type Wanted } from './find-pod.ts';
import { EXPLAIN_FORMATS } from './formats.ts';
import type { ExplainReport } from './report.ts';

export type ExplainFlags = {
  readonly namespace: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly format: keyof typeof EXPLAIN_FORMATS;
  readonly color: Colour;
};

/** `network explain POD`: what NetworkPolicies leave to a pod. */
export async function explainPod(
  flags: ExplainFlags,
  [asked = '', ...files]: readonly string[],
  context: CommandContext,
): Promise<number> {
  const found = await findPod(flags, readWanted(asked), files, context);
  if (typeof found === 'string') {
    context.stderr.write(`qdrant-admission network explain: ${printable(asked)} ${printable(found)}\n`);
    return EXIT.usage;
  }
  if ('exitCode' in found) return found.exitCode;
  const { object, pod, namespace, policies, cluster } = found;
  const labels = Object.fromEntries(
    Object.entries(pod.metadata.labels ?? {}).map(([key, value]) => [key, value ?? '']),
  );
  const reaches = reachOf(labels, policies);
  const unreadable = unreadableFor(labels, policies);
  const hostNetwork = pod.spec.hostNetwork === true;
  const isOpen = hostNetwork || reaches.some(({ isolatedBy }) => isolatedBy.length === 0);
  const exitCode = isOpen ? EXIT.refused : unreadable.length > 0 ? EXIT.unknown : EXIT.accepted;
  const report: ExplainReport = {
    kind: object.kind,
    name: object.metadata?.name ?? '',
    namespace,
    labels,
    hostNetwork,
    isTemplate: pod.base !== '',
    reaches,
    unreadable,
    exitCode,
    cluster,
    program: context.program,
    paint: paintFor(flags.color, context),
  };
  await writeReport(EXPLAIN_FORMATS[flags.format], report, context.stdout);
  return exitCode;
}

/** A text says why there is nothing to explain. @throws Misuse */
async function findPod(
  { namespace, kubeconfig, context: name }: ExplainFlags,
  wanted: Wanted,
  files: readonly string[],
  context: CommandContext,
): Promise<Found<FoundPod> | string> {
  if (files.length > 0) {
    if (kubeconfig !== undefined || name !== undefined) throw new Misuse('expected files or a cluster, not both');
    const objects = await objectsInFiles('network explain', { files, namespace }, context);
    return 'exitCode' in objects ? objects : findInFiles(wanted, namespace, objects);
  }
  if (namespace === undefined) throw new Misuse('--namespace is missing: expected NAME of the namespace it stands in');
  const read = await withCluster('network explain', { kubeconfig, context: name }, context, async (reader) => ({
    found: await findInCluster(wanted, namespace, reader),
  }));
  if ('exitCode' in read) return read;
  return (
    read.found ?? `is not in the namespace ${namespace} of the cluster: expected a pod, or kind/name of a workload`
  );
}

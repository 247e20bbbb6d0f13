import { chartValues } from '../../../chart/values.ts';
import { type ClusterAccess, KubeConfigError } from '../../../cluster/access.ts';
import { createKubeClient, type KubeClient } from '../../../cluster/client.ts';
import { findCluster } from '../../../cluster/kubeconfig.ts';
import { KubeError } from '../../../cluster/wire.ts';
import { printable } from '../../../engine/wording.ts';
import { type CommandContext, EXIT, type Program } from '../../shared/context.ts';
import type { Colour } from '../../shared/flags.ts';
import { writeReport } from '../../shared/formats.ts';
import { createProgress, paintFor } from '../../shared/terminal.ts';
import { experiment } from './experiment.ts';
import { PROBE_FORMATS } from './formats.ts';
import { DIRECTIONS } from './objects.ts';
import type { DirectionResult, ProbeFindings } from './report.ts';
import { makeScratch, removeLeftovers, type Scratch } from './scratch.ts';

export type ProbeFlags = {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly image: string | undefined;
  readonly namespace: string | undefined;
  readonly 'timeout-seconds': number;
  readonly format: keyof typeof PROBE_FORMATS;
  readonly color: Colour;
};

/** `network probe`: whether a connection that a NetworkPolicy denies is denied, tried in a namespace of its own. */
export async function probe(flags: ProbeFlags, _: readonly [], context: CommandContext): Promise<number> {
  const { kubeconfig, 'timeout-seconds': timeoutSeconds } = flags;
  let access: ClusterAccess;
  try {
    access = await findCluster({ kubeconfig, context: flags.context, env: context.env });
  } catch (error) {
    if (!(error instanceof KubeConfigError)) throw error;
    context.stderr.write(`${error.message}\n`);
    return EXIT.usage;
  }
  const findings = await probeCluster(createKubeClient(access), flags, context);
  const exitCode = exitCodeOf(findings.directions);
  const report = {
    ...findings,
    cluster: `${access.server.origin}${access.server.pathname.replace(/\/$/, '')}`,
    timeoutSeconds,
    exitCode,
    program: context.program,
    paint: paintFor(flags.color, context),
  };
  await writeReport(PROBE_FORMATS[flags.format], report, context.stdout);
  return exitCode;
}

/** What keeps the experiment from its end is a reason not to know, and no error. */
async function probeCluster(client: KubeClient, flags: ProbeFlags, context: CommandContext): Promise<ProbeFindings> {
  const { stderr, signal } = context;
  const image = flags.image ?? ownImage(context.program);
  const timeoutMs = flags['timeout-seconds'] * 1000;
  const progress = createProgress(stderr);
  let scratch: Scratch | undefined;
  try {
    for (const name of await removeLeftovers(client, flags.namespace, signal)) {
      stderr.write(`deleted the namespace ${printable(name)}, which an earlier probe had left\n`);
    }
    scratch = await makeScratch(client, flags.namespace);
    signal.throwIfAborted();
    const pods = { image, seconds: secondsOf(flags['timeout-seconds']) };
    const { name: namespace } = scratch;
    const options = { client, namespace, pods, timeoutMs, signal, onProgress: progress.say };
    return { namespace, image, ...(await experiment(options)) };
  } catch (error) {
    if (!signal.aborted && !(error instanceof KubeError)) throw error;
    const reason = signal.aborted ? 'interrupted' : error instanceof Error ? error.message : String(error);
    const directions = DIRECTIONS.map((direction) => ({ direction, outcome: 'unknown', reason }) as const);
    return { namespace: scratch?.name ?? flags.namespace ?? '', image, directions };
  } finally {
    progress.clear();
    await scratch?.remove().catch((error: unknown) => {
      if (!(error instanceof KubeError)) throw error;
      stderr.write(
        `the namespace ${scratch?.name} could not be deleted: ${printable(error.message)}\nThe next probe does it, or: kubectl delete namespace ${scratch?.name}\n`,
      );
    });
  }
}

/** All steps of a probe may take their time, and a little more. */
function secondsOf(step: number): number {
  const steps = 3 + 2 * DIRECTIONS.length;
  return steps * step + 60;
}

/** What the chart runs unless told otherwise. */
function ownImage({ version }: Program): string {
  const { registry, repository, tag } = chartValues.shape.image.parse(undefined);
  return `${registry}/${repository}:${tag || version}`;
}

function exitCodeOf(directions: readonly DirectionResult[]): number {
  if (directions.some(({ outcome }) => outcome === 'open')) return EXIT.refused;
  return directions.every(({ outcome }) => outcome === 'denied') ? EXIT.accepted : EXIT.unknown;
}

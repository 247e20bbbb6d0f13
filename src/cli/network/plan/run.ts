import { ConfigError, loadConfig } from '../../../config/load.ts';
import { type Config, defaultPolicy } from '../../../config/resolve.ts';
import { ROLES, type Role } from '../../../engine/pod-roles.ts';
import type { Profile } from '../../../engine/policy.ts';
import { isKind, KINDS, kindNamed } from '../../../k8s/kinds.ts';
import { type Pod, podOf } from '../../../k8s/pod-template.ts';
import { selects } from '../../../k8s/selectors.ts';
import { type Site, selectorOf } from '../../../network/allowances.ts';
import { clusterAddressesOf, endpointsOf } from '../../../network/api-server.ts';
import { planFor } from '../../../network/plan.ts';
import type { NetworkSettings } from '../../../network/settings.ts';
import { type CommandContext, EXIT } from '../../shared/context.ts';
import { writeReport } from '../../shared/formats.ts';
import { Misuse } from '../../shared/misuse.ts';
import { type ClusterReader, type Found, type FoundObject, objectsInFiles, withCluster } from '../input.ts';
import { PLAN_FORMATS } from './formats.ts';

export type PlanFlags = {
  readonly config: string | undefined;
  readonly namespace: string;
  readonly profile: Profile;
  readonly cluster: boolean | undefined;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly format: keyof typeof PLAN_FORMATS;
};

/** `network plan`: the policies go to standard output, what is left out also to the other. */
export async function plan(flags: PlanFlags, files: readonly string[], context: CommandContext): Promise<number> {
  const { config: file, namespace, profile, format } = flags;
  const isLive = flags.cluster || flags.kubeconfig !== undefined || flags.context !== undefined;
  if (files.length > 0 && isLive) throw new Misuse('expected files or a cluster, not both');
  let config: Config | undefined;
  try {
    config = file === undefined ? undefined : await loadConfig(file);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    context.stderr.write(`${error.problems.join('\n')}\n`);
    return EXIT.usage;
  }
  const own = config?.namespaces.get(namespace);
  const settings = (own ?? defaultPolicy(profile)).settings.network;
  const objects = await objectsOf(flags, files, isLive, context);
  if (objects && 'exitCode' in objects) return objects.exitCode;
  const found = objects ?? [];
  const pods = found.filter((each) => each.namespace === namespace).flatMap(({ object }) => podOf(object) ?? []);
  if (files.length > 0 && pods.length === 0) {
    const message = `hold nothing that makes pods in the namespace ${namespace}: expected at least one workload`;
    context.stderr.write(`${files.join(' ')}: ${message}\n`);
    return EXIT.usage;
  }
  const roles = rolesOf(pods, settings);
  const made = planFor(roles, { namespace, settings, apiServer: apiServerOf(found, settings) });
  for (const sentence of made.leftOut) context.stderr.write(`qdrant-admission network plan: ${sentence}\n`);
  const basis = own ? `the configuration (profile ${settings.profile})` : `the defaults of ${profile}`;
  await writeReport(PLAN_FORMATS[format], { plan: made, namespace, basis }, context.stdout);
  return made.leftOut.length > 0 ? EXIT.unknown : EXIT.accepted;
}

/** Undefined where nobody named any. */
async function objectsOf(
  { namespace, config, kubeconfig, context: name }: PlanFlags,
  files: readonly string[],
  isLive: boolean,
  context: CommandContext,
): Promise<Found<readonly FoundObject[]> | undefined> {
  if (isLive) {
    return await withCluster('network plan', { kubeconfig, context: name }, context, (reader) =>
      objectsInCluster(reader, namespace),
    );
  }
  return files.length > 0 ? await objectsInFiles('network plan', { files, namespace, config }, context) : undefined;
}

const MAKES_PODS = KINDS.filter(({ template }) => template);

async function objectsInCluster(reader: ClusterReader, namespace: string): Promise<readonly FoundObject[]> {
  const found: FoundObject[] = [];
  for (const kind of MAKES_PODS) found.push(...(await reader.list(kind, namespace)));
  for (const kind of ['EndpointSlice.discovery.k8s.io', 'Service'] as const) {
    const one = await reader.read(kindNamed(kind), 'default', 'kubernetes');
    if (one) found.push(one);
  }
  return found;
}

/** The roles of the pods that there are; where there are none yet, all whose labels are known. */
function rolesOf(pods: readonly Pod[], settings: NetworkSettings): readonly Role[] {
  return ROLES.filter((role) => {
    const selector = selectorOf(role, settings);
    return selector && (pods.length === 0 || pods.some(({ metadata }) => selects(selector, metadata.labels)));
  });
}

/** The configuration's addresses, else those that the cluster gives it; undefined where neither tells. */
function apiServerOf(objects: readonly FoundObject[], { apiServer }: NetworkSettings): Site['apiServer'] | undefined {
  if (apiServer.length > 0) return apiServer;
  const own = objects.filter(
    ({ object, namespace }) => namespace === 'default' && object.metadata?.name === 'kubernetes',
  );
  const endpoints = own.flatMap(({ object }) =>
    isKind(object, 'EndpointSlice.discovery.k8s.io') ? endpointsOf(object) : [],
  );
  // The virtual address alone opens nothing: plugins look at packets that are on their way to an endpoint.
  if (endpoints.length === 0) return undefined;
  return [...endpoints, ...own.flatMap(({ object }) => (isKind(object, 'Service') ? clusterAddressesOf(object) : []))];
}

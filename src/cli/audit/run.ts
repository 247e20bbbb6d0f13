import { auditCluster } from '../../audit/audit.ts';
import { findPlugins } from '../../audit/network-plugins.ts';
import { isAny, totalsOf } from '../../audit/report.ts';
import { type ClusterAccess, KubeConfigError } from '../../cluster/access.ts';
import { createKubeClient } from '../../cluster/client.ts';
import { findCluster } from '../../cluster/kubeconfig.ts';
import { ConfigError, loadConfig } from '../../config/load.ts';
import { type Config, defaultPolicy } from '../../config/resolve.ts';
import type { Profile } from '../../engine/policy.ts';
import type { Policy } from '../../rules/define.ts';
import { type CommandContext, EXIT } from '../shared/context.ts';
import type { Colour } from '../shared/flags.ts';
import { writeReport } from '../shared/formats.ts';
import { asksForImages, type ImageFlags, openImages, verifiedImages } from '../shared/images.ts';
import { Misuse } from '../shared/misuse.ts';
import { createProgress, paintFor } from '../shared/terminal.ts';
import { AUDIT_FORMATS } from './formats.ts';

export type AuditFlags = ImageFlags & {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly config: string | undefined;
  readonly namespace: readonly string[] | undefined;
  readonly profile: Profile;
  readonly format: keyof typeof AUDIT_FORMATS;
  readonly color: Colour;
};

/** `audit`: judges what runs already, once. Verdicts go to standard output, bad input to standard error. */
export async function audit(flags: AuditFlags, _: readonly [], context: CommandContext): Promise<number> {
  const { kubeconfig, profile } = flags;
  const names = [...new Set(flags.namespace ?? [])];
  if (flags.config === undefined && names.length === 0) {
    throw new Misuse('expected --config FILE or --namespace NAME: which namespaces are meant?');
  }
  let config: Config | undefined;
  let access: ClusterAccess;
  try {
    config = flags.config === undefined ? undefined : await loadConfig(flags.config);
    access = await findCluster({ kubeconfig, context: flags.context, env: context.env });
  } catch (error) {
    if (!(error instanceof ConfigError) && !(error instanceof KubeConfigError)) throw error;
    context.stderr.write(`${error instanceof ConfigError ? error.problems.join('\n') : error.message}\n`);
    return EXIT.usage;
  }
  const isAsking = asksForImages(flags);
  const fallback = defaultPolicy(profile, isAsking ? { verify: true } : {});
  const images = isAsking ? await openImages(verifiedImages(config, fallback), flags, context) : undefined;
  const progress = createProgress(context.stderr);
  const client = createKubeClient(access);
  const audits = await auditCluster({
    client,
    policies: policiesOf(names, fallback, config),
    images: images?.source,
    now: context.now(),
    signal: context.signal,
    onProgress: progress.say,
  });
  await images?.close();
  const plugins = await findPlugins(client, context.signal);
  progress.clear();
  const totals = totalsOf(audits);
  const isOff = plugins.state === 'off';
  const exitCode =
    isAny(totals.refused) || isOff
      ? EXIT.refused
      : isAny(totals.unknown) || totals.unread > 0
        ? EXIT.unknown
        : EXIT.accepted;
  // Said once for the whole cluster: every namespace of the configuration has it.
  const { acknowledgement } =
    audits.find(({ policy }) => policy.settings.network.acknowledgement)?.policy.settings.network ?? {};
  const report = {
    audits,
    cluster: `${access.server.origin}${access.server.pathname.replace(/\/$/, '')}`,
    enforcement: config?.enforcement ?? 'enforce',
    ...(config && { isConfigured: (namespace: string) => config.namespaces.has(namespace) }),
    profile,
    plugins,
    ...(acknowledgement && { acknowledgement }),
    exitCode,
    program: context.program,
    paint: paintFor(flags.color, context),
  } as const;
  await writeReport(AUDIT_FORMATS[flags.format], report, context.stdout);
  return exitCode;
}

function policiesOf(
  names: readonly string[],
  fallback: Policy,
  config: Config | undefined,
): ReadonlyMap<string, Policy> {
  if (names.length === 0) return config?.namespaces ?? new Map();
  return new Map(names.map((name) => [name, config?.namespaces.get(name) ?? fallback]));
}

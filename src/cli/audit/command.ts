import { parseArgs } from 'node:util';
import { auditCluster, type NamespaceAudit } from '../../audit/audit.ts';
import { isAny, totalsByRule, totalsOf } from '../../audit/report.ts';
import { type ClusterAccess, KubeConfigError } from '../../cluster/access.ts';
import { createKubeClient } from '../../cluster/client.ts';
import { findCluster } from '../../cluster/kubeconfig.ts';
import { ConfigError, loadConfig } from '../../config/load.ts';
import { type Config, defaultPolicy } from '../../config/resolve.ts';
import { PROFILES, type Profile } from '../../engine/policy.ts';
import type { Policy } from '../../rules/define.ts';
import { createPaint } from '../review/text.ts';
import { type CommandContext, EXIT } from '../shared/context.ts';
import { COLOURS, FORMATS, Misuse, oneOf, quote, typed } from '../shared/flags.ts';
import { createProgress, isColourTerminal } from '../shared/terminal.ts';
import { auditOutput } from './json.ts';
import { describeAudit, describeNamespace } from './text.ts';

const USAGE = `usage: qdrant-admission audit [OPTION]…

Lists what stands in the protected namespaces of a cluster already and would be refused if it were created now: pods,
the pod templates of every workload kind, and claims. Changes nothing. It has to read pods, workloads and claims there,
and in the cluster StorageClasses and PersistentVolumes.

  --kubeconfig FILE         else $KUBECONFIG, else the service account of the pod it runs in, else ~/.kube/config
  --context NAME            of the kubeconfig; else its current one
  --config FILE             policy of the protected namespaces; else the defaults
  -n, --namespace NAME      only this namespace, several times for several; needed without --config
  --profile hybrid|private  defaults of namespaces that the configuration does not name (private)
  --format text|json        json: docs/audit.schema.json (text)
  --color auto|always|never (auto)

Exit codes: 0 nothing refused, 1 refused, 2 could not tell, 3 bad input or usage; the worst of 3, 1, 2, 0.
`;

const TEXT = { name: 'audit', usage: USAGE };

/** `audit`: judges what runs already, once. Verdicts go to standard output, bad input to standard error. */
export async function auditCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const asked = typed(TEXT, context, () => parseOptions(args));
  if ('code' in asked) return asked.code;
  const { options } = asked;
  let config: Config | undefined;
  let access: ClusterAccess;
  try {
    config = options.config === undefined ? undefined : await loadConfig(options.config);
    access = await findCluster({ ...options, env: context.env });
  } catch (error) {
    if (!(error instanceof ConfigError) && !(error instanceof KubeConfigError)) throw error;
    context.stderr.write(`${error instanceof ConfigError ? error.problems.join('\n') : error.message}\n`);
    return EXIT.usage;
  }
  const progress = createProgress(context.stderr);
  const audits = await auditCluster({
    client: createKubeClient(access),
    policies: policiesOf(options, config),
    now: context.now(),
    signal: context.signal,
    onProgress: progress.say,
  });
  progress.clear();
  return say(audits, options, config, access, context);
}

function say(
  audits: readonly NamespaceAudit[],
  options: Options,
  config: Config | undefined,
  access: ClusterAccess,
  context: CommandContext,
): number {
  const totals = totalsOf(audits);
  const exitCode = isAny(totals.refused)
    ? EXIT.refused
    : isAny(totals.unknown) || totals.unread > 0
      ? EXIT.unknown
      : EXIT.accepted;
  const enforcement = config?.enforcement ?? 'enforce';
  const isConfigured = (namespace: string): boolean => config?.namespaces.has(namespace) ?? false;
  const cluster = `${access.server.origin}${access.server.pathname.replace(/\/$/, '')}`;
  if (options.format === 'json') {
    const output = auditOutput(audits, { cluster, enforcement, isConfigured, exitCode });
    context.stdout.write(`${JSON.stringify(output, null, 2)}\n`);
    return exitCode;
  }
  const paint = createPaint(options.color === 'auto' ? isColourTerminal(context) : options.color === 'always');
  for (const audit of audits) context.stdout.write(describeNamespace(audit, paint));
  if (config) context.stdout.write(describeUnconfigured(audits, isConfigured, options.profile));
  if (enforcement === 'audit') {
    context.stdout.write('enforcement is audit: the API server only records what is refused here\n');
  }
  context.stdout.write(`\n${describeAudit(totals, totalsByRule(audits), paint)}`);
  return exitCode;
}

/** A namespace asked for by name that nobody configured is judged too, and that is said. */
function describeUnconfigured(
  audits: readonly NamespaceAudit[],
  isConfigured: (namespace: string) => boolean,
  profile: Profile,
): string {
  const missed = audits.map(({ name }) => name).filter((name) => !isConfigured(name));
  if (missed.length === 0) return '';
  return `judged by the defaults of ${profile}, for the configuration does not name it: ${missed.join(', ')}\n`;
}

function policiesOf({ namespaces, profile }: Options, config: Config | undefined): ReadonlyMap<string, Policy> {
  if (namespaces.length === 0) return config?.namespaces ?? new Map();
  const fallback = defaultPolicy(profile);
  return new Map(namespaces.map((name) => [name, config?.namespaces.get(name) ?? fallback]));
}

interface Options {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly config?: string;
  readonly namespaces: readonly string[];
  readonly profile: Profile;
  readonly format: 'text' | 'json';
  readonly color: 'auto' | 'always' | 'never';
}

function parseOptions(args: readonly string[]): Options | 'help' {
  const values = parseFlags(args);
  if (values.help) return 'help';
  const profile = oneOf('profile', values.profile, PROFILES);
  const format = oneOf('format', values.format, FORMATS);
  const color = oneOf('color', values.color, COLOURS);
  const namespaces = [...new Set(values.namespace ?? [])];
  const wrong = namespaces.find((name) => !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name));
  if (wrong !== undefined) throw new Misuse(`--namespace is ${quote(wrong)}: expected the name of a namespace`);
  const { config, kubeconfig, context } = values;
  if (config === undefined && namespaces.length === 0) {
    throw new Misuse('expected --config FILE or --namespace NAME: which namespaces are meant?');
  }
  return {
    namespaces,
    profile,
    format,
    color,
    ...(config !== undefined && { config }),
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
  };
}

function parseFlags(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    strict: true,
    options: {
      kubeconfig: { type: 'string' },
      context: { type: 'string' },
      config: { type: 'string' },
      namespace: { type: 'string', short: 'n', multiple: true },
      profile: { type: 'string', default: 'private' },
      format: { type: 'string', default: 'text' },
      color: { type: 'string', default: 'auto' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  }).values;
}

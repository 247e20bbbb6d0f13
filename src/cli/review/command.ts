import { parseArgs } from 'node:util';
import { ConfigError, loadConfig } from '../../config/load.ts';
import { type Config, defaultPolicy } from '../../config/resolve.ts';
import { PROFILES, type Profile } from '../../engine/policy.ts';
import { describeError } from '../../manifests/documents.ts';
import { readInputFiles, STDIN } from '../../manifests/input-files.ts';
import { type CommandContext, EXIT } from '../shared/context.ts';
import { COLOURS, FORMATS, Misuse, oneOf, typed } from '../shared/flags.ts';
import { isColourTerminal } from '../shared/terminal.ts';
import { reviewOutput } from './json.ts';
import { type Review, reviewSources } from './run.ts';
import { createPaint, describeReviewed, describeSummary, describeUnconfigured } from './text.ts';

const USAGE = `usage: qdrant-admission review [OPTION]… FILE|DIR|-…

Judges Kubernetes objects in YAML or JSON as the webhook would, without a cluster. A directory stands for all
*.yaml, *.yml and *.json below it, - for standard input: helm template … | qdrant-admission review -

  --config FILE             policy of the protected namespaces; else the defaults
  --profile hybrid|private  defaults of namespaces that the configuration does not name (private)
  -n, --namespace NAME      namespace of objects that name none
  --format text|json        json: docs/review.schema.json (text)
  --strict                  a rule that needs more than the files tell could not tell: exit 2
  --fixtures                honour fixture headers, which bring their own policy
  --color auto|always|never (auto)
  --quiet                   text: only objects that are refused or could not be judged

Exit codes: 0 nothing refused, 1 refused, 2 could not tell, 3 bad input or usage; the worst of 3, 1, 2, 0.
`;

const TEXT = { name: 'review', usage: USAGE };

/** `review`: judges files. Verdicts go to standard output, bad input to standard error. */
export async function reviewCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const asked = typed(TEXT, context, () => parseOptions(args));
  if ('code' in asked) return asked.code;
  const { options } = asked;
  let config: Config | undefined;
  try {
    config = options.config === undefined ? undefined : await loadConfig(options.config);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    context.stderr.write(`${error.problems.join('\n')}\n`);
    return EXIT.usage;
  }
  const review = await run(options, config, context);
  if (!review) {
    context.stderr.write('qdrant-admission review: interrupted, not everything was judged\n');
    return EXIT.unknown;
  }
  const exitCode = exitCodeOf(review);
  const stderr = review.errors.map((error) => `${describeError(error)}\n`).join('');
  if (stderr !== '') context.stderr.write(stderr);
  const enforcement = config?.enforcement ?? 'enforce';
  if (options.format === 'json') {
    context.stdout.write(`${JSON.stringify(reviewOutput(review, enforcement, exitCode), null, 2)}\n`);
    return exitCode;
  }
  const paint = createPaint(options.color === 'auto' ? isColourTerminal(context) : options.color === 'always');
  for (const reviewed of review.objects) {
    if (options.quiet && reviewed.outcome === 'accepted') continue;
    context.stdout.write(describeReviewed(reviewed, paint));
  }
  if (options.quiet) return exitCode;
  if (config) context.stdout.write(describeUnconfigured(review, options.profile));
  if (enforcement === 'audit') {
    context.stdout.write('enforcement is audit: the API server only records what is refused here\n');
  }
  context.stdout.write(describeSummary(review, paint));
  return exitCode;
}

/** Undefined where we were asked to stop. */
async function run(options: Options, config: Config | undefined, context: CommandContext): Promise<Review | undefined> {
  const { stdin, signal } = context;
  const sourceOptions = { stdin, signal, ...(options.config !== undefined && { except: options.config }) };
  const review = await reviewSources(readInputFiles(options.names, sourceOptions), {
    ...(config && { config }),
    fallback: defaultPolicy(options.profile),
    ...(options.namespace !== undefined && { namespace: options.namespace }),
    strict: options.strict,
    fixtures: options.fixtures,
    now: context.now(),
    signal,
  });
  if (signal.aborted) return undefined;
  if (review.objects.length + review.notJudged.length + review.errors.length > 0) return review;
  // A broken pipe in front of us must not read as "nothing refused".
  const message = 'holds no Kubernetes object: expected at least one';
  return {
    ...review,
    errors: [{ file: options.names.map((name) => (name === '-' ? STDIN : name)).join(' '), message }],
  };
}

function exitCodeOf({ objects, errors }: Review): number {
  if (errors.length > 0) return EXIT.usage;
  if (objects.some(({ outcome }) => outcome === 'refused')) return EXIT.refused;
  return objects.some(({ outcome }) => outcome === 'unknown') ? EXIT.unknown : EXIT.accepted;
}

interface Options {
  readonly names: readonly string[];
  readonly config?: string;
  readonly profile: Profile;
  readonly namespace?: string;
  readonly format: 'text' | 'json';
  readonly strict: boolean;
  readonly fixtures: boolean;
  readonly color: 'auto' | 'always' | 'never';
  readonly quiet: boolean;
}

function parseOptions(args: readonly string[]): Options | 'help' {
  const { values, positionals: names } = parseFlags(args);
  if (values.help) return 'help';
  const profile = oneOf('profile', values.profile, PROFILES);
  const format = oneOf('format', values.format, FORMATS);
  const color = oneOf('color', values.color, COLOURS);
  const { config, namespace, strict, fixtures, quiet } = values;
  if (namespace === '') throw new Misuse('--namespace is empty: expected the name of a namespace');
  if (names.length === 0) throw new Misuse('expected at least one FILE, DIR or -');
  return {
    names,
    profile,
    format,
    color,
    strict,
    fixtures,
    quiet,
    ...(config !== undefined && { config }),
    ...(namespace !== undefined && { namespace }),
  };
}

function parseFlags(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    strict: true,
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      profile: { type: 'string', default: 'private' },
      namespace: { type: 'string', short: 'n' },
      format: { type: 'string', default: 'text' },
      strict: { type: 'boolean', default: false },
      fixtures: { type: 'boolean', default: false },
      color: { type: 'string', default: 'auto' },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
}

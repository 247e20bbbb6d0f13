import { parseArgs } from 'node:util';
import { ConfigError, loadConfig } from '../../config/load.ts';
import type { StorageSettings } from '../../storage/settings.ts';
import { createPaint } from '../review/text.ts';
import { type CommandContext, EXIT } from '../shared/context.ts';
import { COLOURS, FORMATS, Misuse, misused, oneOf, quote, typed } from '../shared/flags.ts';
import { isColourTerminal } from '../shared/terminal.ts';
import { findClasses } from './input.ts';
import { classesOutput } from './json.ts';
import { judgeClass } from './judge-class.ts';
import { describeClasses } from './text.ts';

const USAGE = `usage: qdrant-admission storage classes [OPTION]… [FILE|DIR|-…]

Shows of every StorageClass, of the cluster or of the files, whether its volumes are encrypted at rest, with whose key,
and what shows it or is missing. Changes nothing.

  --kubeconfig FILE         else $KUBECONFIG, else the service account of the pod it runs in, else ~/.kube/config
  --context NAME            of the kubeconfig; else its current one
  --config FILE             counts the attestations in it
  -n, --namespace NAME      also judges by what the configuration says of customer keys for this namespace
  --format text|json        json: docs/storage-classes.schema.json (text)
  --color auto|always|never (auto)

Exit codes: 0 all of them encrypt, 1 some do not, 2 could not tell, 3 bad input or usage; the worst of 3, 1, 2, 0.
`;

const TEXT = { name: 'storage classes', usage: USAGE };

/** `storage classes`: a table of StorageClasses and what they show of encryption. */
export async function classesCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const asked = typed(TEXT, context, () => parseOptions(args));
  if ('code' in asked) return asked.code;
  const { options } = asked;
  let settings: StorageSettings | undefined;
  try {
    settings = await settingsOf(options);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    context.stderr.write(`${error.problems.join('\n')}\n`);
    return EXIT.usage;
  }
  if (!settings) {
    return misused(TEXT, `--namespace is ${quote(options.namespace ?? '')}: --config does not name it`, context);
  }
  const found = await findClasses('storage classes', options, context);
  if ('exitCode' in found) return found.exitCode;
  const now = context.now();
  const classes = found.classes.map((each) => judgeClass(each, settings, now));
  const refused = classes.some(({ problems }) => problems.length > 0);
  const exitCode = found.errors.length > 0 ? EXIT.usage : refused ? EXIT.refused : EXIT.accepted;
  if (options.format === 'json') {
    const { cluster, errors } = found;
    const output = classesOutput({ classes, errors, settings, exitCode, cluster, namespace: options.namespace });
    context.stdout.write(`${JSON.stringify(output, null, 2)}\n`);
    return exitCode;
  }
  const paint = createPaint(options.color === 'auto' ? isColourTerminal(context) : options.color === 'always');
  context.stdout.write(describeClasses(classes, paint));
  return exitCode;
}

/** Undefined where the configuration does not know the namespace. */
async function settingsOf({ config: file, namespace }: Options): Promise<StorageSettings | undefined> {
  if (file === undefined) return { attestations: [], requireCustomerKey: false, customerKeys: [] };
  const { namespaces } = await loadConfig(file);
  if (namespace !== undefined) return namespaces.get(namespace)?.settings.storage;
  // Attestations are the same in all namespaces; what is asked of keys is not.
  const [first] = namespaces.values();
  return { attestations: first?.settings.storage.attestations ?? [], requireCustomerKey: false, customerKeys: [] };
}

interface Options {
  readonly files: readonly string[];
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly config?: string | undefined;
  readonly namespace?: string | undefined;
  readonly format: 'text' | 'json';
  readonly color: 'auto' | 'always' | 'never';
}

function parseOptions(args: readonly string[]): Options | 'help' {
  const { values, positionals: files } = parseFlags(args);
  if (values.help) return 'help';
  const format = oneOf('format', values.format, FORMATS);
  const color = oneOf('color', values.color, COLOURS);
  const { kubeconfig, context, config, namespace } = values;
  if (namespace !== undefined && config === undefined) {
    throw new Misuse('--namespace needs --config FILE: it says what is asked of keys there');
  }
  if (files.length > 0 && (kubeconfig !== undefined || context !== undefined)) {
    throw new Misuse('expected files or a cluster, not both');
  }
  return { files, kubeconfig, context, config, namespace, format, color };
}

function parseFlags(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    strict: true,
    allowPositionals: true,
    options: {
      kubeconfig: { type: 'string' },
      context: { type: 'string' },
      config: { type: 'string' },
      namespace: { type: 'string', short: 'n' },
      format: { type: 'string', default: 'text' },
      color: { type: 'string', default: 'auto' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
}

import { ConfigError, loadConfig } from '../../../config/load.ts';
import type { StorageSettings } from '../../../storage/settings.ts';
import { type CommandContext, EXIT } from '../../shared/context.ts';
import type { Colour } from '../../shared/flags.ts';
import { writeReport } from '../../shared/formats.ts';
import { Misuse, quote } from '../../shared/misuse.ts';
import { paintFor } from '../../shared/terminal.ts';
import { findClasses } from '../input.ts';
import { CLASSES_FORMATS } from './formats.ts';
import { judgeClass } from './judge-class.ts';
import type { ClassesReport } from './report.ts';

export type ClassesFlags = {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly config: string | undefined;
  readonly namespace: string | undefined;
  readonly format: keyof typeof CLASSES_FORMATS;
  readonly color: Colour;
};

/** `storage classes`: a table of StorageClasses and what they show of encryption. */
export async function classes(flags: ClassesFlags, files: readonly string[], context: CommandContext): Promise<number> {
  const { namespace, config, kubeconfig } = flags;
  if (namespace !== undefined && config === undefined) {
    throw new Misuse('--namespace needs --config FILE: it says what is asked of keys there');
  }
  if (files.length > 0 && (kubeconfig !== undefined || flags.context !== undefined)) {
    throw new Misuse('expected files or a cluster, not both');
  }
  let settings: StorageSettings | undefined;
  try {
    settings = await settingsOf(flags);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    context.stderr.write(`${error.problems.join('\n')}\n`);
    return EXIT.usage;
  }
  if (!settings) throw new Misuse(`--namespace is ${quote(namespace ?? '')}: --config does not name it`);
  const source = { files, kubeconfig, context: flags.context, config };
  const found = await findClasses('storage classes', source, context);
  if ('exitCode' in found) return found.exitCode;
  const now = context.now();
  const judged = found.classes.map((each) => judgeClass(each, settings, now));
  const refused = judged.some(({ problems }) => problems.length > 0);
  const exitCode = found.errors.length > 0 ? EXIT.usage : refused ? EXIT.refused : EXIT.accepted;
  const report: ClassesReport = {
    classes: judged,
    errors: found.errors,
    settings,
    exitCode,
    cluster: found.cluster,
    namespace,
    program: context.program,
    paint: paintFor(flags.color, context),
  };
  await writeReport(CLASSES_FORMATS[flags.format], report, context.stdout);
  return exitCode;
}

/** Undefined where the configuration does not know the namespace. */
async function settingsOf({ config: file, namespace }: ClassesFlags): Promise<StorageSettings | undefined> {
  if (file === undefined) return { attestations: [], requireCustomerKey: false, customerKeys: [] };
  const { namespaces } = await loadConfig(file);
  if (namespace !== undefined) return namespaces.get(namespace)?.settings.storage;
  // Attestations are the same in all namespaces; what is asked of keys is not.
  const [first] = namespaces.values();
  return { attestations: first?.settings.storage.attestations ?? [], requireCustomerKey: false, customerKeys: [] };
}

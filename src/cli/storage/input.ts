import { KubeConfigError } from '../../cluster/access.ts';
import { createKubeClient } from '../../cluster/client.ts';
import { findCluster } from '../../cluster/kubeconfig.ts';
import { KubeError } from '../../cluster/wire.ts';
import { printable } from '../../engine/wording.ts';
import { isKind, kindNamed } from '../../k8s/kinds.ts';
import type { StorageClass } from '../../k8s/storage/objects.ts';
import { describeError, type InputError } from '../../manifests/documents.ts';
import { readInputFiles } from '../../manifests/input-files.ts';
import { readManifests } from '../../manifests/objects.ts';
import { type CommandContext, EXIT } from '../shared/context.ts';
import { createProgress } from '../shared/terminal.ts';

/** A StorageClass, and where it stands if it is in a file. */
export interface FoundClass {
  readonly storageClass: StorageClass;
  readonly file?: string;
  readonly line?: number;
}

/** The classes that were asked for, or what to end with: what is wrong has been said then. */
export type FoundClasses =
  | { readonly classes: readonly FoundClass[]; readonly errors: readonly InputError[]; readonly cluster?: string }
  | { readonly exitCode: number };

export interface ClassSource {
  /** Files, directories and `-`; none: the cluster. */
  readonly files: readonly string[];
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  /** A file that is no manifest: the configuration. */
  readonly config?: string | undefined;
}

const STORAGE_CLASSES = kindNamed('StorageClass.storage.k8s.io');

/** Reads StorageClasses from files, or from the cluster where none is named; sorted by name. */
export async function findClasses(
  command: string,
  source: ClassSource,
  context: CommandContext,
): Promise<FoundClasses> {
  const found =
    source.files.length > 0 ? await fromFiles(source, context) : await fromCluster(command, source, context);
  if ('exitCode' in found) return found;
  for (const error of found.errors) context.stderr.write(`${describeError(error)}\n`);
  if (context.signal.aborted) {
    context.stderr.write(`qdrant-admission ${command}: interrupted\n`);
    return { exitCode: EXIT.unknown };
  }
  const classes = found.classes.toSorted((a, b) => (nameOf(a.storageClass) < nameOf(b.storageClass) ? -1 : 1));
  return { ...found, classes };
}

/** The empty string where it has none. */
export function nameOf({ metadata }: StorageClass): string {
  return metadata?.name ?? '';
}

async function fromFiles({ files, config }: ClassSource, { stdin, signal }: CommandContext): Promise<FoundClasses> {
  const classes: FoundClass[] = [];
  const errors: InputError[] = [];
  const options = { stdin, signal, ...(config !== undefined && { except: config }) };
  for await (const read of readInputFiles(files, options)) {
    if (!read.ok) {
      errors.push(read.error);
      continue;
    }
    const { manifests, errors: wrong } = readManifests(read.value.text, read.value.file);
    errors.push(...wrong);
    for (const { object, source, line } of manifests) {
      if (isKind(object, 'StorageClass.storage.k8s.io')) classes.push({ storageClass: object, file: source, line });
    }
  }
  if (classes.length === 0 && errors.length === 0 && !signal.aborted) {
    errors.push({ file: files.join(' '), message: 'holds no StorageClass: expected at least one' });
  }
  return { classes, errors };
}

async function fromCluster(command: string, source: ClassSource, context: CommandContext): Promise<FoundClasses> {
  const { stderr, signal, env } = context;
  const progress = createProgress(stderr);
  try {
    const access = await findCluster({ kubeconfig: source.kubeconfig, context: source.context, env });
    progress.say('reading StorageClasses');
    const classes: FoundClass[] = [];
    for await (const { items } of createKubeClient(access).list(STORAGE_CLASSES, '', signal)) {
      for (const item of items) classes.push({ storageClass: item as StorageClass });
    }
    return { classes, errors: [], cluster: `${access.server.origin}${access.server.pathname.replace(/\/$/, '')}` };
  } catch (error) {
    if (error instanceof KubeConfigError) {
      stderr.write(`${error.message}\n`);
      return { exitCode: EXIT.usage };
    }
    if (signal.aborted) return { classes: [], errors: [] };
    if (!(error instanceof KubeError)) throw error;
    progress.clear();
    stderr.write(`qdrant-admission ${command}: StorageClasses cannot be read: ${printable(error.message)}\n`);
    return { exitCode: EXIT.unknown };
  } finally {
    progress.clear();
  }
}

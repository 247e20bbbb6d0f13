import { KubeConfigError } from '../../cluster/access.ts';
import { createKubeClient, type KubeClient } from '../../cluster/client.ts';
import { findCluster } from '../../cluster/kubeconfig.ts';
import { KubeError } from '../../cluster/wire.ts';
import { printable } from '../../engine/wording.ts';
import { type Kind, kindOf } from '../../k8s/kinds.ts';
import { isKubernetesObject, type KubernetesObject } from '../../k8s/object.ts';
import { shapeErrors } from '../../k8s/shape-check.ts';
import { describeError, type InputError } from '../../manifests/documents.ts';
import { readInputFiles } from '../../manifests/input-files.ts';
import { readManifests } from '../../manifests/objects.ts';
import { type CommandContext, EXIT } from '../shared/context.ts';
import { createProgress } from '../shared/terminal.ts';

/** An object of a file or of the cluster. */
export interface FoundObject {
  readonly object: KubernetesObject;
  /** The empty string where nothing says in which namespace it stands. */
  readonly namespace: string;
}

/** What was asked for, or what to end with: what is wrong has been said then. */
export type Found<T> = T | { readonly exitCode: number };

export interface FileSource {
  /** Files, directories and `-`. */
  readonly files: readonly string[];
  /** That of objects that name none. */
  readonly namespace?: string | undefined;
  /** A file that is no manifest: the configuration. */
  readonly config?: string | undefined;
}

/**
 * All objects in files whose kinds are known here. What cannot be read ends the command: half a world explains nothing.
 * @param command its name, for messages
 */
export async function objectsInFiles(
  command: string,
  { files, namespace, config }: FileSource,
  { stdin, stderr, signal }: CommandContext,
): Promise<Found<readonly FoundObject[]>> {
  const found: FoundObject[] = [];
  const errors: InputError[] = [];
  const options = { stdin, signal, ...(config !== undefined && { except: config }) };
  for await (const read of readInputFiles(files, options)) {
    if (!read.ok) {
      errors.push(read.error);
      continue;
    }
    const { manifests, errors: wrong } = readManifests(read.value.text, read.value.file);
    errors.push(...wrong);
    for (const { object } of manifests) {
      if (kindOf(object)) found.push({ object, namespace: object.metadata?.namespace || (namespace ?? '') });
    }
  }
  if (signal.aborted) {
    stderr.write(`qdrant-admission ${command}: interrupted\n`);
    return { exitCode: EXIT.unknown };
  }
  for (const error of errors) stderr.write(`${describeError(error)}\n`);
  return errors.length > 0 ? { exitCode: EXIT.usage } : found;
}

export interface ClusterSource {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

/** Reads of one cluster, each with what is being read for a person who waits. */
export interface ClusterReader {
  list(kind: Kind, namespace: string): Promise<readonly FoundObject[]>;
  /** Undefined where it is not there. */
  read(kind: Kind, namespace: string, name: string): Promise<FoundObject | undefined>;
  /** The address of the API server. */
  readonly server: string;
}

/**
 * Does something with a cluster that only reads. What goes wrong there is said, and ends the command.
 * @param command its name, for messages
 */
export async function withCluster<T>(
  command: string,
  { kubeconfig, context: name }: ClusterSource,
  { stderr, signal, env }: CommandContext,
  work: (reader: ClusterReader) => Promise<T>,
): Promise<Found<T>> {
  const progress = createProgress(stderr);
  const say = (message: string): void => {
    progress.clear();
    stderr.write(`qdrant-admission ${command}: ${message}\n`);
  };
  try {
    const access = await findCluster({ kubeconfig, context: name, env });
    const server = `${access.server.origin}${access.server.pathname.replace(/\/$/, '')}`;
    return await work(readerOf(createKubeClient(access), server, progress.say, signal));
  } catch (error) {
    if (error instanceof KubeConfigError) {
      stderr.write(`${error.message}\n`);
      return { exitCode: EXIT.usage };
    }
    if (signal.aborted) say('interrupted');
    else if (error instanceof KubeError) say(`the cluster cannot be read: ${printable(error.message)}`);
    else throw error;
    return { exitCode: EXIT.unknown };
  } finally {
    progress.clear();
  }
}

function readerOf(
  client: KubeClient,
  server: string,
  say: (doing: string) => void,
  signal: AbortSignal,
): ClusterReader {
  return {
    server,
    async list(kind, namespace) {
      say(`reading ${kind.plural}`);
      const found: FoundObject[] = [];
      for await (const { items } of client.list(kind, namespace, signal)) {
        for (const item of items) found.push({ object: checked(item), namespace });
      }
      return found;
    },
    async read(kind, namespace, name) {
      say(`reading ${kind.plural}`);
      const item = await client.read(kind, namespace, name, signal);
      return item && { object: checked(item), namespace };
    },
  };
}

/** @throws KubeError at what is no object of the API, or has fields of other types */
function checked(item: unknown): KubernetesObject {
  if (!isKubernetesObject(item)) throw new KubeError('the API server sent an object without apiVersion and kind');
  const [error] = shapeErrors(item);
  if (error) throw new KubeError(`${item.kind}: ${error.path} is ${error.found}: expected ${error.expected}`);
  return item;
}

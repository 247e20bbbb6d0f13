import { access, readFile } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { isJsonObject, type JsonObject, type JsonValue } from '../k8s/object.ts';
import { type ClusterAccess, KubeConfigError, serviceAccountAccess } from './access.ts';

/** What tells where the cluster is. */
export interface KubeConfigSource {
  /** `--kubeconfig`: it alone counts where it is given. */
  readonly kubeconfig?: string | undefined;
  /** `--context`, else the file's current one. */
  readonly context?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where a pod finds its service account; elsewhere only in tests. */
  readonly serviceAccountFolder?: string;
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Access to a cluster: the file that was named, else those of KUBECONFIG, else the service account of the pod this
 * runs in, else ~/.kube/config.
 * @throws KubeConfigError
 */
export async function findCluster(source: KubeConfigSource): Promise<ClusterAccess> {
  const { kubeconfig, context, env } = source;
  if (kubeconfig !== undefined) return fromFiles([kubeconfig], context);
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  if (listed.length > 0) return fromFiles(await present(listed), context);
  const folder = source.serviceAccountFolder ?? SERVICE_ACCOUNT;
  if (context === undefined && env['KUBERNETES_SERVICE_HOST'] && (await exists(join(folder, 'token')))) {
    return serviceAccountAccess(env['KUBERNETES_SERVICE_HOST'], env['KUBERNETES_SERVICE_PORT'] ?? '443', folder);
  }
  const home = env['HOME'] ?? env['USERPROFILE'];
  const own = home ? join(home, '.kube', 'config') : undefined;
  if (own !== undefined && (await exists(own))) return fromFiles([own], context);
  throw new KubeConfigError('no cluster: name a kubeconfig with --kubeconfig FILE or KUBECONFIG');
}

/** As kubectl: of the files of KUBECONFIG those that exist count. */
async function present(files: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const file of files) if (await exists(file)) found.push(file);
  if (found.length === 0) throw new KubeConfigError(`KUBECONFIG names no file that exists: ${files.join(', ')}`);
  return found;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

async function fromFiles(files: readonly string[], context: string | undefined): Promise<ClusterAccess> {
  const merged = merge(await Promise.all(files.map(readKubeConfig)));
  // Only here: what runs inside a cluster does without the library.
  const { kubeconfigAccess } = await import('./kubeconfig-library.ts');
  return kubeconfigAccess(merged, context, files.join(delimiter));
}

/** Reads one file; relative paths in it are meant from its own folder. Parse errors never quote the file. */
async function readKubeConfig(file: string): Promise<JsonObject> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new KubeConfigError(`${file}: cannot be read: ${(error as NodeJS.ErrnoException).code ?? error}`);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [syntax] = document.errors;
  if (syntax) throw new KubeConfigError(`${file}:${lines.linePos(syntax.pos[0]).line}: is not YAML (${syntax.code})`);
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  if (!isJsonObject(value)) throw new KubeConfigError(`${file}: is not a kubeconfig: expected a YAML object`);
  const folder = dirname(resolve(file));
  return {
    'current-context': value['current-context'],
    clusters: entriesOf(value, 'clusters', file).map((entry) => within(entry, 'cluster', (c) => absolute(c, folder))),
    users: entriesOf(value, 'users', file).map((entry) => within(entry, 'user', (user) => userFrom(user, folder))),
    contexts: entriesOf(value, 'contexts', file),
  };
}

function entriesOf(value: JsonObject, field: string, file: string): readonly JsonObject[] {
  const list = value[field] ?? [];
  if (!Array.isArray(list) || !list.every(isJsonObject)) {
    throw new KubeConfigError(`${file}: ${field}: expected a list of objects`);
  }
  return list;
}

function within(entry: JsonObject, field: string, change: (part: JsonObject) => JsonObject): JsonObject {
  const part = entry[field];
  return isJsonObject(part) ? { ...entry, [field]: change(part) } : entry;
}

const PATHS = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'];

function absolute(part: JsonObject, folder: string): JsonObject {
  const changed: Record<string, JsonValue | undefined> = { ...part };
  for (const field of PATHS) {
    const path = part[field];
    if (typeof path === 'string' && path !== '') changed[field] = resolve(folder, path);
  }
  return changed;
}

/** What the client library does not do as kubectl does: `tokenFile`, and plugins relative to the file. */
function userFrom(part: JsonObject, folder: string): JsonObject {
  const { token, ...user } = absolute(part, folder);
  const exec = user['exec'];
  const command = isJsonObject(exec) ? exec['command'] : undefined;
  if (isJsonObject(exec) && typeof command === 'string' && command.includes('/') && !isAbsolute(command)) {
    return userFrom({ ...part, exec: { ...exec, command: resolve(folder, command) } }, folder);
  }
  const { tokenFile } = user;
  if (typeof tokenFile !== 'string') return { ...user, ...(token !== undefined && { token }) };
  return { ...user, 'auth-provider': { name: 'tokenFile', config: { tokenFile } } };
}

/** As kubectl: the first file that sets something wins. */
function merge(files: readonly JsonObject[]): JsonObject {
  const firstOf = (field: string): JsonObject[] => {
    const byName = new Map<JsonValue | undefined, JsonObject>();
    for (const file of files) {
      for (const entry of file[field] as readonly JsonObject[]) {
        if (!byName.has(entry['name'])) byName.set(entry['name'], entry);
      }
    }
    return [...byName.values()];
  };
  const current = files.map((file) => file['current-context']).find((name) => typeof name === 'string' && name !== '');
  return {
    'current-context': current,
    clusters: firstOf('clusters'),
    users: firstOf('users'),
    contexts: firstOf('contexts'),
  };
}

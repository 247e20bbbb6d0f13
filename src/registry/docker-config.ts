import { isJsonObject, type JsonObject } from '../k8s/object.ts';
import { failure, type Result, success } from '../k8s/result.ts';

/** What a docker config holds for a registry. */
export type Credentials =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  /** A refresh token, for which the registry's token service gives others. */
  | { readonly kind: 'identity-token'; readonly token: string }
  /** Sent to the registry as it is. */
  | { readonly kind: 'registry-token'; readonly token: string };

/** The registries of a docker config JSON, and which of them it leaves to programs. */
export interface DockerConfig {
  readonly entries: readonly Entry[];
  /** Name of the program by registry. */
  readonly helpers: readonly { readonly registry: string; readonly helper: string }[];
  /** Name of the program for all registries. */
  readonly store: string | undefined;
}

interface Entry {
  readonly registry: string;
  /** Whole path segments of the repository; empty for all of the registry. */
  readonly path: string;
  /** Undefined where a program keeps them. */
  readonly credentials: Credentials | undefined;
}

/** Names that all mean Docker Hub; Docker writes the last one. */
const HUB = ['docker.io', 'index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com'];

/** Reads a docker config JSON. The error says what is wrong and never quotes a value: it may be a password. */
export function parseDockerConfig(text: string): Result<DockerConfig, string> {
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    return failure('is not JSON');
  }
  const { auths = {}, credHelpers = {}, credsStore } = isJsonObject(config) ? config : { auths: null };
  if (!isJsonObject(auths) || !isJsonObject(credHelpers)) return failure('is not a docker config with auths');
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(auths)) {
    const credentials = isJsonObject(value) ? credentialsOf(value) : failure('is not an object');
    if (!credentials.ok) return failure(`auths[${JSON.stringify(name)}] ${credentials.error}`);
    entries.push({ ...placeOf(name), credentials: credentials.value });
  }
  const helpers = Object.entries(credHelpers).map(([name, helper]) => ({
    registry: placeOf(name).registry,
    helper: String(helper),
  }));
  return success({ entries, helpers, store: typeof credsStore === 'string' ? credsStore : undefined });
}

/**
 * The credentials for a repository; undefined where the config has none. Hosts are compared as a whole, with their port: what
 * is stored for ghcr.io is nothing to cr.io. Of several entries that one counts whose path is longest.
 */
export function findCredentials(
  config: DockerConfig,
  host: string,
  repository: string,
): Result<Credentials | undefined, string> {
  const { registry } = placeOf(host);
  const candidates = config.entries
    .filter((entry) => entry.registry === registry && holds(entry.path, repository))
    .sort((a, b) => b.path.length - a.path.length);
  const found = candidates.find(({ credentials }) => credentials !== undefined)?.credentials;
  if (found !== undefined) return success(found);
  const helper = config.helpers.find((entry) => entry.registry === registry)?.helper ?? config.store;
  if (helper === undefined) return success(undefined);
  return failure(
    `leaves the credentials for ${host} to docker-credential-${helper}, and no such program is run here: write them to auths`,
  );
}

function holds(path: string, repository: string): boolean {
  return path === '' || repository === path || repository.startsWith(`${path}/`);
}

/** A key of auths: a host, maybe with a scheme before and the version of an API or a path behind it. */
function placeOf(key: string): { readonly registry: string; readonly path: string } {
  const bare = key.replace(/^https?:\/\//i, '');
  const slash = bare.indexOf('/');
  const host = (slash === -1 ? bare : bare.slice(0, slash)).toLowerCase().replace(/:443$/, '');
  const path = slash === -1 ? '' : bare.slice(slash + 1).replace(/\/$/, '');
  return { registry: HUB.includes(host) ? 'docker.io' : host, path: /^v[12]?$/.test(path) ? '' : path };
}

function credentialsOf(entry: JsonObject): Result<Credentials | undefined, string> {
  const { auth, username, password, identitytoken, registrytoken } = entry;
  if (isText(registrytoken)) return success({ kind: 'registry-token', token: registrytoken });
  if (isText(identitytoken)) return success({ kind: 'identity-token', token: identitytoken });
  if (isText(username) && isText(password)) return success({ kind: 'basic', username, password });
  if (!isText(auth)) return success(undefined);
  const pair = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = pair.indexOf(':');
  if (colon < 1) return failure('has an auth that is not user:password in base64');
  return success({ kind: 'basic', username: pair.slice(0, colon), password: pair.slice(colon + 1) });
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

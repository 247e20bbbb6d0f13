/** An image reference, taken apart by the rules that container runtimes follow, and normalised as they normalise it. */
export interface ImageReference {
  /** Host and port, as written; `docker.io` where there is none. */
  readonly registry: string;
  /** Path below the registry: `qdrant/qdrant`, `library/busybox`. */
  readonly repository: string;
  readonly tag?: string;
  /** Algorithm and digits: `sha256:…`. */
  readonly digest?: string;
}

/** A registry, or the part of one that lies below a path. */
export interface RegistryScope {
  readonly registry: string;
  /** Whole path segments; empty for all of the registry. */
  readonly path: string;
}

const DOCKER_HUB = 'docker.io';
const LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const HOST = `(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const SEGMENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const PATH = `${SEGMENT}(?:/${SEGMENT})*`;
const TAG = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}';
const DIGEST = 'sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}';
const REFERENCE = new RegExp(`^(${HOST})/(${PATH})(?::(${TAG}))?(?:@(${DIGEST}))?$`);
const SCOPE = new RegExp(`^(${HOST})(?:/(${PATH}))?$`);

const LONGEST_PATH = 255;
/** Longer than any reference is. It bounds the patterns, which tenants' text meets and which backtrack a little. */
const LONGEST_REFERENCE = 1024;

/**
 * Parses a reference as github.com/distribution/reference does; undefined where that refuses it. What a runtime would
 * read in another way must not be judged at all.
 */
export function parseImageReference(text: string): ImageReference | undefined {
  if (text.length > LONGEST_REFERENCE || (text.length === 64 && /^[a-f0-9]{64}$/.test(text))) return undefined;
  const [, registry, repository, tag, digest] = REFERENCE.exec(withRegistry(text)) ?? [];
  if (registry === undefined || repository === undefined || repository.length > LONGEST_PATH) return undefined;
  if (tag === undefined) return digest === undefined ? { registry, repository } : { registry, repository, digest };
  return digest === undefined ? { registry, repository, tag } : { registry, repository, tag, digest };
}

/** Parses `registry.example.com` or `registry.example.com/team`; undefined where the registry is not named in full. */
export function parseRegistryScope(text: string): RegistryScope | undefined {
  const [, host, path = ''] = SCOPE.exec(text) ?? [];
  if (host === undefined || path.length > LONGEST_PATH || !namesRegistry(host)) return undefined;
  return registryScope(text);
}

/** The same of a text that is known to be one: the configuration is checked once, and used with every image. */
export function registryScope(text: string): RegistryScope {
  const slash = text.indexOf('/');
  if (slash === -1) return { registry: canonicalHost(text), path: '' };
  return { registry: canonicalHost(text.slice(0, slash)), path: text.slice(slash + 1) };
}

/** Whether a reference lies within a scope, by whole segments: `docker.io/qdrant` does not hold `docker.io/qdrantevil`. */
export function isWithin({ registry, repository }: ImageReference, scope: RegistryScope): boolean {
  if (registry !== scope.registry) return false;
  return scope.path === '' || repository === scope.path || repository.startsWith(`${scope.path}/`);
}

/** The same reference with everything said: `nginx` is `docker.io/library/nginx`. */
function withRegistry(text: string): string {
  const slash = text.indexOf('/');
  const first = text.slice(0, slash);
  if (slash === -1 || !namesRegistry(first)) return onDockerHub(text);
  if (canonicalHost(first) !== DOCKER_HUB) return text;
  // Nearly all say everything already: their text need not be put together again.
  return first === DOCKER_HUB && text.includes('/', slash + 1) ? text : onDockerHub(text.slice(slash + 1));
}

function onDockerHub(path: string): string {
  return path.includes('/') ? `${DOCKER_HUB}/${path}` : `${DOCKER_HUB}/library/${path}`;
}

/** Whether a first segment is a host: capitals too, because no path may have them. */
function namesRegistry(segment: string): boolean {
  return segment === 'localhost' || segment.includes('.') || segment.includes(':') || segment.toLowerCase() !== segment;
}

function canonicalHost(host: string): string {
  return host === 'index.docker.io' ? DOCKER_HUB : host;
}

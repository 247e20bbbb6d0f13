import { type RegistryEntry, type RegistrySettings, registryEntryOf } from '../images/registry-settings.ts';
import { type ImageReference, parseImageReference, type RegistryScope } from '../k8s/core/image-reference.ts';
import { ContentFailure } from './content-failure.ts';
import { isDigest } from './manifest.ts';

/** A repository of a registry, or of a mirror of it, with how it is reached. */
export interface Place {
  /** As it is named there. */
  readonly registry: string;
  readonly repository: string;
  /** `https://registry-1.docker.io` */
  readonly origin: URL;
  readonly entry: RegistryEntry | undefined;
  /** Whether it may have private addresses. */
  readonly isPrivate: boolean;
}

/**
 * Where an image is asked for, in this order. Throws a ContentFailure for what is no reference: nothing but what
 * parseImageReference would give is ever put into a URL.
 */
export function placesOf(image: ImageReference, settings: RegistrySettings): readonly Place[] {
  checkReference(image);
  const entry = registryEntryOf(image, settings);
  const { mirrors = [], fallBack = false, scope } = entry ?? {};
  const places = scope === undefined ? [] : mirrors.map((mirror) => mirrorOf(image, scope, mirror, settings));
  if (places.length === 0 || fallBack) {
    places.push(placeOf(image, entry, entry?.privateAddresses ?? false));
  }
  return places;
}

function mirrorOf(image: ImageReference, scope: RegistryScope, mirror: RegistryScope, settings: RegistrySettings) {
  const rest = scope.path === '' ? image.repository : image.repository.slice(scope.path.length + 1);
  const repository = [mirror.path, rest].filter((part) => part !== '').join('/');
  const there = { registry: mirror.registry, repository };
  checkReference(there);
  // Who configures a mirror says himself where it leads to; a name in a pod does not.
  return placeOf(there, registryEntryOf(there, settings), true);
}

function placeOf(
  { registry, repository }: ImageReference,
  entry: RegistryEntry | undefined,
  isPrivate: boolean,
): Place {
  // Docker Hub is not where its name leads to.
  const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry;
  const origin = URL.parse(`${entry?.insecure ? 'http' : 'https'}://${host}/`);
  if (origin === null || origin.port === '0') throw new ContentFailure('invalid', `${registry} is no host and port`);
  return { registry, repository, origin, entry, isPrivate };
}

function checkReference({ registry, repository, tag, digest }: ImageReference): void {
  const text = `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
  const parsed = parseImageReference(text);
  if (parsed?.registry !== registry || parsed.repository !== repository || parsed.tag !== tag) {
    throw new ContentFailure('invalid', `${JSON.stringify(text.slice(0, 300))} is no image reference`);
  }
  if (digest !== undefined && !isDigest(digest)) {
    throw new ContentFailure(
      'invalid',
      `${registry}/${repository}@${digest.slice(0, 20)}…: only digests of sha256 are read`,
    );
  }
}

/** An image as messages name it. */
export function nameOf({ registry, repository, tag, digest }: ImageReference): string {
  if (digest !== undefined) return `${registry}/${repository}@${digest}`;
  return `${registry}/${repository}:${tag ?? 'latest'}`;
}

import { type ImageReference, isWithin, type RegistryScope } from '../k8s/core/image-reference.ts';

/** How a registry, or a part of one, is reached: an entry of `images.registries` of the configuration. */
export interface RegistryEntry {
  /** Which images it is about. */
  readonly scope: RegistryScope;
  /** Where these images are asked for instead, in this order; what follows the scope's path is appended. */
  readonly mirrors: readonly RegistryScope[];
  /** Whether the registry itself is asked where no mirror has the answer. */
  readonly fallBack: boolean;
  /** A docker config JSON file; it is read again when it changes. */
  readonly credentialsFile?: string | undefined;
  /** Certificates in PEM that the server has to be certified by, and no others; read again when it changes. */
  readonly caFile?: string | undefined;
  /** HTTP without TLS. */
  readonly insecure: boolean;
  /** Whether its name may lead to private, loopback or cluster addresses. */
  readonly privateAddresses: boolean;
  /** Other hosts, with their port where it is not 443, that it may send to for blobs and tokens though they are private. */
  readonly privateHosts: readonly string[];
}

export interface RegistrySettings {
  /** No two have the same scope. */
  readonly registries: readonly RegistryEntry[];
}

/** The entry that is about an image: of several the one with the longest path. */
export function registryEntryOf(image: ImageReference, { registries }: RegistrySettings): RegistryEntry | undefined {
  let found: RegistryEntry | undefined;
  for (const entry of registries) {
    if (!isWithin(image, entry.scope)) continue;
    if (found === undefined || entry.scope.path.length > found.scope.path.length) found = entry;
  }
  return found;
}

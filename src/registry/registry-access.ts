import { X509Certificate } from 'node:crypto';
import { cut, printable } from '../engine/wording.ts';
import type { RegistrySettings } from '../images/registry-settings.ts';
import { ContentFailure } from './content-failure.ts';
import { type Credentials, type DockerConfig, findCredentials, parseDockerConfig } from './docker-config.ts';
import { KeptFiles } from './kept-files.ts';
import { orAbort } from './or-abort.ts';
import type { Place } from './places.ts';
import { ForbiddenPlace, PRIVATE_REACH, type Reach } from './reach.ts';

/** How a host is reached: which addresses it may have, and by whom it has to be certified. */
export interface Route {
  readonly reach: Reach;
  readonly ca: string | undefined;
}

export interface RegistryAccessOptions {
  readonly settings: RegistrySettings;
  /** What a name may lead to that the configuration says nothing of. */
  readonly publicReach: Reach;
  /** Besides the files: imagePullSecrets, as a cluster has them. */
  readonly pullSecrets: PullSecrets;
}

/** The texts of docker configs (`.dockerconfigjson`), tried in this order. It rejects where they cannot be had. */
export type PullSecrets = (signal: AbortSignal) => Promise<readonly string[]>;

/** What the configuration says of hosts: addresses, certificates and credentials. */
export class RegistryAccess {
  readonly #options: RegistryAccessOptions;
  readonly #configs = new KeptFiles(readConfig);
  readonly #certificates = new KeptFiles(readCertificates);

  constructor(options: RegistryAccessOptions) {
    this.#options = options;
  }

  /** To the registry itself. */
  async routeTo({ isPrivate, entry }: Place): Promise<Route> {
    return {
      reach: isPrivate ? PRIVATE_REACH : this.#options.publicReach,
      ca: await this.#certificatesOf(entry?.caFile),
    };
  }

  /**
   * To where a registry sends: over https only, without credentials in the URL, and to a public address unless the
   * registry's entry names the host. @throws ForbiddenPlace
   */
  async routeElsewhere({ entry }: Place, url: URL): Promise<Route> {
    if (url.protocol !== 'https:') throw new ForbiddenPlace('unreachable', `${url.protocol}//${url.host} is not https`);
    if (url.username !== '' || url.password !== '' || url.port === '0') {
      throw new ForbiddenPlace('unreachable', `${url.host} with a user or port 0`);
    }
    const isPrivate = entry?.privateHosts.includes(url.host) ?? false;
    return {
      reach: isPrivate ? PRIVATE_REACH : this.#options.publicReach,
      ca: await this.#certificatesOf(this.#caFileOf(url.host)),
    };
  }

  /** What is stored for exactly this registry: first in the file of its entry, then in pull secrets. */
  async credentialsFor({ registry, repository, entry }: Place, signal: AbortSignal): Promise<Credentials | undefined> {
    if (entry?.credentialsFile !== undefined) {
      const file = entry.credentialsFile;
      const found = findCredentials(await this.#configs.get(file), registry, repository);
      if (!found.ok) throw new ContentFailure('unreachable', `${file} ${found.error}`);
      if (found.value !== undefined) return found.value;
    }
    for (const text of await this.#pullSecrets(signal)) {
      const found = findCredentials(readConfig(text, 'a pull secret'), registry, repository);
      if (!found.ok) throw new ContentFailure('unreachable', `a pull secret ${found.error}`);
      if (found.value !== undefined) return found.value;
    }
    return undefined;
  }

  async #pullSecrets(signal: AbortSignal): Promise<readonly string[]> {
    try {
      return await orAbort(this.#options.pullSecrets(signal), signal);
    } catch (error) {
      const why = signal.aborted ? 'in the time that was left' : error instanceof Error ? error.message : String(error);
      throw new ContentFailure('unreachable', `the pull secrets could not be read: ${cut(printable(why), 200)}`, error);
    }
  }

  /** Of a whole host: certificates are never for others. */
  #caFileOf(host: string): string | undefined {
    const entry = this.#options.settings.registries.find(({ scope }) => scope.registry === host && scope.path === '');
    return entry?.caFile;
  }

  async #certificatesOf(file: string | undefined): Promise<string | undefined> {
    return file === undefined ? undefined : await this.#certificates.get(file);
  }
}

function readConfig(text: string, path: string): DockerConfig {
  const config = parseDockerConfig(text);
  if (!config.ok) throw new ContentFailure('unreachable', `${path} ${config.error}`);
  return config.value;
}

function readCertificates(text: string, path: string): string {
  try {
    new X509Certificate(text);
    return text;
  } catch (error) {
    throw new ContentFailure('unreachable', `${path}: expected certificates in PEM`, error);
  }
}

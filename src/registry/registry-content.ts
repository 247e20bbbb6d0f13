import type { Descriptor, ImageContent, Manifest } from '../images/content.ts';
import type { RegistrySettings } from '../images/registry-settings.ts';
import type { ImageReference } from '../k8s/core/image-reference.ts';
import { type AddressSet, NO_ADDRESSES } from '../network/addresses.ts';
import { type Clock, REAL_CLOCK } from '../runtime/clock.ts';
import { asResult, ContentFailure } from './content-failure.ts';
import { digestOf, isDigest, LARGEST_MANIFEST, MANIFEST_TYPES, mediaTypeOf, parseManifest } from './manifest.ts';
import { nameOf, type Place, placesOf } from './places.ts';
import { NO_PROXIES, type Proxies } from './proxies.ts';
import { type Lookup, publicReach, SYSTEM_LOOKUP } from './reach.ts';
import { listReferrers, uniteReferrers } from './referrers.ts';
import { type PullSecrets, RegistryAccess } from './registry-access.ts';
import { Session } from './session.ts';
import { type HttpAnswer, Transport } from './transport.ts';

export interface RegistryContentOptions {
  readonly settings: RegistrySettings;
  readonly proxies?: Proxies;
  /** Addresses of pods, services and nodes, where they are no private ones: a name in an image must not lead there. */
  readonly clusterAddresses?: AddressSet;
  /** Credentials besides the files. Asked before every request: what costs something is kept by whoever gives it. */
  readonly pullSecrets?: PullSecrets;
  readonly lookup?: Lookup;
  readonly clock?: Clock;
  readonly limits?: Partial<RegistryLimits>;
}

export interface RegistryLimits {
  /** How many requests may go on at once. */
  readonly connections: number;
  readonly connectionsPerHost: number;
  /** After so long without a byte a connection is given up. */
  readonly idleMs: number;
  /** The longest Retry-After that is waited for. */
  readonly longestWaitMs: number;
}

const LIMITS: RegistryLimits = { connections: 32, connectionsPerHost: 16, idleMs: 10_000, longestWaitMs: 5_000 };

/**
 * Content of registries, over HTTPS (OCI distribution specification 1.1). It asks whatever registry it is given:
 * that the rule image-registry allows an image's registry is for the caller to know before he asks. Every digest is checked
 * here, every answer is bounded in bytes and number; in time it is bounded by the caller's signal.
 */
export class RegistryContent implements ImageContent {
  readonly #settings: RegistrySettings;
  readonly #transport: Transport;
  readonly #session: Session;

  constructor(options: RegistryContentOptions) {
    const { settings, proxies = NO_PROXIES, clusterAddresses = NO_ADDRESSES, clock = REAL_CLOCK } = options;
    const { pullSecrets = async () => [], lookup = SYSTEM_LOOKUP } = options;
    const { longestWaitMs, ...limits } = { ...LIMITS, ...options.limits };
    const access = new RegistryAccess({ settings, publicReach: publicReach(clusterAddresses), pullSecrets });
    this.#settings = settings;
    this.#transport = new Transport({ lookup, proxies, ...limits });
    this.#session = new Session(this.#transport, access, clock, longestWaitMs);
  }

  manifest(of: ImageReference, signal: AbortSignal) {
    return asResult(() => this.#first(of, (place) => this.#manifestAt(place, of, signal)));
  }

  blob(of: ImageReference, blob: Descriptor, limit: number, signal: AbortSignal) {
    return asResult(async () => {
      if (!isDigest(blob.digest))
        throw new ContentFailure('invalid', `${of.registry}: a blob without a digest of sha256`);
      if (blob.size > limit) {
        const text = `${of.registry}: a blob of ${blob.size} bytes, and at most ${limit} are read (${blob.digest})`;
        throw new ContentFailure('invalid', text);
      }
      return await this.#first(of, (place) => this.#blobAt(place, blob, signal));
    });
  }

  referrers(of: ImageReference, digest: string, signal: AbortSignal) {
    return asResult(async () => {
      if (!isDigest(digest))
        throw new ContentFailure('invalid', `${of.registry}: only digests of sha256 have referrers here`);
      // A mirror may hold an image without what refers to it: the first that lists anything counts.
      return await this.#first(
        of,
        (place) => this.#referrersAt(place, digest, signal),
        (listed) => listed.length === 0,
      );
    });
  }

  /** Ends connections that nobody uses: for whoever replaces it by one with other settings. */
  close(): void {
    this.#transport.close();
  }

  /**
   * What the first place has. What one lies about is not asked of the next. Where one could not be reached and no
   * other has it, nobody can tell.
   * @param isEmpty whether an answer counts only where all places give such
   */
  async #first<T>(
    of: ImageReference,
    ask: (place: Place) => Promise<T>,
    isEmpty: (answer: T) => boolean = () => false,
  ): Promise<T> {
    const failures: ContentFailure[] = [];
    const empty: T[] = [];
    for (const place of placesOf(of, this.#settings)) {
      try {
        const answer = await ask(place);
        if (!isEmpty(answer)) return answer;
        empty.push(answer);
      } catch (error) {
        if (!(error instanceof ContentFailure) || error.kind === 'invalid') throw error;
        failures.push(error);
      }
    }
    const isUnknown = failures.some(({ kind }) => kind === 'unreachable');
    const [first] = empty;
    if (first !== undefined && !isUnknown) return first;
    const messages = new Set(failures.map(({ message }) => message));
    throw new ContentFailure(isUnknown ? 'unreachable' : 'absent', [...messages].join('; '));
  }

  async #manifestAt(place: Place, of: ImageReference, signal: AbortSignal): Promise<Manifest> {
    const { digest, tag = 'latest' } = of;
    const name = nameOf({ ...of, registry: place.registry, repository: place.repository });
    const url = new URL(`/v2/${place.repository}/manifests/${digest ?? tag}`, place.origin);
    const accept = MANIFEST_TYPES.join(', ');
    const answer = await this.#session.ask({ place, url, accept, limit: LARGEST_MANIFEST, mayLeave: false, signal });
    if (answer.status !== 200) throw refusalOf(answer, place, name);
    const actual = digestOf(answer.body);
    if (digest !== undefined && actual !== digest) {
      throw new ContentFailure('invalid', `${place.registry} sent for ${name} bytes of the digest ${actual}`);
    }
    // Of a tag there is only the registry's word: at least it has to agree with itself (CVE-2023-47630).
    const claimed = answer.headers['docker-content-digest'];
    if (typeof claimed === 'string' && claimed !== actual && claimed.startsWith('sha256:')) {
      throw new ContentFailure(
        'invalid',
        `${place.registry} sent for ${name} bytes that are not of the digest it names`,
      );
    }
    const manifest = parseManifest(answer.body, mediaTypeOf(answer.headers['content-type']));
    if (!manifest.ok) throw new ContentFailure('invalid', `${name} ${manifest.error}`);
    return manifest.value;
  }

  async #blobAt(place: Place, blob: Descriptor, signal: AbortSignal): Promise<Uint8Array> {
    const name = `${place.registry}/${place.repository}@${blob.digest}`;
    const url = new URL(`/v2/${place.repository}/blobs/${blob.digest}`, place.origin);
    const accept = 'application/octet-stream, */*';
    const answer = await this.#session.ask({ place, url, accept, limit: blob.size, mayLeave: true, signal });
    if (answer.status !== 200) throw refusalOf(answer, place, name);
    if (answer.body.length !== blob.size || digestOf(answer.body) !== blob.digest) {
      throw new ContentFailure(
        'invalid',
        `${place.registry} sent for the blob ${name} other bytes than its digest and size say`,
      );
    }
    return answer.body;
  }

  /** Both stores always: some registries answer with an empty list for what lies behind the tag. */
  async #referrersAt(place: Place, digest: string, signal: AbortSignal): Promise<readonly Descriptor[]> {
    const [listed = [], tagged] = await Promise.all([
      listReferrers(this.#session, place, digest, signal),
      this.#taggedReferrers(place, digest, signal),
    ]);
    return uniteReferrers([listed, tagged], place);
  }

  async #taggedReferrers(place: Place, digest: string, signal: AbortSignal): Promise<readonly Descriptor[]> {
    const { registry, repository } = place;
    const of = { registry, repository, tag: digest.replace(':', '-') };
    try {
      const index = await this.#manifestAt(place, of, signal);
      if (index.config === undefined) return index.manifests;
      throw new ContentFailure('invalid', `${nameOf(of)} is no index, as a list of referrers has to be`);
    } catch (error) {
      if (error instanceof ContentFailure && error.kind === 'absent') return [];
      throw error;
    }
  }
}

/** What a status other than 200 means. Only 404 says that it is not there. */
function refusalOf({ status, url }: HttpAnswer, { registry, repository }: Place, name: string): ContentFailure {
  if (status === 404) return new ContentFailure('absent', `${registry} has no ${name}`);
  if (status === 403 || status === 401) {
    const who = url.host === registry ? registry : `${registry} (${url.host})`;
    return new ContentFailure(
      'unreachable',
      `${who} forbids to pull ${repository} (${status}): check the credentials that are stored for it`,
    );
  }
  if (status >= 300 && status < 400) {
    return new ContentFailure(
      'invalid',
      `${registry} redirects ${name} to another host, which only blobs may be: name that host as its mirror`,
    );
  }
  if (status === 429) return new ContentFailure('unreachable', `${url.host} limits how often it may be asked (429)`);
  return new ContentFailure('unreachable', `${url.host} answered ${status} when asked for ${name}`);
}

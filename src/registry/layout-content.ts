import type { Descriptor, ImageContent, Manifest } from '../images/content.ts';
import { type ImageReference, parseImageReference } from '../k8s/core/image-reference.ts';
import { isJsonObject } from '../k8s/object.ts';
import { asResult, ContentFailure } from './content-failure.ts';
import { LayoutDirectory } from './layout-directory.ts';
import { digestOf, isDigest, LARGEST_MANIFEST, MANIFEST_TYPES, parseManifest } from './manifest.ts';
import { nameOf } from './places.ts';
import { uniteReferrers } from './referrers.ts';

/** The tag, or the whole reference, that tools give a descriptor of index.json. */
const REF_NAME = 'org.opencontainers.image.ref.name';
/** The whole reference, by containerd and BuildKit, whose ref.name is the tag alone. */
const CONTAINERD_NAME = 'io.containerd.image.name';
/** What `cosign save` writes beside an image, with no name: signatures and attestations of the one image that is there. */
const COSIGN_KIND = 'kind';
const COSIGN_IMAGES: readonly string[] = ['dev.cosignproject.cosign/image', 'dev.cosignproject.cosign/imageIndex'];
const COSIGN_STORES: Readonly<Record<string, string>> = {
  sig: 'dev.cosignproject.cosign/sigs',
  att: 'dev.cosignproject.cosign/atts',
};

const LARGEST_MARKER = 4096;

/**
 * Content of an OCI image layout directory, for where there is no registry. What it holds under a tag without
 * a repository is of any repository that has this tag. Nothing is kept: every call reads the files.
 */
export class LayoutContent implements ImageContent {
  readonly #directory: LayoutDirectory;

  /** @param path of the directory that holds oci-layout, index.json and blobs */
  constructor(path: string) {
    this.#directory = new LayoutDirectory(path);
  }

  manifest(of: ImageReference, signal: AbortSignal) {
    return asResult(async () => {
      const index = await this.#index(signal);
      if (of.digest !== undefined) return await this.#byDigest(of.digest, undefined, nameOf(of));
      const descriptor = this.#named(index, of);
      if (descriptor === undefined) throw this.#absent(nameOf(of));
      return await this.#byDigest(descriptor.digest, descriptor, nameOf(of));
    });
  }

  blob(of: ImageReference, blob: Descriptor, limit: number, signal: AbortSignal) {
    return asResult(async () => {
      this.#checkTime(signal);
      const name = `${of.registry}/${of.repository}@${blob.digest}`;
      if (blob.size > limit) {
        throw new ContentFailure('invalid', `${name} has ${blob.size} bytes, and at most ${limit} are read`);
      }
      const bytes = await this.#bytes(blob.digest, blob.size, name);
      if (bytes.length !== blob.size) throw this.#invalid(`holds other bytes for ${name} than its size says`);
      return bytes;
    });
  }

  referrers(of: ImageReference, digest: string, signal: AbortSignal) {
    return asResult(async () => {
      const index = await this.#index(signal);
      const listed: Descriptor[] = [];
      for (const descriptor of index.manifests.filter(({ mediaType }) => MANIFEST_TYPES.includes(mediaType))) {
        this.#checkTime(signal);
        const manifest = await this.#ifThere(descriptor);
        if (manifest?.subject?.digest === digest) listed.push({ ...descriptor, artifactType: manifest.artifactType });
      }
      const tagged = this.#named(index, {
        registry: of.registry,
        repository: of.repository,
        tag: digest.replace(':', '-'),
      });
      const fallback = tagged && (await this.#byDigest(tagged.digest, tagged, tagged.digest));
      if (fallback?.config !== undefined) throw this.#invalid(`has a list of referrers that is no index`);
      return uniteReferrers([listed, fallback?.manifests ?? []], { registry: this.#directory.path });
    });
  }

  async #index(signal: AbortSignal): Promise<Manifest> {
    this.#checkTime(signal);
    const marker = await this.#directory.read('oci-layout', LARGEST_MARKER);
    if (marker === undefined || !isMarker(marker))
      throw this.#invalid('is no OCI image layout: it has no oci-layout of version 1.0.0');
    const bytes = await this.#directory.read('index.json', LARGEST_MANIFEST);
    if (bytes === undefined) throw this.#invalid('has no index.json');
    const index = parseManifest(bytes, undefined);
    if (!index.ok) throw this.#invalid(`has an index.json that ${index.error}`);
    if (index.value.config !== undefined) throw this.#invalid('has an index.json that is no index');
    return index.value;
  }

  /** The descriptor of a tag. Two different ones of the same name leave open which is meant. */
  #named(index: Manifest, of: ImageReference): Descriptor | undefined {
    const found = index.manifests.filter((descriptor) => isNamed(descriptor, of));
    const named = found.length > 0 ? found : savedByCosign(index, of.tag);
    if (new Set(named.map(({ digest }) => digest)).size > 1) {
      throw this.#invalid(`has several manifests of the name ${nameOf(of)}`);
    }
    return named[0];
  }

  async #byDigest(digest: string, descriptor: Descriptor | undefined, name: string): Promise<Manifest> {
    const bytes = await this.#bytes(digest, LARGEST_MANIFEST, name);
    if (descriptor !== undefined && bytes.length !== descriptor.size) {
      throw this.#invalid(`holds other bytes for ${name} than its size says`);
    }
    const manifest = parseManifest(bytes, descriptor?.mediaType);
    if (!manifest.ok) throw this.#invalid(`holds ${name}, which ${manifest.error}`);
    return manifest.value;
  }

  async #bytes(digest: string, limit: number, name: string): Promise<Uint8Array> {
    if (!isDigest(digest)) throw this.#invalid(`is asked for ${name}: only digests of sha256 are read`);
    const bytes = await this.#directory.read(`blobs/${digest.replace(':', '/')}`, limit);
    if (bytes === undefined) throw this.#absent(name);
    if (digestOf(bytes) !== digest) throw this.#invalid(`holds for ${name} bytes that are not of this digest`);
    return bytes;
  }

  /** A layout may leave out what its index lists, such as other platforms. */
  async #ifThere(descriptor: Descriptor): Promise<Manifest | undefined> {
    try {
      return await this.#byDigest(descriptor.digest, descriptor, descriptor.digest);
    } catch (error) {
      if (error instanceof ContentFailure && error.kind === 'absent') return undefined;
      throw error;
    }
  }

  #checkTime(signal: AbortSignal): void {
    if (signal.aborted)
      throw new ContentFailure('unreachable', `${this.#directory.path} was not read in the time that was left`);
  }

  #absent(name: string): ContentFailure {
    return new ContentFailure('absent', `${this.#directory.path} has no ${name}`);
  }

  #invalid(what: string): ContentFailure {
    return new ContentFailure('invalid', `${this.#directory.path} ${what}`);
  }
}

function isMarker(bytes: Uint8Array): boolean {
  try {
    const marker: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return isJsonObject(marker) && marker['imageLayoutVersion'] === '1.0.0';
  } catch {
    return false;
  }
}

function isNamed({ annotations }: Descriptor, { registry, repository, tag = 'latest' }: ImageReference): boolean {
  const kind = annotations[COSIGN_KIND];
  // cosign gives signatures the name of the image that they are of.
  if (Object.values(COSIGN_STORES).some((store) => store === kind)) return false;
  const names = [annotations[CONTAINERD_NAME], annotations[REF_NAME]].filter((name) => name !== undefined);
  const whole = names.map(parseWhole).find((reference) => reference !== undefined);
  if (whole) return whole.registry === registry && whole.repository === repository && (whole.tag ?? 'latest') === tag;
  return annotations[REF_NAME] === tag;
}

/** A reference that names a repository: what has no slash is a tag alone. */
function parseWhole(name: string): ImageReference | undefined {
  return name.includes('/') ? parseImageReference(name) : undefined;
}

/** Signatures and attestations that `cosign save` wrote: `sha256-….sig` of the image that is there. */
function savedByCosign({ manifests }: Manifest, tag = 'latest'): readonly Descriptor[] {
  const [, hex, suffix = ''] = /^sha256-([a-f0-9]{64})\.(sig|att)$/.exec(tag) ?? [];
  const images = manifests.filter(({ annotations }) => COSIGN_IMAGES.includes(annotations[COSIGN_KIND] ?? ''));
  if (images.length !== 1 || images[0]?.digest !== `sha256:${hex}`) return [];
  return manifests.filter(({ annotations }) => annotations[COSIGN_KIND] === COSIGN_STORES[suffix]);
}

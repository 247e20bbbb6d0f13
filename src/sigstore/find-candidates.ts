import type { Descriptor, ImageContent, Manifest } from '../images/content.ts';
import type { StoredAs } from '../images/evidence.ts';
import type { ImageReference } from '../k8s/core/image-reference.ts';
import type { EvidenceNotes, Store } from './evidence-notes.ts';
import type { Candidate, Verification } from './tasks.ts';

/** What the steps of looking at one image share. */
export interface Reading {
  readonly content: ImageContent;
  /** By digest. */
  readonly reference: ImageReference & { readonly digest: string };
  readonly verification: Verification;
  readonly notes: EvidenceNotes;
  readonly signal: AbortSignal;
}

/** A candidate, with where it lay. */
export interface FoundCandidate {
  /** For messages: `tag sha256-….sig, layer 1`. */
  readonly found: string;
  readonly storedAs: StoredAs;
  readonly candidate: Candidate;
}

/** What a layer has to be for its bytes to be read as a bundle; they say themselves which of these they are. */
const BUNDLE_TYPES = [
  'application/vnd.dev.sigstore.bundle.v0.3+json',
  'application/vnd.dev.sigstore.bundle+json;version=0.3',
  'application/vnd.dev.sigstore.bundle+json;version=0.2',
  'application/vnd.dev.sigstore.bundle+json;version=0.1',
];
const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json';
const ENVELOPE = 'application/vnd.dsse.envelope.v1+json';
/** A manifest of an older format: each of its layers is a signature, or an attestation. */
interface LayerFormat {
  readonly store: Store;
  readonly storedAs: StoredAs;
  readonly mediaType: string;
  readonly format: Candidate['format'];
}
const SIGNATURES: LayerFormat = {
  store: 'signature tag',
  storedAs: 'legacy',
  mediaType: SIMPLE_SIGNING,
  format: 'simple-signing',
};
const ATTESTATIONS: LayerFormat = {
  store: 'attestation tag',
  storedAs: 'legacy',
  mediaType: ENVELOPE,
  format: 'envelope',
};
const OCI_1_1_SIGNATURES: LayerFormat = { ...SIGNATURES, store: 'referrers', storedAs: 'oci-1-1' };
const OCI_1_1_SIGNATURE = 'application/vnd.dev.cosign.artifact.sig.v1+json';
/**
 * The artifactTypes that a referrer may be listed with. In a fallback index it is anybody's text, and registries disagree
 * about it: what a referrer is its manifest says.
 */
const LISTED_AS: readonly (string | undefined)[] = [
  undefined,
  '',
  'application/vnd.oci.empty.v1+json',
  OCI_1_1_SIGNATURE,
];
const LISTED_AS_BUNDLE = 'application/vnd.dev.sigstore.bundle';

/** Everything that claims to speak for an image. Both stores, always: what lies in one must not hide what lies in the other. */
export async function findCandidates(reading: Reading): Promise<readonly FoundCandidate[]> {
  const tag = reading.reference.digest.replace(':', '-');
  const found = await Promise.all([
    fromReferrers(reading),
    fromTag(reading, `${tag}.sig`, SIGNATURES),
    fromTag(reading, `${tag}.att`, ATTESTATIONS),
  ]);
  return found.flat();
}

async function fromReferrers(reading: Reading): Promise<readonly FoundCandidate[]> {
  const { content, reference, notes, signal } = reading;
  const referrers = await content.referrers(reference, reference.digest, signal);
  if (!referrers.ok) {
    if (referrers.error.kind !== 'absent') notes.notRead(`the list of referrers: ${referrers.error.message}`);
    return [];
  }
  const found: FoundCandidate[] = [];
  for (const batch of batches(referrers.value.filter(mayBeCandidate))) {
    found.push(...(await Promise.all(batch.map((referrer) => fromReferrer(reading, referrer)))).flat());
  }
  return found;
}

function mayBeCandidate({ artifactType }: Descriptor): boolean {
  return LISTED_AS.includes(artifactType) || artifactType?.startsWith(LISTED_AS_BUNDLE) === true;
}

async function fromReferrer(reading: Reading, { digest }: Descriptor): Promise<readonly FoundCandidate[]> {
  const { content, reference, notes, signal } = reading;
  if (!notes.takeCandidate('referrers')) return [];
  const found = `referrer ${digest}`;
  const manifest = await content.manifest({ ...reference, digest }, signal);
  if (!manifest.ok) {
    notes.problem(found, manifest.error);
    return [];
  }
  const { subject, layers, artifactType, config } = manifest.value;
  const kind = artifactType ?? config?.mediaType;
  const [layer] = layers;
  const isBundle = layer !== undefined && BUNDLE_TYPES.includes(layer.mediaType);
  if (!isBundle && kind !== OCI_1_1_SIGNATURE) return [];
  if (subject?.digest !== reference.digest) {
    notes.reject(found, `it refers to ${subject?.digest ?? 'nothing'}, and not to this image`);
    return [];
  }
  if (kind === OCI_1_1_SIGNATURE) return fromLayers(reading, found, manifest.value, OCI_1_1_SIGNATURES);
  if (layer === undefined || layers.length !== 1) {
    notes.reject(found, `a bundle is the only layer of its manifest, and this one has ${layers.length}`);
    return [];
  }
  const bytes = await readBlob(reading, 'referrers', found, layer);
  return bytes ? [{ found, storedAs: 'bundle', candidate: { format: 'bundle', bytes, annotations: {} } }] : [];
}

async function fromTag(reading: Reading, tag: string, layers: LayerFormat): Promise<readonly FoundCandidate[]> {
  const { content, reference, notes, signal } = reading;
  const { registry, repository } = reference;
  const manifest = await content.manifest({ registry, repository, tag }, signal);
  if (!manifest.ok) {
    if (manifest.error.kind !== 'absent') notes.problem(`tag ${tag}`, manifest.error);
    return [];
  }
  if (manifest.value.manifests.length > 0) {
    notes.reject(`tag ${tag}`, 'it is an index, and not a manifest whose layers are signatures');
    return [];
  }
  return fromLayers(reading, `tag ${tag}`, manifest.value, layers);
}

async function fromLayers(
  reading: Reading,
  found: string,
  { layers }: Manifest,
  { store, storedAs, mediaType, format }: LayerFormat,
): Promise<readonly FoundCandidate[]> {
  const candidates: FoundCandidate[] = [];
  const numbered = layers.map((layer, index) => ({ layer, place: `${found}, layer ${index + 1}` }));
  for (const batch of batches(numbered)) {
    const read = batch.map(async ({ layer, place }): Promise<readonly FoundCandidate[]> => {
      if (layer.mediaType !== mediaType) {
        reading.notes.reject(place, `its mediaType is ${layer.mediaType}, and not ${mediaType}`);
        return [];
      }
      if (!reading.notes.takeCandidate(store)) return [];
      const bytes = await readBlob(reading, store, place, layer);
      const { annotations } = layer;
      return bytes ? [{ found: place, storedAs, candidate: { format, bytes, annotations } }] : [];
    });
    candidates.push(...(await Promise.all(read)).flat());
  }
  return candidates;
}

async function readBlob(
  { content, reference, notes, signal }: Reading,
  store: Store,
  found: string,
  blob: Descriptor,
): Promise<Uint8Array | undefined> {
  if (!notes.takeBytes(store, found, blob.size)) return undefined;
  const bytes = await content.blob(reference, blob, blob.size, signal);
  if (bytes.ok) return bytes.value;
  notes.problem(found, bytes.error);
  return undefined;
}

/** Few enough at once that a registry does not take them for an attack. */
const AT_ONCE = 8;

function* batches<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += AT_ONCE) yield items.slice(start, start + AT_ONCE);
}

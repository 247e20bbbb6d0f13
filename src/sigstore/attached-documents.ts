import type { Descriptor } from '../images/content.ts';
import type { AttachedDocument, Platform } from '../images/evidence.ts';
import { IN_TOTO, statementKind } from '../images/statements.ts';
import type { Reading } from './find-candidates.ts';

/** https://github.com/moby/buildkit/blob/master/docs/attestations/attestation-storage.md */
const REFERENCE_TYPE = 'vnd.docker.reference.type';
const REFERENCE_DIGEST = 'vnd.docker.reference.digest';
const PREDICATE_TYPE = 'in-toto.io/predicate-type';

/** Whether an index lists a manifest as something about another one, and not as something that runs. */
export function isAttestationManifest({ annotations, platform }: Descriptor): boolean {
  return (
    annotations[REFERENCE_TYPE] !== undefined || (platform?.os === 'unknown' && platform.architecture === 'unknown')
  );
}

/**
 * Documents that buildx attached: the index lists their manifests by digest, so a signature of the index covers them.
 * @param platforms what runs of this index: a document about anything else says nothing about it
 */
export async function attachedDocuments(
  reading: Reading,
  children: readonly Descriptor[],
  platforms: readonly Platform[],
): Promise<readonly AttachedDocument[]> {
  const found = children.map((child) => {
    if (child.annotations[REFERENCE_TYPE] !== 'attestation-manifest') return [];
    const about = child.annotations[REFERENCE_DIGEST] ?? '';
    if (platforms.some(({ digest }) => digest === about)) return fromManifest(reading, child, about);
    const place = `attestation manifest ${child.digest}`;
    reading.notes.reject(place, `it is about ${about || 'nothing'}, which this index does not list`);
    return [];
  });
  return (await Promise.all(found)).flat();
}

async function fromManifest(
  reading: Reading,
  { digest }: Descriptor,
  platformDigest: string,
): Promise<readonly AttachedDocument[]> {
  const { content, reference, notes, signal } = reading;
  const place = `attestation manifest ${digest}`;
  if (!notes.takeCandidate('index')) return [];
  const manifest = await content.manifest({ ...reference, digest }, signal);
  if (!manifest.ok) {
    notes.problem(place, manifest.error);
    return [];
  }
  const documents: AttachedDocument[] = [];
  for (const [index, layer] of manifest.value.layers.entries()) {
    const predicateType = layer.annotations[PREDICATE_TYPE];
    if (layer.mediaType !== IN_TOTO || predicateType === undefined) continue;
    if (index > 0 && !notes.takeCandidate('index')) break;
    documents.push(
      ...(await readDocument(reading, `${place}, layer ${index + 1}`, layer, { platformDigest, predicateType })),
    );
  }
  return documents;
}

async function readDocument(
  { content, reference, notes, verification, signal }: Reading,
  place: string,
  layer: Descriptor,
  about: Pick<AttachedDocument, 'platformDigest' | 'predicateType'>,
): Promise<readonly AttachedDocument[]> {
  const present: readonly AttachedDocument[] = [{ ...about, level: 'present' }];
  if (statementKind(about.predicateType) === 'other') return present;
  if (!notes.takeBytes('index', place, layer.size)) return present;
  const bytes = await content.blob(reference, layer, layer.size, signal);
  if (!bytes.ok) {
    notes.problem(place, bytes.error);
    return bytes.error.kind === 'unreachable' ? present : [];
  }
  const { platformDigest: digest, predicateType } = about;
  const read = await verification
    .document({ kind: 'document', bytes: bytes.value, digest, predicateType }, signal)
    .catch((error: unknown) => {
      notes.notRead(`${place}: ${error instanceof Error ? error.message : error}`);
      return undefined;
    });
  if (read === undefined) return present;
  if (read.ok) return read.value.map((it) => ({ ...about, level: 'bound', content: it }));
  notes.reject(place, read.error);
  return [];
}

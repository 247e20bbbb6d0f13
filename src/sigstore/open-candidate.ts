import { createHash, X509Certificate } from 'node:crypto';
import { type Bundle, bundleFromJSON } from '@sigstore/bundle';
import { HashAlgorithm as HashName, type MessageSignature } from '@sigstore/protobuf-specs';
import type { HashAlgorithm } from '../images/authorities.ts';
import { asObject, asText, at, parseJson } from '../images/json-values.ts';
import { IN_TOTO } from '../images/statements.ts';
import { failure, type Result, success } from '../k8s/result.ts';
import { bytesOfFile } from './file-bytes.ts';
import { bytesInMemory, envelopeMessage, type Signed, sameBytes } from './signed-content.ts';
import type { Candidate, SignedFile } from './tasks.ts';

export type LogEntry = Bundle['verificationMaterial']['tlogEntries'][number];

/** A candidate taken apart. Nothing of it is verified. */
export interface OpenCandidate {
  readonly signed: Signed;
  readonly content: OpenContent;
  /** DER of the certificate of the signing key; left out where a bare key signed. */
  readonly certificate?: Buffer | undefined;
  readonly entries: readonly LogEntry[];
  /** DER of RFC 3161 responses. */
  readonly timestamps: readonly Buffer[];
}

/** What says what is signed: the payload of an envelope, or of the simple signing format; or the bytes of a file alone. */
export type OpenContent =
  | { readonly kind: 'statement' | 'simple-signing'; readonly payload: Buffer }
  | { readonly kind: 'file' };

/** Whole types: the library takes whatever begins like one of them. */
const BUNDLE_TYPES: readonly unknown[] = [
  'application/vnd.dev.sigstore.bundle.v0.3+json',
  'application/vnd.dev.sigstore.bundle+json;version=0.3',
  'application/vnd.dev.sigstore.bundle+json;version=0.2',
  'application/vnd.dev.sigstore.bundle+json;version=0.1',
];
/** Older formats are brought into the form of this one: it does without inclusion proofs. */
const OLDEST_BUNDLE = 'application/vnd.dev.sigstore.bundle+json;version=0.1';

/** The limits of sigstore-go: each entry, timestamp and certificate costs arithmetic. */
const MOST_ENTRIES = 32;
const MOST_TIMESTAMPS = 32;
const MOST_CERTIFICATES = 10;

/** By their numbers in the bundle's format. */
const HASHES: Readonly<Record<number, HashAlgorithm>> = {
  [HashName.SHA2_256]: 'sha256',
  [HashName.SHA2_384]: 'sha384',
  [HashName.SHA2_512]: 'sha512',
};

const ANNOTATIONS = {
  signature: 'dev.cosignproject.cosign/signature',
  certificate: 'dev.sigstore.cosign/certificate',
  bundle: 'dev.sigstore.cosign/bundle',
  timestamp: 'dev.sigstore.cosign/rfc3161timestamp',
} as const;

/**
 * Takes a candidate apart. Throws, or says why, where it is not what it should be.
 * @param file whose bytes a bundle may sign; without one it has to hold a statement
 */
export function openCandidate(candidate: Candidate, file?: SignedFile): Result<OpenCandidate, string> {
  switch (candidate.format) {
    case 'bundle':
      return openBundle(candidate, file);
    case 'simple-signing':
      return openSimpleSigning(candidate);
    case 'envelope':
      return openEnvelope(candidate);
  }
}

function openBundle({ bytes }: Candidate, file: SignedFile | undefined): Result<OpenCandidate, string> {
  const json = parseJson(bytes);
  if (asObject(json) === undefined) return failure('it is not JSON');
  if (!BUNDLE_TYPES.includes(at(json, 'mediaType'))) return failure('its mediaType is not one of a Sigstore bundle');
  const tooMany = countProblem(json);
  if (tooMany !== undefined) return failure(tooMany);
  const bundle = bundleFromJSON(json);
  if (bundle.content.$case === 'dsseEnvelope') return openStatement(bundle);
  if (file === undefined) return failure('it signs bytes, and not a statement about an image');
  return openFileSignature(bundle, file);
}

function openSimpleSigning({ bytes, annotations }: Candidate): Result<OpenCandidate, string> {
  const signature = asText(annotations[ANNOTATIONS.signature]);
  if (signature === undefined) return failure(`its layer has no annotation ${ANNOTATIONS.signature}`);
  const payload = Buffer.from(bytes);
  const messageSignature = {
    messageDigest: { algorithm: 'SHA2_256', digest: createHash('sha256').update(payload).digest('base64') },
    signature,
  };
  const bundle = bundleFromJSON({ ...legacyMaterial(annotations), messageSignature });
  if (bundle.content.$case !== 'messageSignature') return failure('it has no signature');
  const bare = bundle.content.messageSignature.signature;
  const message = bytesInMemory(payload);
  const signed = { message, payload: message, signature: bare, timestamped: bare };
  return success({ ...material(bundle), signed, content: { kind: 'simple-signing', payload } });
}

function openEnvelope({ bytes, annotations }: Candidate): Result<OpenCandidate, string> {
  const dsseEnvelope = parseJson(bytes);
  if (asObject(dsseEnvelope) === undefined) return failure('it is not JSON');
  const opened = openStatement(bundleFromJSON({ ...legacyMaterial(annotations), dsseEnvelope }));
  if (!opened.ok) return opened;
  // In this format timestamps vouch for the whole envelope.
  return success({ ...opened.value, signed: { ...opened.value.signed, timestamped: Buffer.from(bytes) } });
}

/** What `cosign sign-blob` and other clients sign of a file: its bytes, which the bundle does not hold. */
function openFileSignature(bundle: Bundle, file: SignedFile): Result<OpenCandidate, string> {
  if (bundle.content.$case !== 'messageSignature') return failure('it has no signature');
  const { signature, messageDigest } = bundle.content.messageSignature;
  // Not signed, so that it proves nothing; but where it differs, it tells best what is wrong.
  const other = messageDigest && otherDigest(messageDigest, file);
  if (other !== undefined) return failure(other);
  const message = bytesOfFile(file);
  const signed = { message, payload: message, signature, timestamped: signature };
  return success({ ...material(bundle), signed, content: { kind: 'file' } });
}

function otherDigest(
  { algorithm, digest }: NonNullable<MessageSignature['messageDigest']>,
  { digests }: SignedFile,
): string | undefined {
  const hash = HASHES[algorithm];
  if (hash === undefined) return 'the digest in it is not one of SHA-256, SHA-384 and SHA-512';
  if (sameBytes(digest, Buffer.from(digests[hash], 'hex'))) return undefined;
  return `it signs ${hash}:${digest.toString('hex')}, and not ${hash}:${digests[hash]}: it is of another file, or the file was changed`;
}

function openStatement(bundle: Bundle): Result<OpenCandidate, string> {
  if (bundle.content.$case !== 'dsseEnvelope') return failure('it holds no statement');
  const { payloadType, payload, signatures } = bundle.content.dsseEnvelope;
  // The type says how the payload has to be read: what was signed as another type was not signed as a statement.
  if (payloadType !== IN_TOTO) return failure(`the payloadType of its envelope is not ${IN_TOTO}`);
  const signature = signatures[0]?.sig;
  if (signature === undefined || signatures.length !== 1)
    return failure('its envelope does not have exactly one signature');
  const message = envelopeMessage(payloadType, payload);
  const signed = { message, payload: bytesInMemory(payload), signature, timestamped: signature };
  return success({ ...material(bundle), signed, content: { kind: 'statement', payload } });
}

function material(bundle: Bundle): Pick<OpenCandidate, 'certificate' | 'entries' | 'timestamps'> {
  const { content, tlogEntries, timestampVerificationData } = bundle.verificationMaterial;
  const timestamps = timestampVerificationData?.rfc3161Timestamps ?? [];
  return {
    certificate: leafOf(content),
    entries: tlogEntries,
    timestamps: timestamps.map(({ signedTimestamp }) => Buffer.from(signedTimestamp)),
  };
}

function leafOf(content: Bundle['verificationMaterial']['content']): Buffer | undefined {
  switch (content.$case) {
    // Whose key it is the configuration says; the hint is anybody's text.
    case 'publicKey':
      return undefined;
    case 'certificate':
      return Buffer.from(content.certificate.rawBytes);
    case 'x509CertificateChain': {
      const leaf = content.x509CertificateChain.certificates[0];
      if (leaf === undefined) throw new Error('its chain of certificates is empty');
      return Buffer.from(leaf.rawBytes);
    }
  }
}

function countProblem(json: unknown): string | undefined {
  const found = at(json, 'verificationMaterial');
  const limits: readonly [unknown, number, string][] = [
    [at(found, 'tlogEntries'), MOST_ENTRIES, 'entries of transparency logs'],
    [at(found, 'timestampVerificationData', 'rfc3161Timestamps'), MOST_TIMESTAMPS, 'timestamps'],
    [at(found, 'x509CertificateChain', 'certificates'), MOST_CERTIFICATES, 'certificates'],
  ];
  const over = limits.find(([list, most]) => Array.isArray(list) && list.length > most);
  return over && `it has more than ${over[1]} ${over[2]}`;
}

/**
 * What the older formats keep in annotations, in the form of a bundle.
 * https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md
 */
function legacyMaterial(annotations: Readonly<Record<string, string>>): {
  mediaType: string;
  verificationMaterial: object;
} {
  const certificate = asText(annotations[ANNOTATIONS.certificate]);
  const entry = asText(annotations[ANNOTATIONS.bundle]);
  const timestamp = asText(annotations[ANNOTATIONS.timestamp]);
  const rawBytes = certificate && new X509Certificate(certificate).raw.toString('base64');
  return {
    mediaType: OLDEST_BUNDLE,
    verificationMaterial: {
      ...(rawBytes ? { x509CertificateChain: { certificates: [{ rawBytes }] } } : { publicKey: { hint: '' } }),
      tlogEntries: entry === undefined ? [] : [legacyEntry(JSON.parse(entry))],
      timestampVerificationData: {
        rfc3161Timestamps:
          timestamp === undefined ? [] : [{ signedTimestamp: at(JSON.parse(timestamp), 'SignedRFC3161Timestamp') }],
      },
    },
  };
}

function legacyEntry(bundle: unknown): object {
  const payload = at(bundle, 'Payload');
  const canonicalizedBody = at(payload, 'body');
  const body = parseJson(Buffer.from(String(canonicalizedBody), 'base64'));
  return {
    logIndex: String(at(payload, 'logIndex')),
    logId: { keyId: Buffer.from(String(at(payload, 'logID')), 'hex').toString('base64') },
    kindVersion: { kind: at(body, 'kind'), version: at(body, 'apiVersion') },
    integratedTime: String(at(payload, 'integratedTime')),
    inclusionPromise: { signedEntryTimestamp: at(bundle, 'SignedEntryTimestamp') },
    canonicalizedBody,
  };
}

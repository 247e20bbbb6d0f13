import { createHash, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import { dsse } from '@sigstore/core';
import type { SignedEntity } from '@sigstore/verify';
import type { HashAlgorithm } from '../images/authorities.ts';

type SignatureContent = SignedEntity['signature'];

const CURVES: readonly (string | undefined)[] = ['prime256v1', 'secp384r1', 'secp521r1'];
const SHORTEST_RSA_KEY = 2048;
const HASH_BY_LENGTH: Readonly<Record<number, HashAlgorithm>> = { 32: 'sha256', 48: 'sha384', 64: 'sha512' };

/** Bytes that are signed: in memory, or those of a file, which may be larger than that. */
export interface SignedBytes {
  digest(hash: HashAlgorithm): Buffer;
  /** @param hash null for keys whose signatures have none: Ed25519 */
  isSigned(hash: HashAlgorithm | null, key: KeyObject, signature: Buffer): boolean;
}

/** What was signed, and the signature over it. */
export interface Signed {
  /** The bytes that the signature covers. */
  readonly message: SignedBytes;
  /** The bytes whose digest a transparency log holds as the payload's: those of a DSSE payload, or the message itself. */
  readonly payload: SignedBytes;
  readonly signature: Buffer;
  /** What a timestamp authority vouches for: nearly always the signature. */
  readonly timestamped: Buffer;
}

export function bytesInMemory(bytes: Buffer): SignedBytes {
  return {
    digest: (hash) => createHash(hash).update(bytes).digest(),
    isSigned: (hash, key, signature) => verify(hash, bytes, key, signature),
  };
}

/** The bytes that the signature of a DSSE envelope covers: the type is a part of them. */
export function envelopeMessage(payloadType: string, payload: Buffer): SignedBytes {
  return bytesInMemory(dsse.preAuthEncoding(payloadType, payload));
}

/**
 * The content of a signature for the verifier. Its own one takes SHA-256 alone for envelopes, and passes a hash for Ed25519,
 * which has none: it refuses what cosign signs with P-384 keys, and what it signs with Ed25519 keys in the older format.
 * @param hashes that may be used; the key decides over the rest
 */
export function signatureContent(signed: Signed, hashes: readonly HashAlgorithm[]): SignatureContent {
  return {
    signature: signed.timestamped,
    compareSignature: (signature) => sameBytes(signature, signed.signature),
    compareDigest: (digest) => isDigestOf(digest, signed.payload),
    compareSignedDigest: (digest) => isDigestOf(digest, signed.message),
    verifySignature: (key) => verifySignature(signed, key, hashes),
  };
}

function verifySignature({ message, signature }: Signed, key: KeyObject, hashes: readonly HashAlgorithm[]): boolean {
  if (keyProblem(key) !== undefined) return false;
  if (key.asymmetricKeyType === 'ed25519') return message.isSigned(null, key, signature);
  return hashes.some((hash) => message.isSigned(hash, key, signature));
}

/** Why signatures of a key cannot be trusted, whatever they are; undefined where they can. */
export function keyProblem(key: KeyObject): string | undefined {
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'ed25519':
      return undefined;
    case 'ec':
      return CURVES.includes(namedCurve) ? undefined : `the curve ${namedCurve} is not one of P-256, P-384, P-521`;
    case 'rsa':
      return modulusLength >= SHORTEST_RSA_KEY
        ? undefined
        : `an RSA key of ${modulusLength} bits is too short: ${SHORTEST_RSA_KEY} are the least`;
    default:
      return `keys of type ${key.asymmetricKeyType} are not supported: use ECDSA, RSA or Ed25519`;
  }
}

export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

/** Which hash it is of follows from the length: only SHA-2 is known, and none of them can be forged. */
function isDigestOf(digest: Buffer, bytes: SignedBytes): boolean {
  const hash = HASH_BY_LENGTH[digest.length];
  return hash !== undefined && sameBytes(digest, bytes.digest(hash));
}

import { createHash, createVerify, type Hash, type KeyObject, verify } from 'node:crypto';
import { closeSync, createReadStream, openSync, readFileSync, readSync } from 'node:fs';
import type { HashAlgorithm } from '../images/authorities.ts';
import type { SignedBytes } from './signed-content.ts';
import type { SignedFile } from './tasks.ts';

const HASHES: readonly HashAlgorithm[] = ['sha256', 'sha384', 'sha512'];
const PIECE_BYTES = 1 << 20;

/**
 * Reads a file once, in pieces, for every digest that a signature or a log may name it by.
 * @throws what the file system throws
 */
export async function digestFile(path: string, signal: AbortSignal): Promise<SignedFile> {
  const hashes = HASHES.map((name) => ({ name, hash: createHash(name) }));
  for await (const piece of createReadStream(path, { highWaterMark: PIECE_BYTES, signal })) {
    for (const { hash } of hashes) hash.update(piece);
  }
  const hex = (wanted: HashAlgorithm): string =>
    hashes
      .find(({ name }) => name === wanted)
      ?.hash.copy()
      .digest('hex') ?? '';
  return { path, digests: { sha256: hex('sha256'), sha384: hex('sha384'), sha512: hex('sha512') } };
}

/** The bytes of a file, read again for each signature. Throws where they are no longer what they were. */
export function bytesOfFile({ path, digests }: SignedFile): SignedBytes {
  return {
    digest: (hash) => Buffer.from(digests[hash], 'hex'),
    isSigned(hash, key, signature) {
      const bytes = createHash('sha256');
      const signed =
        hash === null ? isSignedWhole(path, bytes, key, signature) : streamed(path, bytes, hash, key, signature);
      // Whoever can write the file meanwhile could show one content to the digest and another one to the signature.
      if (bytes.digest('hex') !== digests.sha256) throw new Error('the file changed while it was read');
      return signed;
    },
  };
}

/** Ed25519 has no hash of its own in front: it needs the whole file in memory. */
function isSignedWhole(path: string, bytes: Hash, key: KeyObject, signature: Buffer): boolean {
  const content = readFileSync(path);
  bytes.update(content);
  return verify(null, content, key, signature);
}

function streamed(path: string, bytes: Hash, hash: HashAlgorithm, key: KeyObject, signature: Buffer): boolean {
  const verifier = createVerify(hash);
  const file = openSync(path, 'r');
  try {
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    for (let read = readSync(file, piece); read > 0; read = readSync(file, piece)) {
      bytes.update(piece.subarray(0, read));
      verifier.update(piece.subarray(0, read));
    }
  } finally {
    closeSync(file);
  }
  return verifier.verify(key, signature);
}

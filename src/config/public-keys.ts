import { createPublicKey } from 'node:crypto';
import type { ConfigFile } from './schema.ts';

const KINDS = ['ec', 'rsa', 'ed25519'];
const SHORTEST_RSA = 2048;

/** Public keys of signers that no signature could be verified by, each with the field where it stands. */
export function keyProblems({ images }: ConfigFile): { path: readonly string[]; message: string }[] {
  return Object.entries(images.authorities ?? {}).flatMap(([name, { key }]) => {
    const message = key && problemOf(key.publicKey);
    return message === undefined ? [] : [{ path: ['images', 'authorities', name, 'key', 'publicKey'], message }];
  });
}

function problemOf(pem: string): string | undefined {
  try {
    const { asymmetricKeyType: kind = '', asymmetricKeyDetails: details } = createPublicKey(pem);
    if (!KINDS.includes(kind)) return `is a key of kind ${kind}: expected one of ${KINDS.join(', ')}`;
    const short = kind === 'rsa' && (details?.modulusLength ?? 0) < SHORTEST_RSA;
    return short ? `has ${details?.modulusLength} bits: expected RSA of at least ${SHORTEST_RSA}` : undefined;
  } catch {
    return 'cannot be read: expected a public key in PEM, as `cosign public-key` prints it';
  }
}

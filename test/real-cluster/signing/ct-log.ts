import { createHash, sign, X509Certificate } from 'node:crypto';
import { type Keys, keyId } from './authorities.ts';
import { element, elements, objectIdentifier, sequence } from './der.ts';

const POISON = objectIdentifier('1.3.6.1.4.1.11129.2.4.3');
const EXTENSIONS = 0xa3;

function uint(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, bytes - Math.min(bytes, 6), Math.min(bytes, 6));
  return buffer;
}

/** The part of a precertificate that a log signs: without the poison that keeps it from being taken for a certificate. */
function withoutPoison(precertificate: Buffer): Buffer {
  const [certificate] = elements(precertificate);
  const [body] = elements(certificate?.content ?? Buffer.alloc(0));
  const parts = elements(body?.content ?? Buffer.alloc(0)).map((part) => {
    if (part.tag !== EXTENSIONS) return part.whole;
    const [list] = elements(part.content);
    const kept = elements(list?.content ?? Buffer.alloc(0)).filter(
      ({ content }) => !content.subarray(0, POISON.length).equals(POISON),
    );
    return element(EXTENSIONS, sequence(...kept.map(({ whole }) => whole)));
  });
  return sequence(...parts);
}

/**
 * Answers `add-pre-chain` of RFC 6962: a signed certificate timestamp, as a log gives it. Nothing is kept: nobody who verifies a
 * timestamp asks the log.
 */
export function addPreChain(keys: Keys, chain: readonly string[]): object {
  const [precertificate, issuer] = chain.map((text) => Buffer.from(text, 'base64'));
  if (precertificate === undefined || issuer === undefined) throw new Error('add-pre-chain: no issuer in the chain');
  const issuerKey = new X509Certificate(issuer).publicKey.export({ type: 'spki', format: 'der' });
  const body = withoutPoison(precertificate);
  const timestamp = Date.now();
  // RFC 6962, 3.2: version 1, certificate_timestamp, precert_entry; no extensions.
  const signed = Buffer.concat([
    Buffer.from([0, 0]),
    uint(timestamp, 8),
    Buffer.from([0, 1]),
    createHash('sha256').update(issuerKey).digest(),
    uint(body.length, 3),
    body,
    Buffer.from([0, 0]),
  ]);
  const signature = sign('sha256', signed, keys.privateKey);
  // RFC 5246, 4.7: SHA-256, ECDSA.
  const digitallySigned = Buffer.concat([Buffer.from([4, 3]), uint(signature.length, 2), signature]);
  return {
    sct_version: 0,
    id: keyId(keys.publicKey).toString('base64'),
    timestamp,
    extensions: '',
    signature: digitallySigned.toString('base64'),
  };
}

import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import {
  bitString,
  element,
  explicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  TAG,
  time,
  utf8String,
  yes,
} from './der.ts';

const DAY_MS = 86_400_000;
const ECDSA_SHA256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));

/** PKCS#8 and SPKI, in PEM. */
export interface Keys {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** A certificate in PEM, and the key that it is about. */
export interface Certified extends Keys {
  readonly name: string;
  readonly certificate: string;
}

type Usage = 'certificate authority' | 'timestamps' | 'server';

interface Wanted {
  readonly name: string;
  readonly usage: Usage;
  /** Itself, where there is none. */
  readonly issuer?: Certified;
  /** Only certificates below it that sign code are valid (RFC 5280 does not ask for it, Go does). */
  readonly codeSigning?: boolean;
  readonly hosts?: readonly string[];
}

const PEM_PAIR = {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
} as const;

export function createEcKeys(curve: 'P-256' | 'P-384' = 'P-256'): Keys {
  return generateKeyPairSync('ec', { namedCurve: curve, ...PEM_PAIR });
}

export function createEd25519Keys(): Keys {
  return generateKeyPairSync('ed25519', PEM_PAIR);
}

export function createRsaKeys(): Keys {
  return generateKeyPairSync('rsa', { modulusLength: 3072, ...PEM_PAIR });
}

/** SubjectPublicKeyInfo in DER. */
export function publicKeyInfo(publicKey: string): Buffer {
  return createPublicKey(publicKey).export({ type: 'spki', format: 'der' });
}

/** What logs and keys are called by: SHA-256 of the SubjectPublicKeyInfo. */
export function keyId(publicKey: string): Buffer {
  return createHash('sha256').update(publicKeyInfo(publicKey)).digest();
}

export function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

function distinguishedName(commonName: string): Buffer {
  return sequence(element(TAG.set, sequence(objectIdentifier('2.5.4.3'), utf8String(commonName))));
}

function extension(oid: string, critical: boolean, value: Buffer): Buffer {
  return sequence(objectIdentifier(oid), ...(critical ? [yes()] : []), octetString(value));
}

function extendedUsage(oid: string, critical: boolean): Buffer {
  return extension('2.5.29.37', critical, sequence(objectIdentifier(oid)));
}

/** Bits of RFC 5280, 4.2.1.3, from the first one on. */
function keyUsage(bits: number, unused: number): Buffer {
  return extension('2.5.29.15', true, bitString(Buffer.from([bits]), unused));
}

function extensions({ usage, codeSigning, hosts = [] }: Wanted): readonly Buffer[] {
  const names = hosts.map((host) => element(0x82, Buffer.from(host)));
  switch (usage) {
    case 'certificate authority':
      return [
        extension('2.5.29.19', true, sequence(yes())),
        keyUsage(0b00000110, 1),
        ...(codeSigning ? [extendedUsage('1.3.6.1.5.5.7.3.3', false)] : []),
      ];
    case 'timestamps':
      return [keyUsage(0b10000000, 7), extendedUsage('1.3.6.1.5.5.7.3.8', true)];
    case 'server':
      return [
        extension('2.5.29.19', true, sequence(yes())),
        extendedUsage('1.3.6.1.5.5.7.3.1', false),
        extension('2.5.29.17', false, sequence(...names)),
      ];
  }
}

/** A certificate of a P-256 key, valid since yesterday for a month. */
export function certify(wanted: Wanted): Certified {
  const keys = createEcKeys();
  const issuer = wanted.issuer ?? { ...keys, name: wanted.name };
  const identifier = createHash('sha1').update(publicKeyInfo(keys.publicKey)).digest();
  const issuerIdentifier = createHash('sha1').update(publicKeyInfo(issuer.publicKey)).digest();
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    // The leading byte keeps the number positive.
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ECDSA_SHA256,
    distinguishedName(issuer.name),
    sequence(time(new Date(Date.now() - DAY_MS)), time(new Date(Date.now() + 30 * DAY_MS))),
    distinguishedName(wanted.name),
    publicKeyInfo(keys.publicKey),
    explicit(
      3,
      sequence(
        ...extensions(wanted),
        extension('2.5.29.14', false, octetString(identifier)),
        extension('2.5.29.35', false, sequence(element(0x80, issuerIdentifier))),
      ),
    ),
  );
  const signature = sign('sha256', body, createPrivateKey(issuer.privateKey));
  return {
    ...keys,
    name: wanted.name,
    certificate: pem('CERTIFICATE', sequence(body, ECDSA_SHA256, bitString(signature))),
  };
}

import { createPrivateKey, createPublicKey, generateKeyPair, randomBytes, sign, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import type { pki } from 'node-forge';
import type { Validity } from '../../certificates/lifetimes.ts';
import type { Authority, Leaf } from '../../certificates/trust-state.ts';

/** The names by which clients call a server. */
export interface ServerNames {
  /** Without wildcards, such as `<service>.<namespace>.svc`. */
  readonly dnsNames: readonly string[];
  readonly ipAddresses?: readonly string[];
}

interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

const COMMON_NAME = 'qdrant-admission';
const AUTHORITY_BITS = 3072;
const LEAF_BITS = 2048;

/** Issues a new, self-signed certificate authority with a unique name and its own key. */
export async function issueAuthority(validity: Validity): Promise<Authority> {
  const { privateKey, publicKey } = await createKeyPair(AUTHORITY_BITS);
  const name = `${COMMON_NAME} ${randomBytes(8).toString('hex')}`;
  const certificate = await signedCertificate({
    subject: name,
    issuer: name,
    publicKey,
    issuerKey: privateKey,
    validity,
    extensions: [
      { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
      { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
    ],
  });
  return {
    fingerprint: fingerprintOf(new X509Certificate(certificate)),
    certificate,
    key: privateKey,
    ...validity,
  };
}

/**
 * Issues a serving certificate and its key.
 * @throws if the authority was not made by {@link issueAuthority}: only of those we know that a leaf repeats the name
 *   byte for byte
 */
export async function issueLeaf(authority: Authority, names: ServerNames, validity: Validity): Promise<Leaf> {
  const signer = new X509Certificate(authority.certificate);
  const { privateKey, publicKey } = await createKeyPair(LEAF_BITS);
  const altNames = [
    ...names.dnsNames.map((value) => ({ type: 2, value })),
    ...(names.ipAddresses ?? []).map((ip) => ({ type: 7, ip })),
  ];
  const certificate = await signedCertificate({
    subject: COMMON_NAME,
    issuer: authorityName(signer) ?? '',
    publicKey,
    issuerKey: authority.key,
    validity,
    extensions: [
      { name: 'basicConstraints', critical: true, cA: false },
      { name: 'keyUsage', critical: true, digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames },
    ],
  });
  const leaf = new X509Certificate(certificate);
  if (!isSignedBy(leaf, signer)) throw new Error('the authority was not made by this program: it cannot sign');
  return { certificate, key: privateKey, authority: fingerprintOf(signer), ...validity };
}

/** Returns the common name of an authority that {@link issueAuthority} made; undefined for any other certificate. */
export function authorityName({ subject }: X509Certificate): string | undefined {
  return /^CN=(qdrant-admission [0-9a-f]{16})$/.exec(subject)?.[1];
}

export function isSignedBy(certificate: X509Certificate, signer: X509Certificate): boolean {
  return certificate.checkIssued(signer) && certificate.verify(signer.publicKey);
}

/** Returns the SHA-256 of a certificate, in hex. */
export function fingerprintOf({ fingerprint256 }: X509Certificate): string {
  return fingerprint256.replaceAll(':', '').toLowerCase();
}

/** Generates the keys off the main thread, so that reviews are answered meanwhile. */
function createKeyPair(modulusLength: number): Promise<KeyPair> {
  return promisify(generateKeyPair)('rsa', {
    modulusLength,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

interface Unsigned {
  /** The common name, like that of the issuer. */
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: string;
  readonly issuerKey: string;
  readonly validity: Validity;
  readonly extensions: readonly object[];
}

/**
 * Builds and signs a certificate. node-forge only encodes it: it gets public keys that we generated, and neither a
 * private key nor any input from outside. It is imported here so that only a replica that issues something loads it.
 */
async function signedCertificate(parts: Unsigned): Promise<string> {
  const [{ default: x509 }, { default: asn1 }] = await Promise.all([
    import('node-forge/lib/x509.js'),
    import('node-forge/lib/asn1.js'),
  ]);
  const issuerKey = createPrivateKey(parts.issuerKey);
  const issuerPublicKey = createPublicKey(issuerKey).export({ type: 'spki', format: 'pem' });
  const keyIdentifier = x509
    .getPublicKeyFingerprint(x509.publicKeyFromPem(String(issuerPublicKey)), { type: 'RSAPublicKey' })
    .getBytes();

  const certificate = x509.createCertificate();
  certificate.publicKey = x509.publicKeyFromPem(parts.publicKey);
  certificate.serialNumber = serialNumber();
  certificate.validity.notBefore = new Date(parts.validity.notBefore);
  certificate.validity.notAfter = new Date(parts.validity.notAfter);
  certificate.setSubject(commonName(parts.subject));
  certificate.setIssuer(commonName(parts.issuer));
  certificate.setExtensions([
    ...parts.extensions,
    { name: 'subjectKeyIdentifier' },
    { name: 'authorityKeyIdentifier', keyIdentifier },
  ]);
  const algorithm = x509.oids['sha256WithRSAEncryption'];
  if (!algorithm) throw new Error('node-forge does not know sha256WithRSAEncryption');
  certificate.signatureOid = algorithm;
  certificate.siginfo.algorithmOid = algorithm;
  certificate.tbsCertificate = x509.getTBSCertificate(certificate);
  const toSign = Buffer.from(asn1.toDer(certificate.tbsCertificate).getBytes(), 'latin1');
  certificate.signature = sign('sha256', toSign, issuerKey).toString('latin1');
  return x509.certificateToPem(certificate).replaceAll('\r\n', '\n');
}

function commonName(value: string): pki.CertificateField[] {
  return [{ name: 'commonName', value }];
}

/** Returns 128 bits, 126 of them random. DER needs a positive number without a leading zero byte. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return bytes.toString('hex');
}

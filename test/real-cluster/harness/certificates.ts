import { generateKeyPair, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import forge from 'node-forge';

/** Both as PEM. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly certificate: string;
}

export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

export interface Identity {
  readonly commonName: string;
  /** Kubernetes reads a client's groups from here. */
  readonly organizations?: readonly string[];
  /** DNS names and IP addresses under which a server is reached. */
  readonly hosts?: readonly string[];
}

const DAY_MS = 86_400_000;

/** An RSA key pair as PEM. node:crypto makes it, off the main thread; node-forge alone would take seconds. */
export function createKeyPair(): Promise<KeyPair> {
  return promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

function unsigned(identity: Identity, publicKey: string): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey);
  // The leading byte keeps the number positive, as DER wants it.
  certificate.serialNumber = `01${randomBytes(15).toString('hex')}`;
  certificate.validity.notBefore = new Date(Date.now() - DAY_MS);
  certificate.validity.notAfter = new Date(Date.now() + 30 * DAY_MS);
  certificate.setSubject([
    ...(identity.organizations ?? []).map((value) => ({ name: 'organizationName', value })),
    { name: 'commonName', value: identity.commonName },
  ]);
  return certificate;
}

/** A self-signed authority of a test cluster, valid for 30 days. */
export async function createAuthority(commonName: string): Promise<KeyAndCertificate> {
  const pair = await createKeyPair();
  const certificate = unsigned({ commonName }, pair.publicKey);
  certificate.setIssuer(certificate.subject.attributes);
  certificate.setExtensions([
    { name: 'basicConstraints', critical: true, cA: true },
    { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true, digitalSignature: true },
    { name: 'subjectKeyIdentifier' },
  ]);
  certificate.sign(forge.pki.privateKeyFromPem(pair.privateKey), forge.md.sha256.create());
  return { key: pair.privateKey, certificate: forge.pki.certificateToPem(certificate) };
}

/** A certificate for a server or a client, signed by the authority, valid for 30 days. */
export async function issue(authority: KeyAndCertificate, identity: Identity): Promise<KeyAndCertificate> {
  const pair = await createKeyPair();
  const certificate = unsigned(identity, pair.publicKey);
  certificate.setIssuer(forge.pki.certificateFromPem(authority.certificate).subject.attributes);
  const altNames = (identity.hosts ?? []).map((host) =>
    isIP(host) === 0 ? { type: 2, value: host } : { type: 7, ip: host },
  );
  certificate.setExtensions([
    { name: 'basicConstraints', critical: true, cA: false },
    { name: 'keyUsage', critical: true, digitalSignature: true, keyEncipherment: true },
    { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
    ...(altNames.length === 0 ? [] : [{ name: 'subjectAltName', altNames }]),
  ]);
  certificate.sign(forge.pki.privateKeyFromPem(authority.key), forge.md.sha256.create());
  return { key: pair.privateKey, certificate: forge.pki.certificateToPem(certificate) };
}

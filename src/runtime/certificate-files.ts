import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';

/** A certificate chain and its private key, as PEM. They are known to belong together. */
export interface ServingCertificate {
  readonly cert: string;
  readonly key: string;
  readonly expires: Date;
}

/** Says which file cannot be used and why, without quoting any of its content. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

/**
 * Reads a certificate chain and its private key.
 * @throws CertificateError if a file cannot be read or is only half written, or if the key is not that of the certificate
 */
export async function readCertificate(certFile: string, keyFile: string): Promise<ServingCertificate> {
  const [cert, key] = await Promise.all([read(certFile), read(keyFile)]);
  const leaf = attempt(`${certFile}: expected a certificate in PEM`, () => new X509Certificate(cert));
  const privateKey = attempt(`${keyFile}: expected a private key in PEM, without a passphrase`, () =>
    createPrivateKey(key),
  );
  if (!leaf.checkPrivateKey(privateKey)) {
    throw new CertificateError(`${keyFile} is not the key of the certificate in ${certFile}`);
  }
  attempt(`${certFile}: the chain cannot be used`, () => createSecureContext({ cert, key }));
  return { cert, key, expires: leaf.validToDate };
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CertificateError(`${file}: cannot be read: ${(error as NodeJS.ErrnoException).code ?? error}`);
  }
}

/** Replaces any error by one in our own words, because an error of OpenSSL may quote the key. */
function attempt<T>(problem: string, make: () => T): T {
  try {
    return make();
  } catch {
    throw new CertificateError(problem);
  }
}

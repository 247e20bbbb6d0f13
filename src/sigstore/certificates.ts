import { X509Certificate as NodeCertificate } from 'node:crypto';
import { X509Certificate } from '@sigstore/core';
import type { CertificateExtension } from '../images/certificate-identity.ts';

const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';
/** Key usage, subject alternative name, basic constraints, extended key usage: what is understood here or by the verifier. */
const UNDERSTOOD: readonly string[] = ['2.5.29.15', '2.5.29.17', '2.5.29.19', '2.5.29.37'];

/** A certificate of a signer, in the form that the verifier takes, with what it leaves to others. */
export interface SignerCertificate {
  readonly der: Buffer;
  readonly certificate: X509Certificate;
  readonly extensions: readonly CertificateExtension[];
}

/** Throws where the bytes are not a certificate. */
export function parseCertificate(der: Buffer): SignerCertificate {
  const certificate = X509Certificate.parse(Buffer.from(der));
  const extensions = certificate.extensions.map(({ subs }) => {
    const [oid, value] = [subs[0], subs.at(-1)];
    if (oid === undefined || value === undefined) throw new Error('an extension of its certificate is empty');
    return { oid: oid.toOID(), value: value.value };
  });
  return { der, certificate, extensions };
}

/**
 * Why a certificate may not sign code, whoever issued it; undefined where it may. The verifier checks only that it chains
 * to a known CA, which may issue certificates for other purposes, too.
 */
export function purposeProblem({ der, certificate }: SignerCertificate): string | undefined {
  const leaf = new NodeCertificate(der);
  if (leaf.ca) return 'its certificate is one of a CA, and not one of a signer';
  // Node names the extended key usages so.
  if (!leaf.keyUsage?.includes(CODE_SIGNING)) return 'its certificate is not one for code signing (extended key usage)';
  const oids = certificate.extensions.map(({ subs }) => ({ oid: subs[0]?.toOID() ?? '', critical: subs.length === 3 }));
  if (new Set(oids.map(({ oid }) => oid)).size < oids.length) return 'its certificate has one extension twice';
  const strange = oids.find(({ oid, critical }) => critical && !UNDERSTOOD.includes(oid));
  return strange && `its certificate has the critical extension ${strange.oid}, which is not understood here`;
}

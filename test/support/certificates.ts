import { createAuthority, issue } from '../real-cluster/harness/certificates.ts';

/** A serving certificate and the authority that signed it, as PEM. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** A certificate for these host names and addresses, signed by an authority of its own. */
export async function issueCertificate(...hosts: readonly string[]): Promise<TestCertificate> {
  const authority = await createAuthority('qdrant-admission-test-ca');
  const { certificate, key } = await issue(authority, { commonName: hosts[0] ?? 'localhost', hosts });
  return { cert: certificate, key, ca: authority.certificate };
}

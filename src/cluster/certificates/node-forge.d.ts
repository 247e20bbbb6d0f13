// @types/node-forge describes the package as a whole. We import only these two files of it, which build certificates
// and are half its size.
declare module 'node-forge/lib/x509.js' {
  import type { asn1, pki } from 'node-forge';

  const x509: typeof pki & { getTBSCertificate(certificate: pki.Certificate): asn1.Asn1 };
  export = x509;
}

declare module 'node-forge/lib/asn1.js' {
  import type { asn1 } from 'node-forge';

  const whole: typeof asn1;
  export = whole;
}

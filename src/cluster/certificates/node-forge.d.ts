// The package describes only its whole; these two files are the part that builds certificates, and half of its size.
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

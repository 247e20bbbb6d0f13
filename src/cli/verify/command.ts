import { defineCommand } from '../shared/define-command.ts';
import { COLOUR_FLAG, text } from '../shared/flags.ts';
import { formatFlag } from '../shared/formats.ts';
import { VERIFY_FORMATS } from './formats.ts';
import type { VerifyFlags } from './run.ts';

const FILE = { kind: 'parsed', parse: text, optional: true, placeholder: 'FILE' } as const;

export const verifyCommand = defineCommand<VerifyFlags, readonly string[]>({
  brief: 'show who signed images, charts and files, and judge that',
  description: `Asks the registry of an image, or of a Helm chart in one, who signed it, and verifies that as the webhook would: who signed,
when, which log holds it, SBOM, scan. With --layout no registry is asked; with --trusted-root nothing but files is trusted.

With --bundle all that is named is a file, the archive of a Helm chart for one, and verified by these Sigstore bundles:
signatures over its bytes, and statements about its SHA-256. It has to be signed as some policy has images signed.

Exit codes: 0 all as it has to be, 1 refused, 2 could not tell, 3 bad input or usage; the worst of 3, 1, 2, 0.`,
  examples: [
    ['docker.io/qdrant/qdrant:v1.19.0', "by Qdrant's signatures"],
    ['--config policy.yaml registry.example.com/team/loader:1.4', 'by the policies that are installed'],
    ['--key cosign.pub oci://registry.example.com/charts/app:1.2.0', 'a chart, by a key'],
    ['--key cosign.pub --bundle app-1.2.0.tgz.sigstore.json app-1.2.0.tgz', 'a file, by what was handed over with it'],
    ['--layout ./mirror --trusted-root trusted_root.json docker.io/qdrant/qdrant:v1.19.0', 'without a network'],
  ],
  parameters: {
    flags: {
      config: { ...FILE, brief: 'FILE with the policies of images; else those for Qdrant' },
      layout: {
        kind: 'parsed',
        parse: text,
        optional: true,
        placeholder: 'DIR',
        brief: 'DIR with an OCI image layout that holds images and signatures: no registry is asked',
      },
      'trusted-root': { ...FILE, brief: "FILE with a trusted_root.json instead of Sigstore's public one" },
      bundle: {
        kind: 'parsed',
        parse: text,
        optional: true,
        variadic: true,
        placeholder: 'BUNDLE',
        brief: 'BUNDLE with signatures of the files that are named; several times for several',
      },
      key: { ...FILE, brief: 'FILE with a public key in PEM: whoever has the private one has to have signed' },
      'certificate-identity': {
        kind: 'parsed',
        parse: text,
        optional: true,
        placeholder: 'SUBJECT',
        brief: 'SUBJECT of the certificate of whom has to have signed, as a whole; with --certificate-oidc-issuer',
      },
      'certificate-oidc-issuer': {
        kind: 'parsed',
        parse: text,
        optional: true,
        placeholder: 'URL',
        brief: 'URL of whom the certificate has the subject from',
      },
      format: formatFlag(VERIFY_FORMATS),
      color: COLOUR_FLAG,
    },
    positional: {
      kind: 'array',
      minimum: 1,
      parameter: {
        parse: text,
        placeholder: 'IMAGE|FILE',
        brief:
          'images or charts: registry/name:tag, registry/name@sha256:…, oci://registry/chart:version; with --bundle, files',
        proposeCompletions: () => [],
      },
    },
  },
  load: async () => (await import('./run.ts')).verify,
});

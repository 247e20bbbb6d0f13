import { sbom, scan } from '../../signing/images.ts';
import { type Case, statement } from '../case.ts';
import { bundleOf, copyTag, putBundle } from '../tampering.ts';

const BOTH = { cosign: 'accepts', ours: 'accepts' } as const;
const NEITHER = { cosign: 'refuses', ours: 'refuses' } as const;

const SBOM = statement('spdxjson', 'sbom');
const SCAN = statement('vuln', 'scan');
const REPORT = scan(new Date('2026-11-29T00:00:00Z'), ['HIGH', 'LOW']);

const VEX = {
  '@context': 'https://openvex.dev/ns/v0.2.0',
  '@id': 'https://example.com/vex/1',
  author: 'Qdrant',
  timestamp: '2026-11-30T00:00:00Z',
  version: 1,
  statements: [
    {
      vulnerability: { name: 'CVE-2026-1000' },
      products: [{ '@id': 'pkg:oci/qdrant' }],
      status: 'not_affected',
      justification: 'vulnerable_code_not_in_execute_path',
    },
  ],
};

const PROVENANCE = {
  buildDefinition: {
    buildType: 'https://actions.github.io/buildtypes/workflow/v1',
    externalParameters: { workflow: { ref: 'refs/tags/v1.19.0', repository: 'https://github.com/qdrant/qdrant' } },
  },
  runDetails: { builder: { id: 'https://github.com/actions/runner/github-hosted' } },
};

/** Attestations, and what is not one although it looks like it. */
export const STATEMENTS: readonly Case[] = [
  {
    name: 'an SPDX document, a bundle',
    async stage(at) {
      const digest = await at.image();
      await at.attest(digest, 'bundle', 'spdxjson', sbom('SPDX', 3));
      return digest;
    },
    asker: 'release',
    wanted: SBOM,
    ...BOTH,
  },
  {
    name: 'an SPDX document, an .att tag',
    registry: 'plain',
    async stage(at) {
      const digest = await at.image();
      await at.attest(digest, 'legacy', 'spdxjson', sbom('SPDX', 3));
      return digest;
    },
    asker: 'release',
    wanted: SBOM,
    ...BOTH,
  },
  {
    name: 'a CycloneDX document, a bundle by the fallback tag',
    registry: 'plain',
    async stage(at) {
      const digest = await at.image();
      await at.attest(digest, 'bundle, rekor v1', 'cyclonedx', sbom('CycloneDX', 3));
      return digest;
    },
    asker: 'release',
    wanted: statement('cyclonedx', 'sbom'),
    ...BOTH,
  },
  {
    name: 'a scan, a bundle by a key',
    async stage(at) {
      const digest = await at.image();
      await at.attest(digest, 'bundle, no services', 'vuln', REPORT, { key: 'own' });
      return digest;
    },
    asker: 'own key',
    wanted: SCAN,
    ...BOTH,
  },
  {
    name: 'a scan, an .att tag by a key',
    async stage(at) {
      const digest = await at.image();
      await at.attest(digest, 'legacy, no services', 'vuln', REPORT, { key: 'own' });
      return digest;
    },
    asker: 'own key',
    wanted: SCAN,
    ...BOTH,
  },
  // cosign 3.1.3 has the signature stamped and verifies a stamp of the envelope, as cosign 2 made it.
  {
    name: 'a scan, an .att tag, keyless, a timestamp and no log',
    async stage(at) {
      const digest = await at.image();
      await at.attest(digest, 'legacy, timestamp', 'vuln', REPORT);
      return digest;
    },
    asker: 'release, timestamps only',
    wanted: SCAN,
    ...NEITHER,
    because: /timestamp is not one over this signature/,
  },
  {
    name: 'an OpenVEX document',
    async stage(at) {
      const digest = await at.image();
      await at.attest(digest, 'bundle', 'openvex', VEX);
      return digest;
    },
    asker: 'release',
    wanted: statement('openvex', 'vex'),
    ...BOTH,
  },
  {
    name: 'SLSA provenance',
    async stage(at) {
      const digest = await at.image();
      await at.attest(digest, 'bundle', 'slsaprovenance1', PROVENANCE);
      return digest;
    },
    asker: 'release',
    wanted: statement('slsaprovenance1', 'provenance'),
    ...BOTH,
  },
  {
    name: 'an SPDX document, where a signature is wanted',
    async stage(at) {
      const digest = await at.image();
      await at.attest(digest, 'bundle', 'spdxjson', sbom('SPDX', 3));
      return digest;
    },
    asker: 'release',
    cosign: 'accepts',
    ours: 'refuses',
    difference:
      'cosign verify does not look at the predicateType of a bundle: whoever writes SBOMs or scans signs images with it',
  },
  {
    name: 'an SPDX document in an .att tag, where a signature is wanted',
    async stage(at) {
      const digest = await at.image();
      await at.attest(digest, 'legacy', 'spdxjson', sbom('SPDX', 3));
      return digest;
    },
    asker: 'release',
    ...NEITHER,
  },
  {
    name: 'a statement of a type that is configured to count as a signature',
    async stage(at) {
      const digest = await at.image();
      await at.attest(digest, 'bundle', 'https://example.com/signed/v1', { signed: true });
      return digest;
    },
    asker: 'release, by another predicate',
    ...BOTH,
  },
  {
    name: 'a signature, where an SBOM is wanted',
    stage: (at) => at.signed('bundle'),
    asker: 'release',
    wanted: SBOM,
    ...NEITHER,
  },
  {
    name: 'provenance, where an SBOM is wanted',
    async stage(at) {
      const digest = await at.image();
      await at.attest(digest, 'bundle', 'slsaprovenance1', PROVENANCE);
      return digest;
    },
    asker: 'release',
    wanted: SBOM,
    ...NEITHER,
  },
  {
    name: 'an SBOM, where a scan is wanted, an .att tag',
    async stage(at) {
      const digest = await at.image();
      await at.attest(digest, 'legacy', 'spdxjson', sbom('SPDX', 3));
      return digest;
    },
    asker: 'release',
    wanted: SCAN,
    ...NEITHER,
  },
  {
    name: 'a document that is called SPDX and is none',
    async stage(at) {
      const digest = await at.image();
      await at.attest(digest, 'bundle', 'https://spdx.dev/Document', { hello: 'world' });
      return digest;
    },
    asker: 'release',
    wanted: SBOM,
    cosign: 'accepts',
    ours: 'refuses',
    because: /not an SPDX document/,
    difference:
      'without a policy file cosign checks who wrote a statement and not what it says; a document that cannot be read is no SBOM here',
  },
  {
    name: 'a scan of a stranger',
    async stage(at) {
      const digest = await at.image();
      await at.attest(digest, 'bundle, no services', 'vuln', REPORT, { key: 'other' });
      return digest;
    },
    asker: 'own key',
    wanted: SCAN,
    ...NEITHER,
    because: /not one of this key/,
  },
  {
    name: 'the scan of another image, an .att tag',
    async stage(at) {
      const digest = await at.image();
      const other = await at.image('other');
      await at.attest(other, 'legacy, no services', 'vuln', REPORT, { key: 'own' });
      await copyTag(at.repository, other, digest, '.att');
      return digest;
    },
    asker: 'own key',
    wanted: SCAN,
    ...NEITHER,
    because: /its statement is about sha256:/,
  },
  {
    name: 'the scan of another image, a bundle',
    async stage(at) {
      const digest = await at.image();
      const other = await at.image('other');
      await at.attest(other, 'bundle, no services', 'vuln', REPORT, { key: 'own' });
      await putBundle(at.repository, digest, (await bundleOf(at.repository, other)).bundle);
      return digest;
    },
    asker: 'own key',
    wanted: SCAN,
    ...NEITHER,
    because: /its statement is about sha256:/,
  },
];

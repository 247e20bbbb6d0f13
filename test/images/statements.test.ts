import { describe, expect, it } from 'vitest';
import type { StatementContent } from '../../src/images/evidence.ts';
import { statementKind, summarise } from '../../src/images/statements.ts';

const DIGEST = `sha256:${'a1'.repeat(32)}`;
const SCAN = 'https://cosign.sigstore.dev/attestation/vuln/v1';
const SPDX = 'https://spdx.dev/Document';
const BOM = 'https://cyclonedx.org/bom';
const OPENVEX = 'https://openvex.dev/ns';

function contents(predicateType: string, predicate: unknown): readonly StatementContent[] | string {
  const result = summarise({ predicateType, predicate, annotations: {} }, DIGEST);
  return result.ok ? result.value : result.error;
}

describe('the kind of a statement', () => {
  it.each([
    ['https://sigstore.dev/cosign/sign/v1', 'signature'],
    [SPDX, 'sbom'],
    [`${SPDX}/v2.3`, 'sbom'],
    [BOM, 'sbom'],
    [`${BOM}/v1.6`, 'sbom'],
    [`${BOM}/v1.6/evil`, 'other'],
    [`${BOM}s`, 'other'],
    [`${BOM}/`, 'other'],
    [SCAN, 'scan'],
    [OPENVEX, 'vex'],
    [`${OPENVEX}/v0.2.0`, 'vex'],
    ['https://slsa.dev/provenance/v0.2', 'provenance'],
    ['https://slsa.dev/provenance/v1', 'provenance'],
    ['https://slsa.dev/provenance/v9', 'other'],
    ['https://cosign.sigstore.dev/attestation/v1', 'other'],
    ['https://sigstore.dev/cosign/sign/v1/', 'other'],
    ['constructor', 'other'],
  ])('%s is %s', (predicateType, kind) => {
    expect(statementKind(predicateType)).toBe(kind);
  });

  it('says nothing more of what is not known', () => {
    expect(contents('https://example.com/x', 5)).toEqual([{ kind: 'other' }]);
  });
});

describe('a bill of materials', () => {
  it.each<[string, string, unknown, object]>([
    ['SPDX', SPDX, { spdxVersion: 'SPDX-2.3', packages: [{}, {}] }, { format: 'SPDX', packages: 2 }],
    [
      'SPDX as text',
      SPDX,
      JSON.stringify({ spdxVersion: 'SPDX-2.3', packages: [{}] }),
      { format: 'SPDX', packages: 1 },
    ],
    ['SPDX 3', SPDX, { '@graph': [{ type: 'software_Package' }, { type: 'Person' }] }, { format: 'SPDX', packages: 1 }],
    [
      'CycloneDX',
      BOM,
      { bomFormat: 'CycloneDX', components: [{ components: [{}, {}] }, {}] },
      { format: 'CycloneDX', packages: 4 },
    ],
  ])('in %s is counted', (_name, predicateType, predicate, expected) => {
    expect(contents(predicateType, predicate)).toEqual([{ kind: 'sbom', ...expected }]);
  });

  it.each<[string, string, unknown]>([
    ['nothing', SPDX, undefined],
    ['null', SPDX, null],
    ['text that is no document', SPDX, 'SPDXVersion: SPDX-2.3'],
    ['no packages', SPDX, { spdxVersion: 'SPDX-2.3', packages: [] }],
    ['packages that are no list', SPDX, { spdxVersion: 'SPDX-2.3', packages: { length: 5 } }],
    ['no version', SPDX, { packages: [{}] }],
    ['an empty graph', SPDX, { '@graph': [] }],
    ['another format', BOM, { bomFormat: 'SPDX', components: [{}] }],
    ['no components', BOM, { bomFormat: 'CycloneDX', components: [] }],
    ['components that are none', BOM, { bomFormat: 'CycloneDX', components: [1, 'a', null] }],
  ])('with %s is none', (_name, predicateType, predicate) => {
    expect(contents(predicateType, predicate)).toMatch(/\w/);
  });

  it('of any depth does not end the program', () => {
    let nested: object = {};
    for (let depth = 0; depth < 100_000; depth += 1) nested = { components: [nested] };
    expect(contents(BOM, { bomFormat: 'CycloneDX', ...nested })).toMatchObject([{ packages: 100_000 }]);
  });
});

describe('a scan', () => {
  const finding = {
    VulnerabilityID: 'CVE-2026-1',
    PkgName: 'libx',
    InstalledVersion: '1.0',
    Severity: 'HIGH',
    PkgIdentifier: { PURL: 'pkg:deb/debian/libx@1.0' },
  };
  const report = (Results: unknown, changes = {}) => ({
    invocation: {},
    scanner: { uri: 'pkg:github/aquasecurity/trivy', version: '0.70.0', db: {}, result: { SchemaVersion: 2, Results } },
    metadata: { scanStartedOn: '2026-11-29T00:00:00Z', scanFinishedOn: '2026-11-29T00:01:00.123456789Z' },
    ...changes,
  });

  it('lists what was found, where, and how bad', () => {
    expect(
      contents(
        SCAN,
        report([{ Vulnerabilities: [finding, { ...finding, Severity: 'worst', PkgIdentifier: {} }] }, {}]),
      ),
    ).toEqual([
      {
        kind: 'scan',
        scanner: 'pkg:github/aquasecurity/trivy 0.70.0',
        finishedAt: new Date('2026-11-29T00:01:00.123Z'),
        vulnerabilities: [
          { id: 'CVE-2026-1', severity: 'HIGH', package: 'libx', version: '1.0', purl: 'pkg:deb/debian/libx@1.0' },
          // A severity that nobody knows is not a low one.
          { id: 'CVE-2026-1', severity: 'UNKNOWN', package: 'libx', version: '1.0' },
        ],
      },
    ]);
    expect(contents(SCAN, report(undefined))).toMatchObject([{ vulnerabilities: [] }]);
  });

  it.each<[string, unknown]>([
    ['that is empty', {}],
    ['without a scanner', report([], { scanner: {} })],
    [
      'of another scanner, whose result would look like a clean one',
      report([], { scanner: { uri: 'grype', result: { runs: [] } } }),
    ],
    ['without an end', report([], { metadata: {} })],
    ['that ended on a date without a time', report([], { metadata: { scanFinishedOn: '2026-11-29' } })],
    ['that ended at 1', report([], { metadata: { scanFinishedOn: 1 } })],
    ['whose results are no list', report({})],
    ['whose findings are no list', report([{ Vulnerabilities: {} }])],
    ['with a result that is a number', report([{ Vulnerabilities: 'none' }])],
    ['with a finding without id', report([{ Vulnerabilities: [{}] }])],
    ['with more findings than any image has', report([{ Vulnerabilities: Array(50_001).fill(finding) }])],
  ])('%s is no clean one', (_name, predicate) => {
    expect(contents(SCAN, predicate)).toMatch(/\w/);
  });
});

describe('an OpenVEX document', () => {
  const statement = {
    vulnerability: { name: 'CVE-2026-1', aliases: ['GHSA-1'] },
    status: 'not_affected',
    justification: 'vulnerable_code_not_in_execute_path',
  };
  const document = (...statements: unknown[]) => ({
    '@context': 'https://openvex.dev/ns/v0.2.0',
    author: 'qdrant',
    timestamp: '2026-11-01T00:00:00Z',
    statements,
  });

  it('says of each product alone what it says of it', () => {
    const products = [
      { '@id': 'pkg:oci/a', hashes: { 'sha-256': 'ab' }, subcomponents: [{ '@id': 'pkg:deb/x' }] },
      { '@id': 'pkg:oci/b', identifiers: { purl: 'pkg:oci/b@1' }, subcomponents: [] },
    ];
    const [read] = contents(OPENVEX, document({ ...statement, products }));
    expect(read).toMatchObject({
      author: 'qdrant',
      statements: [
        { vulnerability: 'CVE-2026-1', products: ['pkg:oci/a', 'sha256:ab'], subcomponents: ['pkg:deb/x'] },
        { vulnerability: 'GHSA-1', products: ['pkg:oci/a', 'sha256:ab'], subcomponents: ['pkg:deb/x'] },
        { vulnerability: 'CVE-2026-1', products: ['pkg:oci/b', 'pkg:oci/b@1'], subcomponents: [] },
        { vulnerability: 'GHSA-1', products: ['pkg:oci/b', 'pkg:oci/b@1'], subcomponents: [] },
      ],
    });
  });

  it('speaks of the image that it was signed for where it names no product, at its own time', () => {
    expect(
      contents(OPENVEX, document({ ...statement, vulnerability: 'CVE-2026-1', last_updated: '2026-11-05T00:00:00Z' })),
    ).toMatchObject([
      {
        statements: [
          {
            vulnerability: 'CVE-2026-1',
            status: 'not_affected',
            products: [DIGEST],
            at: new Date('2026-11-05T00:00:00Z'),
            justification: 'vulnerable_code_not_in_execute_path',
          },
        ],
      },
    ]);
    expect(contents(OPENVEX, document({ ...statement, products: [] }))).toMatchObject([{ statements: [] }]);
  });

  it.each<[string, unknown]>([
    ['without author', { ...document(statement), author: '' }],
    ['without statements', { author: 'a' }],
    ['without a vulnerability', document({ ...statement, vulnerability: {} })],
    ['with a status of its own', document({ ...statement, status: 'fine' })],
    ['without a time', { author: 'a', statements: [statement] }],
    ['with products that are no list', document({ ...statement, products: 'all' })],
  ])('%s is none', (_name, predicate) => {
    expect(contents(OPENVEX, predicate)).toMatch(/\w/);
  });
});

describe('a CycloneDX document with analyses', () => {
  const vulnerability = {
    id: 'CVE-2026-1',
    analysis: { state: 'false_positive', justification: 'code_not_reachable' },
    affects: [{ ref: 'x' }],
  };
  const document = (...vulnerabilities: unknown[]) => ({
    bomFormat: 'CycloneDX',
    metadata: { timestamp: '2026-11-01T00:00:00Z', component: { 'bom-ref': 'app' }, authors: [{ name: 'qdrant' }] },
    components: [{ 'bom-ref': 'x', purl: 'pkg:deb/x@1' }],
    vulnerabilities,
  });

  it('is a bill of materials and VEX at once', () => {
    expect(contents(BOM, document(vulnerability))).toMatchObject([
      { kind: 'sbom', packages: 1 },
      {
        kind: 'vex',
        author: 'qdrant',
        statements: [
          {
            status: 'not_affected',
            products: [DIGEST],
            subcomponents: ['pkg:deb/x@1'],
            justification: 'code_not_reachable',
          },
        ],
      },
    ]);
    expect(contents(BOM, { ...document(vulnerability), components: [] })).toMatchObject([{ kind: 'vex' }]);
    expect(contents('https://cyclonedx.org/vex', document(vulnerability))).toMatchObject([{ kind: 'vex' }]);
  });

  it('keeps what affects the image apart from what affects a part of it', () => {
    const both = { ...vulnerability, affects: [{ ref: 'app' }, { ref: 'x' }, { ref: 'urn:cdx:1/1#y' }] };
    const [, vex] = contents(BOM, document(both));
    expect(vex).toMatchObject({
      statements: [{ subcomponents: [] }, { subcomponents: ['pkg:deb/x@1'] }, { subcomponents: ['urn:cdx:1/1#y'] }],
    });
  });

  it.each<[string, unknown]>([
    ['without id', { ...vulnerability, id: undefined }],
    ['with a state of its own', { ...vulnerability, analysis: { state: 'constructor' } }],
    ['that affects nothing', { ...vulnerability, affects: [] }],
  ])('%s is none', (_name, broken) => {
    expect(contents(BOM, document(broken))).toMatch(/\w/);
  });
});

describe('provenance', () => {
  it.each<[string, unknown, object]>([
    [
      'https://slsa.dev/provenance/v0.2',
      { builder: { id: 'b' }, invocation: { configSource: { uri: 'git+x' } } },
      { builder: 'b', source: 'git+x' },
    ],
    [
      'https://slsa.dev/provenance/v0.2',
      { builder: { id: '' }, materials: [{ uri: 'm' }] },
      { builder: '', source: 'm' },
    ],
    [
      'https://slsa.dev/provenance/v1',
      {
        runDetails: { builder: { id: 'b' } },
        buildDefinition: { externalParameters: { workflow: { repository: 'r' } } },
      },
      { builder: 'b', source: 'r' },
    ],
    [
      'https://slsa.dev/provenance/v1',
      { runDetails: { builder: { id: 'b' } }, buildDefinition: { resolvedDependencies: [{ uri: 'd' }] } },
      { builder: 'b', source: 'd' },
    ],
    ['https://slsa.dev/provenance/v1', { runDetails: { builder: { id: 'b' } } }, { builder: 'b' }],
  ])('%s names builder and source', (predicateType, predicate, expected) => {
    expect(contents(predicateType, predicate)).toEqual([{ kind: 'provenance', ...expected }]);
  });

  it('that names no builder is none', () => {
    expect(contents('https://slsa.dev/provenance/v1', { builder: { id: 'b' } })).toContain('no builder');
    expect(contents('https://slsa.dev/provenance/v0.2', {})).toContain('no builder');
  });
});

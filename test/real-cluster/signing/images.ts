import { gzipSync } from 'node:zlib';
import { type Descriptor, MEDIA_TYPES, type Repository } from './registry.ts';

const EMPTY_TAR = gzipSync(Buffer.alloc(1024));
const PLATFORMS = ['amd64', 'arm64'] as const;

/** A CycloneDX or SPDX document with this many components or packages. */
export function sbom(format: 'SPDX' | 'CycloneDX', packages: number): object {
  const names = Array.from({ length: packages }, (_, index) => `package-${index}`);
  if (format === 'CycloneDX') {
    const components = names.map((name) => ({ type: 'library', name, version: '1.0.0' }));
    return { bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, components };
  }
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: 'test',
    documentNamespace: 'https://example.com/sbom',
    creationInfo: { created: '2026-11-30T00:00:00Z', creators: ['Tool: syft-1.30.0'] },
    packages: names.map((name) => ({
      name,
      SPDXID: `SPDXRef-${name}`,
      versionInfo: '1.0.0',
      downloadLocation: 'NOASSERTION',
    })),
  };
}

/** What `trivy image --format cosign-vuln` writes. */
export function scan(finishedAt: Date, severities: readonly string[]): object {
  return {
    invocation: { parameters: null, uri: '', event_id: '', builder: { id: '' } },
    scanner: {
      uri: 'pkg:github/aquasecurity/trivy@0.68.0',
      version: '0.68.0',
      db: { uri: '', version: '' },
      result: {
        SchemaVersion: 2,
        ArtifactName: 'test',
        Results: [
          {
            Target: 'test (debian 13)',
            Class: 'os-pkgs',
            Type: 'debian',
            Vulnerabilities: severities.map((Severity, index) => ({
              VulnerabilityID: `CVE-2026-${1000 + index}`,
              PkgName: 'openssl',
              PkgIdentifier: { PURL: 'pkg:deb/debian/openssl@3.5.0' },
              InstalledVersion: '3.5.0',
              Severity,
            })),
          },
        ],
      },
    },
    metadata: { scanStartedOn: finishedAt.toISOString(), scanFinishedOn: finishedAt.toISOString() },
  };
}

/** An image for one platform, of one empty layer; the name makes its digest its own. */
export async function pushManifest(
  to: Repository,
  name: string,
  architecture = 'amd64',
  tag?: string,
): Promise<Descriptor> {
  const layer = await to.putBlob(MEDIA_TYPES.layer, EMPTY_TAR);
  const configuration = {
    architecture,
    os: 'linux',
    config: { Labels: { name } },
    rootfs: { type: 'layers', diff_ids: [] },
  };
  const config = await to.putBlob(MEDIA_TYPES.config, Buffer.from(JSON.stringify(configuration)));
  return to.putManifest({ schemaVersion: 2, mediaType: MEDIA_TYPES.manifest, config, layers: [layer] }, tag);
}

export interface IndexOptions {
  /** The documents that BuildKit attaches to each platform; left out: none. */
  readonly attached?: 'SPDX' | 'CycloneDX';
  /** The subject of those documents, where it is another than the platform. */
  readonly attachedSubject?: string;
  readonly tag?: string;
}

export interface PushedIndex extends Descriptor {
  readonly platforms: readonly Descriptor[];
  readonly attestations: readonly Descriptor[];
}

/** An image for two platforms, as `docker buildx build --sbom=true` pushes it. */
export async function pushIndex(to: Repository, name: string, options: IndexOptions = {}): Promise<PushedIndex> {
  const platforms: Descriptor[] = [];
  const attestations: Descriptor[] = [];
  for (const architecture of PLATFORMS) {
    const platform = await pushManifest(to, name, architecture);
    platforms.push({ ...platform, platform: { os: 'linux', architecture } });
    if (options.attached !== undefined) {
      attestations.push(await pushAttached(to, platform.digest, options.attached, options.attachedSubject));
    }
  }
  const document = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: [...platforms, ...attestations] };
  return { ...(await to.putManifest(document, options.tag)), platforms, attestations };
}

/** moby/buildkit: docs/attestations/attestation-storage.md. */
async function pushAttached(
  to: Repository,
  platform: string,
  format: 'SPDX' | 'CycloneDX',
  subject = platform,
): Promise<Descriptor> {
  const predicateType = format === 'SPDX' ? 'https://spdx.dev/Document' : 'https://cyclonedx.org/bom';
  const statement = {
    _type: 'https://in-toto.io/Statement/v0.1',
    predicateType,
    subject: [{ name: 'pkg:docker/test?platform=linux', digest: { sha256: subject.replace('sha256:', '') } }],
    predicate: sbom(format, 3),
  };
  const layer = await to.putBlob('application/vnd.in-toto+json', Buffer.from(JSON.stringify(statement)));
  const config = await to.putBlob(
    MEDIA_TYPES.config,
    Buffer.from('{"architecture":"unknown","os":"unknown","config":{}}'),
  );
  const manifest = await to.putManifest({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    config,
    layers: [{ ...layer, annotations: { 'in-toto.io/predicate-type': predicateType } }],
  });
  return {
    ...manifest,
    annotations: { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': platform },
    platform: { os: 'unknown', architecture: 'unknown' },
  };
}

/** A chart, as `helm push` puts it into a registry. */
export async function pushChart(to: Repository, name: string, version: string): Promise<Descriptor> {
  const metadata = { apiVersion: 'v2', name, version };
  const config = await to.putBlob('application/vnd.cncf.helm.config.v1+json', Buffer.from(JSON.stringify(metadata)));
  const layer = await to.putBlob('application/vnd.cncf.helm.chart.content.v1.tar+gzip', EMPTY_TAR);
  return to.putManifest({ schemaVersion: 2, config, layers: [layer] }, version);
}

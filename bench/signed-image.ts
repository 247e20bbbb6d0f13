import { OCI_INDEX, OCI_MANIFEST, type RegistryServer, startRegistry } from '../test/registry/registry-server.ts';
import { type PrivateSigstore, startSigstore } from '../test/support/sigstore/private-sigstore.ts';
import { bundle, statement } from '../test/support/sigstore/signatures.ts';

const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const REPOSITORY = 'team/app';

/** An image in a registry on loopback, signed keyless in an instance of Sigstore of its own. */
export interface SignedImage {
  readonly registry: RegistryServer;
  readonly sigstore: PrivateSigstore;
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** With its digest. */
  readonly image: string;
  readonly digest: string;
  /** The bytes of the bundles that speak for it. */
  readonly bundles: readonly Buffer[];
}

/** A scan of a moment ago that found nothing. */
function scan(): object {
  const now = new Date().toISOString();
  return {
    predicateType: 'https://cosign.sigstore.dev/attestation/vuln/v1',
    predicate: {
      scanner: { uri: 'pkg:github/aquasecurity/trivy', version: '0.60.0', result: { SchemaVersion: 2, Results: [] } },
      metadata: { scanStartedOn: now, scanFinishedOn: now },
    },
  };
}

/** An index of one platform, with its signature and the report of a scan as cosign 3 stores them. */
export async function startSignedImage(): Promise<SignedImage> {
  const [registry, sigstore] = await Promise.all([startRegistry({ plain: true }), startSigstore()]);
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', ...registry.putBlob('{}') };
  const layers = [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...registry.putBlob('layer') }];
  const manifest = { schemaVersion: 2, mediaType: OCI_MANIFEST };
  const platform = registry.putManifest(REPOSITORY, undefined, { ...manifest, config, layers });
  const manifests = [{ ...platform, platform: { os: 'linux', architecture: 'amd64' } }];
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests };
  const subject = registry.putManifest(REPOSITORY, 'v1', index, OCI_INDEX);
  const bundles: Buffer[] = [];
  for (const changes of [{}, scan()]) {
    const payload = Buffer.from(JSON.stringify(statement(subject.digest, { ...changes })));
    const content = Buffer.from(JSON.stringify(await bundle(sigstore, sigstore.certify(), payload)));
    bundles.push(content);
    registry.putManifest(REPOSITORY, undefined, {
      ...manifest,
      artifactType: BUNDLE,
      config: { mediaType: 'application/vnd.oci.empty.v1+json', ...registry.putBlob('{}') },
      layers: [{ mediaType: BUNDLE, ...registry.putBlob(content) }],
      subject,
    });
  }
  const host = `127.0.0.1:${registry.port}`;
  const image = `${host}/${REPOSITORY}@${subject.digest}`;
  return { registry, sigstore, host, image, digest: subject.digest, bundles };
}

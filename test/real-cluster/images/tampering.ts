import { type Descriptor, fallbackTag, type Repository } from '../signing/registry.ts';

/** What somebody who may push, but not sign, does to signatures. */

export const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** The parts of a bundle that are changed here. */
export interface Bundle {
  mediaType: string;
  verificationMaterial: {
    certificate?: { rawBytes: string };
    tlogEntries: { canonicalizedBody: string; logId: object }[];
    timestampVerificationData?: { rfc3161Timestamps: { signedTimestamp: string }[] };
  };
  dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string }[] };
}

/** The annotations in which a `.sig` tag keeps a signature. */
export const ANNOTATION = {
  signature: 'dev.cosignproject.cosign/signature',
  certificate: 'dev.sigstore.cosign/certificate',
  bundle: 'dev.sigstore.cosign/bundle',
} as const;

export function signatureTag(digest: string): string {
  return `${fallbackTag(digest)}.sig`;
}

/** Puts the `.sig` tag (or `.att`) of one digest at another one. */
export async function copyTag(
  to: Repository,
  from: string,
  digest: string,
  suffix: '.sig' | '.att' = '.sig',
): Promise<void> {
  const manifest = await existing(to, `${fallbackTag(from)}${suffix}`);
  await to.putManifest(manifest, `${fallbackTag(digest)}${suffix}`);
}

/** Changes the only layer of the `.sig` tag. */
export async function editSignature(
  at: Repository,
  digest: string,
  edit: (layer: Descriptor) => Descriptor | Promise<Descriptor>,
): Promise<void> {
  const manifest = await existing(at, signatureTag(digest));
  const [layer] = manifest.layers ?? [];
  if (layer === undefined) throw new Error(`${signatureTag(digest)} has no layer`);
  await at.putManifest({ ...manifest, layers: [await edit(layer)] }, signatureTag(digest));
}

/** The only layer of the `.sig` tag. */
export async function signatureLayer(at: Repository, digest: string): Promise<Descriptor> {
  const [layer] = (await existing(at, signatureTag(digest))).layers ?? [];
  if (layer === undefined) throw new Error(`${signatureTag(digest)} has no layer`);
  return layer;
}

/** The first bundle that refers to a digest. */
export async function bundleOf(at: Repository, digest: string): Promise<{ bundle: Bundle; manifest: Descriptor }> {
  for (const manifest of await at.referrers(digest)) {
    const [layer] = (await existing(at, manifest.digest)).layers ?? [];
    if (layer?.mediaType === BUNDLE_TYPE) {
      const bundle = JSON.parse((await at.blob(layer.digest)).toString()) as Bundle;
      return { bundle, manifest };
    }
  }
  throw new Error(`nothing that refers to ${digest} is a bundle`);
}

/** Lets a changed bundle refer to a digest, in a registry with the referrers API. */
export async function putBundle(
  at: Repository,
  subject: string,
  bundle: Bundle | Buffer,
  layerType = BUNDLE_TYPE,
): Promise<Descriptor> {
  const bytes = Buffer.isBuffer(bundle) ? bundle : Buffer.from(JSON.stringify(bundle));
  const layer = await at.putBlob(layerType, bytes);
  const config = await at.putBlob('application/vnd.oci.empty.v1+json', Buffer.from('{}'));
  const target = await existing(at, subject);
  return at.putManifest({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    artifactType: BUNDLE_TYPE,
    config,
    layers: [layer],
    subject: { mediaType: target.mediaType, digest: subject, size: Buffer.byteLength(JSON.stringify(target)) },
  });
}

/** Changes the only bundle that refers to a digest. */
export async function editBundle(at: Repository, digest: string, edit: (bundle: Bundle) => void): Promise<void> {
  const { bundle, manifest } = await bundleOf(at, digest);
  edit(bundle);
  await at.delete(manifest.digest);
  await putBundle(at, digest, bundle);
}

async function existing(at: Repository, tagOrDigest: string) {
  const manifest = await at.manifest(tagOrDigest);
  if (manifest === undefined) throw new Error(`${at.name} has no ${tagOrDigest}`);
  return manifest;
}

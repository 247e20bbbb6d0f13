import { fallbackTag, MEDIA_TYPES } from '../../signing/registry.ts';
import type { Case } from '../case.ts';
import { BUNDLE_TYPE, bundleOf, copyTag, editBundle, editSignature, putBundle, signatureTag } from '../tampering.ts';

const BOTH = { cosign: 'accepts', ours: 'accepts' } as const;
const NEITHER = { cosign: 'refuses', ours: 'refuses' } as const;

/** Signatures of something else, changed ones, and stores that lie or are flooded. */
export const COPIES: readonly Case[] = [
  {
    name: 'the .sig tag of another image',
    async stage(at) {
      const digest = await at.image();
      await copyTag(at.repository, await at.signed('legacy', {}, 'other'), digest);
      return digest;
    },
    asker: 'release',
    ...NEITHER,
  },
  {
    name: 'the bundle of another image',
    async stage(at) {
      const digest = await at.image();
      const { bundle } = await bundleOf(at.repository, await at.signed('bundle', {}, 'other'));
      await putBundle(at.repository, digest, bundle);
      return digest;
    },
    asker: 'release',
    ...NEITHER,
  },
  {
    name: 'the bundle of another image, listed by the fallback tag',
    registry: 'plain',
    async stage(at) {
      const digest = await at.image();
      const other = await at.signed('bundle', {}, 'other');
      const index = await at.repository.manifest(fallbackTag(other));
      await at.repository.putManifest({ ...index }, fallbackTag(digest));
      return digest;
    },
    asker: 'release',
    ...NEITHER,
  },
  {
    name: 'a fallback tag that calls a bundle something else',
    registry: 'plain',
    async stage(at) {
      const digest = await at.signed('bundle');
      const index = await at.repository.manifest(fallbackTag(digest));
      const manifests = (index?.manifests ?? []).map((it) => ({
        ...it,
        artifactType: 'application/vnd.oci.empty.v1+json',
      }));
      await at.repository.putManifest({ ...index, manifests }, fallbackTag(digest));
      return digest;
    },
    asker: 'release',
    ...BOTH,
  },
  {
    name: 'a platform of a signed index',
    async stage(at) {
      const digest = await at.signed('legacy');
      return (await at.platforms(digest))[0] ?? '';
    },
    asker: 'release',
    ...NEITHER,
  },
  {
    name: "an index with its platform's signature",
    async stage(at) {
      const digest = await at.image();
      const [platform = ''] = await at.platforms(digest);
      await at.sign(platform, 'legacy');
      await copyTag(at.repository, platform, digest);
      return digest;
    },
    asker: 'release',
    ...NEITHER,
  },
  {
    name: 'an image with a layer of its own and the signature of the original',
    async stage(at) {
      const original = await at.signed('legacy');
      const [platform = ''] = await at.platforms(original);
      const manifest = await at.repository.manifest(platform);
      const layer = await at.repository.putBlob(MEDIA_TYPES.layer, Buffer.from('a miner'));
      const { digest } = await at.repository.putManifest({ ...manifest, layers: [...(manifest?.layers ?? []), layer] });
      await copyTag(at.repository, original, digest);
      return digest;
    },
    asker: 'release',
    ...NEITHER,
  },
  {
    name: 'a .sig tag whose payload was changed to name this image',
    async stage(at) {
      const digest = await at.image();
      const other = await at.signed('legacy', {}, 'other');
      await copyTag(at.repository, other, digest);
      await editSignature(at.repository, digest, async (layer) => {
        const payload = (await at.repository.blob(layer.digest)).toString().replace(other, digest);
        return {
          ...(await at.repository.putBlob(layer.mediaType, Buffer.from(payload))),
          annotations: layer.annotations ?? {},
        };
      });
      return digest;
    },
    asker: 'release',
    ...NEITHER,
  },
  {
    name: 'a bundle whose payload was changed to name this image',
    async stage(at) {
      const digest = await at.image();
      const other = await at.signed('bundle', {}, 'other');
      const { bundle } = await bundleOf(at.repository, other);
      const payload = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString();
      const changed = payload.replace(other.slice('sha256:'.length), digest.slice('sha256:'.length));
      bundle.dsseEnvelope.payload = Buffer.from(changed).toString('base64');
      await putBundle(at.repository, digest, bundle);
      return digest;
    },
    asker: 'release',
    ...NEITHER,
  },
  {
    name: 'a bundle of another payload type',
    async stage(at) {
      const digest = await at.signed('bundle');
      await editBundle(at.repository, digest, ({ dsseEnvelope }) => {
        dsseEnvelope.payloadType = 'application/json';
      });
      return digest;
    },
    asker: 'release',
    ...NEITHER,
  },
  {
    name: 'a bundle of a version that does not exist',
    async stage(at) {
      const digest = await at.signed('bundle');
      await editBundle(at.repository, digest, (bundle) => {
        bundle.mediaType = 'application/vnd.dev.sigstore.bundle.v9.9+json';
      });
      return digest;
    },
    asker: 'release',
    ...NEITHER,
  },
  {
    name: 'a bundle that is no JSON, beside a good one',
    async stage(at) {
      const digest = await at.signed('bundle');
      await putBundle(at.repository, digest, Buffer.from('{"mediaType":'));
      return digest;
    },
    asker: 'release',
    ...BOTH,
  },
  {
    name: 'a bundle of another image, beside a good one',
    async stage(at) {
      const digest = await at.signed('bundle');
      const { bundle } = await bundleOf(at.repository, await at.signed('bundle', {}, 'other'));
      await putBundle(at.repository, digest, bundle);
      return digest;
    },
    asker: 'release',
    ...BOTH,
  },
  {
    name: 'a .sig tag that leads to an index',
    async stage(at) {
      const digest = await at.image();
      const signature = await at.repository.manifest(signatureTag(await at.signed('legacy', {}, 'other')));
      const manifest = await at.repository.putManifest({ ...signature });
      const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: [manifest] };
      await at.repository.putManifest(index, signatureTag(digest));
      return digest;
    },
    asker: 'release',
    ...NEITHER,
  },
  {
    name: 'sixty signatures of others before a good one',
    async stage(at) {
      const digest = await at.signed('legacy');
      await at.sign(digest, 'legacy', { run: { repository: 'evil/r', workflow: 'w.yml', ref: 'refs/heads/main' } });
      const manifest = await at.repository.manifest(signatureTag(digest));
      const [good, bad] = manifest?.layers ?? [];
      if (good === undefined || bad === undefined) throw new Error('two signatures were expected');
      const layers = [...Array.from({ length: 60 }, () => bad), good];
      await at.repository.putManifest({ ...manifest, layers }, signatureTag(digest));
      return digest;
    },
    asker: 'release',
    cosign: 'accepts',
    ours: 'refuses',
    difference:
      'at most fifty signatures of a store are looked at here, and a thousand by cosign; the answer is that it could not be told',
  },
  {
    name: 'sixty referrers that mean nothing beside a good .sig tag',
    async stage(at) {
      const digest = await at.signed('legacy');
      const noise = Array.from({ length: 60 }, (_, index) => Buffer.from(`{"noise":${index}}`));
      for (const bytes of noise) await putBundle(at.repository, digest, bytes, BUNDLE_TYPE);
      return digest;
    },
    asker: 'release',
    ...BOTH,
  },
  {
    name: 'a tag that was moved to an unsigned image',
    async stage(at) {
      await at.tag(await at.signed('legacy'), 'v1.19.0');
      await at.tag(await at.image('other'), 'v1.19.0');
      return 'v1.19.0';
    },
    asker: 'release',
    ...NEITHER,
  },
  {
    name: 'the digest of a signed image, after its tag was moved',
    async stage(at) {
      const digest = await at.signed('legacy');
      await at.tag(digest, 'v1.19.0');
      await at.tag(await at.image('other'), 'v1.19.0');
      return digest;
    },
    asker: 'release',
    ...BOTH,
  },
];

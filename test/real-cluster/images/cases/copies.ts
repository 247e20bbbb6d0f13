import { fallbackTag, MEDIA_TYPES } from '../../signing/registry.ts';
import type { Case } from '../case.ts';
import { bundleOf, copyTag, putBundle } from '../tampering.ts';

const BOTH = { cosign: 'accepts', ours: 'accepts' } as const;
const NEITHER = { cosign: 'refuses', ours: 'refuses' } as const;

/** Signatures of something else. */
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
    because: /it signs sha256:/,
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
    because: /its statement is about sha256:/,
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
    because: /it refers to sha256:/,
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
    because: /it signs sha256:/,
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
    because: /it signs sha256:/,
  },
  {
    name: 'the oci-1-1 referrer of another image',
    async stage(at) {
      const digest = await at.image();
      const other = await at.signed('oci-1-1', {}, 'other');
      const [referrer] = await at.repository.referrers(other);
      const manifest = await at.repository.manifest(referrer?.digest ?? '');
      const { mediaType } = (await at.repository.manifest(digest)) ?? {};
      const subject = { ...(manifest?.['subject'] as object), mediaType, digest };
      await at.repository.putManifest({ ...manifest, subject });
      return digest;
    },
    asker: 'release, oci-1-1',
    ...NEITHER,
    because: /it signs sha256:/,
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

import { fallbackTag, MEDIA_TYPES } from '../../signing/registry.ts';
import type { Case } from '../case.ts';
import { STRANGER } from '../stage.ts';
import {
  BUNDLE_TYPE,
  type Bundle,
  bundleOf,
  copyTag,
  editBundle,
  editSignature,
  putBundle,
  signatureTag,
} from '../tampering.ts';

const BOTH = { cosign: 'accepts', ours: 'accepts' } as const;
const NEITHER = { cosign: 'refuses', ours: 'refuses' } as const;

/** Signatures that somebody changed, and stores that lie or are flooded. */
export const CHANGES: readonly Case[] = [
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
    because: /another signature or another content/,
  },
  {
    name: 'a bundle whose payload was changed to name this image',
    async stage(at) {
      const digest = await at.image();
      const other = await at.signed('bundle', {}, 'other');
      const { bundle } = await bundleOf(at.repository, other);
      await putBundle(at.repository, digest, renamed(bundle, other, digest));
      return digest;
    },
    asker: 'release',
    ...NEITHER,
    because: /another signature or another content/,
  },
  {
    name: 'a .sig tag of a key, whose payload was changed',
    async stage(at) {
      const digest = await at.image();
      const other = await at.signed('legacy, no services', { key: 'own' }, 'other');
      await copyTag(at.repository, other, digest);
      await editSignature(at.repository, digest, async (layer) => {
        const payload = (await at.repository.blob(layer.digest)).toString().replace(other, digest);
        const changed = await at.repository.putBlob(layer.mediaType, Buffer.from(payload));
        return { ...changed, annotations: layer.annotations ?? {} };
      });
      return digest;
    },
    asker: 'own key',
    ...NEITHER,
    because: /not one of this key/,
  },
  {
    name: 'a bundle of a key, whose payload was changed',
    async stage(at) {
      const digest = await at.image();
      const other = await at.signed('bundle, no services', { key: 'own' }, 'other');
      const { bundle } = await bundleOf(at.repository, other);
      await putBundle(at.repository, digest, renamed(bundle, other, digest));
      return digest;
    },
    asker: 'own key',
    ...NEITHER,
    because: /not one of this key/,
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
    because: /payloadType/,
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
    because: /not one of a Sigstore bundle/,
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
    because: /it is an index/,
  },
  {
    name: 'sixty signatures of others before a good one',
    async stage(at) {
      const digest = await at.signed('legacy');
      await at.sign(digest, 'legacy', { run: STRANGER });
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
    because: /more than 50 signatures/,
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
];

/** The bundle with another image in its statement, and the signature of the first. */
function renamed(bundle: Bundle, from: string, to: string): Bundle {
  const hex = (digest: string): string => digest.slice('sha256:'.length);
  const payload = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString().replace(hex(from), hex(to));
  return { ...bundle, dsseEnvelope: { ...bundle.dsseEnvelope, payload: Buffer.from(payload).toString('base64') } };
}

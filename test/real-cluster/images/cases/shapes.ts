import { pushChart, pushManifest } from '../../signing/images.ts';
import type { Case } from '../case.ts';
import { EMAIL, STRANGER } from '../stage.ts';

const BOTH = { cosign: 'accepts', ours: 'accepts' } as const;
const NEITHER = { cosign: 'refuses', ours: 'refuses' } as const;

const SHA_384 =
  'cosign signs with SHA-384 and verifies with SHA-256 unless told otherwise; here every hash that the authority allows is tried';

/** Every way in which cosign 3 stores a signature, by every kind of signer. */
export const SHAPES: readonly Case[] = [
  {
    name: "Qdrant's own: a .sig tag, keyless, Rekor v1, no referrers API",
    registry: 'plain',
    stage: (at) => at.signed('legacy'),
    asker: 'release',
    ...BOTH,
  },
  { name: 'a .sig tag, keyless, Rekor v1', stage: (at) => at.signed('legacy'), asker: 'release', ...BOTH },
  { name: 'a bundle, keyless, Rekor v2', stage: (at) => at.signed('bundle'), asker: 'release', ...BOTH },
  {
    name: 'a bundle, keyless, Rekor v2, by the fallback tag',
    registry: 'plain',
    stage: (at) => at.signed('bundle'),
    asker: 'release',
    ...BOTH,
  },
  {
    name: 'a bundle, keyless, Rekor v1 and a timestamp',
    stage: (at) => at.signed('bundle, rekor v1'),
    asker: 'release',
    ...BOTH,
  },
  {
    name: 'a bundle, keyless, Rekor v1 and a timestamp, by the fallback tag',
    registry: 'plain',
    stage: (at) => at.signed('bundle, rekor v1'),
    asker: 'release',
    ...BOTH,
  },
  {
    name: 'a .sig tag, keyless, a timestamp and no log',
    stage: (at) => at.signed('legacy, timestamp'),
    asker: 'release, timestamps only',
    ...BOTH,
  },
  { name: 'an oci-1-1 referrer, keyless', stage: (at) => at.signed('oci-1-1'), asker: 'release, oci-1-1', ...BOTH },
  {
    name: 'an oci-1-1 referrer, keyless, by the fallback tag',
    registry: 'plain',
    stage: (at) => at.signed('oci-1-1'),
    asker: 'release, oci-1-1',
    ...BOTH,
  },
  {
    name: 'an oci-1-1 referrer, where cosign is not told to look for one',
    stage: (at) => at.signed('oci-1-1'),
    asker: 'release',
    cosign: 'refuses',
    ours: 'accepts',
    difference:
      'cosign looks for signatures of this shape only with --experimental-oci11; here every store is looked at',
  },
  {
    name: 'a bundle, by a key, without services',
    stage: (at) => at.signed('bundle, no services', { key: 'own' }),
    asker: 'own key',
    ...BOTH,
  },
  {
    name: 'a .sig tag, by a key, without services',
    stage: (at) => at.signed('legacy, no services', { key: 'own' }),
    asker: 'own key',
    ...BOTH,
  },
  {
    name: 'a bundle, by a key, Rekor v2',
    stage: (at) => at.signed('bundle', { key: 'own' }),
    asker: 'own key, logged',
    ...BOTH,
  },
  {
    name: 'a .sig tag, by a key, Rekor v1',
    registry: 'plain',
    stage: (at) => at.signed('legacy', { key: 'own' }),
    asker: 'own key, logged',
    ...BOTH,
  },
  {
    name: 'a bundle, by a P-384 key',
    stage: (at) => at.signed('bundle, no services', { key: 'P-384' }),
    asker: 'P-384 key, by SHA-384',
    ...BOTH,
  },
  {
    name: 'a bundle, by a P-384 key, Rekor v2',
    stage: (at) => at.signed('bundle', { key: 'P-384' }),
    asker: 'P-384 key, logged, by SHA-384',
    ...BOTH,
  },
  {
    name: 'a .sig tag, by a P-384 key',
    stage: (at) => at.signed('legacy, no services', { key: 'P-384' }),
    asker: 'P-384 key, by SHA-384',
    ...BOTH,
  },
  {
    name: 'a bundle, by a P-384 key, where cosign is not told of SHA-384',
    stage: (at) => at.signed('bundle, no services', { key: 'P-384' }),
    asker: 'P-384 key',
    cosign: 'refuses',
    ours: 'accepts',
    difference: SHA_384,
  },
  {
    name: 'a .sig tag, by a P-384 key, where cosign is not told of SHA-384',
    stage: (at) => at.signed('legacy, no services', { key: 'P-384' }),
    asker: 'P-384 key',
    cosign: 'refuses',
    ours: 'accepts',
    difference: SHA_384,
  },
  // cosign 3.1.3 signs with the pre-hashed variant and verifies the pure one; a bundle it does not even write.
  {
    name: 'a .sig tag, by an Ed25519 key',
    stage: (at) => at.signed('legacy, no services', { key: 'Ed25519' }),
    asker: 'Ed25519 key',
    ...NEITHER,
  },
  {
    name: 'a bundle, by an RSA key',
    stage: (at) => at.signed('bundle, no services', { key: 'RSA' }),
    asker: 'RSA key',
    ...BOTH,
  },
  {
    name: 'a .sig tag, by an RSA key',
    stage: (at) => at.signed('legacy, no services', { key: 'RSA' }),
    asker: 'RSA key',
    ...BOTH,
  },
  { name: `a bundle, by ${EMAIL}`, stage: (at) => at.signed('bundle', { email: EMAIL }), asker: 'email', ...BOTH },
  {
    name: 'a bundle with annotations',
    stage: (at) => at.signed('bundle', { annotations: { team: 'release' } }),
    asker: 'release',
    ...BOTH,
  },
  {
    name: 'a platform of an index that was signed with all that it lists',
    async stage(at) {
      const digest = await at.signed('bundle, rekor v1', { recursive: true });
      return (await at.platforms(digest))[0] ?? '';
    },
    asker: 'release',
    ...BOTH,
  },
  {
    name: 'an image for one platform',
    async stage(at) {
      const { digest } = await pushManifest(at.repository, 'single');
      await at.sign(digest, 'legacy');
      return digest;
    },
    asker: 'release',
    ...BOTH,
  },
  {
    name: 'a Helm chart, a bundle',
    async stage(at) {
      const { digest } = await pushChart(at.repository, 'qdrant', '1.19.0');
      await at.sign(digest, 'bundle');
      return digest;
    },
    asker: 'release',
    ...BOTH,
  },
  {
    name: 'a Helm chart, a .sig tag',
    registry: 'plain',
    async stage(at) {
      const { digest } = await pushChart(at.repository, 'qdrant', '1.19.0');
      await at.sign(digest, 'legacy');
      return digest;
    },
    asker: 'release',
    ...BOTH,
  },
  {
    name: 'a tag of a signed image',
    async stage(at) {
      const digest = await at.signed('legacy');
      await at.tag(digest, 'v1.19.0');
      return 'v1.19.0';
    },
    asker: 'release',
    ...BOTH,
  },
  {
    name: 'the second signature of a .sig tag',
    async stage(at) {
      const digest = await at.signed('legacy', { run: STRANGER });
      await at.sign(digest, 'legacy');
      return digest;
    },
    asker: 'release',
    ...BOTH,
  },
  {
    name: 'the second bundle',
    async stage(at) {
      const digest = await at.signed('bundle', { run: STRANGER });
      await at.sign(digest, 'bundle, rekor v1');
      return digest;
    },
    asker: 'release',
    ...BOTH,
  },
  { name: 'no signature at all', stage: (at) => at.image(), asker: 'release', ...NEITHER },
  { name: 'no such image', stage: async () => `sha256:${'0'.repeat(64)}`, asker: 'release', ...NEITHER },
  {
    name: 'a .sig tag beside an attestation of somebody else',
    async stage(at) {
      const digest = await at.signed('legacy');
      await at.attest(digest, 'bundle', 'custom', { scanned: true }, { run: STRANGER });
      return digest;
    },
    asker: 'release',
    cosign: 'refuses',
    ours: 'accepts',
    difference:
      'one bundle, whoever wrote it, keeps cosign from looking at the .sig tag; here both stores are looked at',
  },
];

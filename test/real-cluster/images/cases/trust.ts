import type { Case } from '../case.ts';
import { STRANGER } from '../stage.ts';
import { ANNOTATION, bundleOf, editBundle, editSignature, signatureLayer } from '../tampering.ts';

const BOTH = { cosign: 'accepts', ours: 'accepts' } as const;
const NEITHER = { cosign: 'refuses', ours: 'refuses' } as const;

/** What logs and timestamps have to say, and of which instance. */
export const TRUST: readonly Case[] = [
  {
    name: 'a certificate that no log has seen',
    stage: (at) => at.signed('bundle', { unloggedCertificate: true }),
    asker: 'release',
    ...NEITHER,
    because: /no SCT/,
  },
  {
    name: 'a certificate that no log has seen, a .sig tag',
    stage: (at) => at.signed('legacy', { unloggedCertificate: true }),
    asker: 'release',
    ...NEITHER,
    because: /no SCT/,
  },
  {
    name: 'the same, where none is asked for',
    stage: (at) => at.signed('legacy', { unloggedCertificate: true }),
    asker: 'release, no certificate log',
    ...BOTH,
  },
  {
    name: 'a certificate of a log that the trust root does not know',
    stage: (at) => at.signed('legacy'),
    asker: 'release, unknown certificate log',
    ...NEITHER,
    because: /the SCT in its certificate/,
  },
  {
    name: 'another Sigstore instance',
    stage: (at) => at.signed('legacy'),
    asker: 'release, foreign instance',
    ...NEITHER,
    because: /no entry of a transparency log that the trust root knows/,
  },
  {
    name: 'another Sigstore instance, a bundle',
    stage: (at) => at.signed('bundle'),
    asker: 'release, foreign instance',
    ...NEITHER,
    because: /no entry of a transparency log that the trust root knows/,
  },
  {
    name: 'an authority that the trust root does not know',
    stage: (at) => at.signed('legacy'),
    asker: 'release, foreign authority',
    ...NEITHER,
    because: /certificate/,
  },
  {
    name: 'an authority that the trust root does not know, a bundle',
    stage: (at) => at.signed('bundle'),
    asker: 'release, foreign authority',
    ...NEITHER,
    because: /certificate/,
  },
  {
    name: 'a log that the trust root does not know',
    stage: (at) => at.signed('legacy'),
    asker: 'release, foreign logs',
    ...NEITHER,
    because: /no entry of a transparency log that the trust root knows/,
  },
  {
    name: 'a log and timestamps that the trust root does not know, a bundle',
    stage: (at) => at.signed('bundle'),
    asker: 'release, foreign logs',
    ...NEITHER,
    because: /no entry of a transparency log that the trust root knows/,
  },
  {
    name: 'no log, where one is asked for',
    stage: (at) => at.signed('legacy, timestamp'),
    asker: 'release',
    ...NEITHER,
    because: /no entry of a transparency log that the trust root knows/,
  },
  {
    name: 'a key and no log, where one is asked for',
    stage: (at) => at.signed('legacy, no services', { key: 'own' }),
    asker: 'own key, logged',
    ...NEITHER,
    because: /no entry of a transparency log that the trust root knows/,
  },
  {
    name: 'one log, where two are asked for',
    stage: (at) => at.signed('bundle'),
    asker: 'release, two logs',
    cosign: 'accepts',
    ours: 'refuses',
    because: /1 of the trust root.s transparency logs/,
    difference: 'cosign cannot be told to ask for more than one log',
  },
  {
    name: 'the entry of one log twice, where two are asked for',
    async stage(at) {
      const digest = await at.signed('bundle');
      await editBundle(at.repository, digest, ({ verificationMaterial: { tlogEntries } }) => {
        tlogEntries.push(...tlogEntries);
      });
      return digest;
    },
    asker: 'release, two logs',
    ...NEITHER,
    because: /1 of the trust root.s transparency logs/,
  },
  {
    name: 'a bundle without its log entry',
    async stage(at) {
      const digest = await at.signed('bundle');
      await editBundle(at.repository, digest, ({ verificationMaterial }) => {
        verificationMaterial.tlogEntries = [];
      });
      return digest;
    },
    asker: 'release',
    ...NEITHER,
    because: /no entry of a transparency log that the trust root knows/,
  },
  {
    name: 'a bundle of Rekor v2 without its timestamp',
    async stage(at) {
      const digest = await at.signed('bundle');
      await editBundle(at.repository, digest, ({ verificationMaterial }) => {
        delete verificationMaterial.timestampVerificationData;
      });
      return digest;
    },
    asker: 'release',
    ...NEITHER,
    because: /testifies when it was signed/,
  },
  {
    name: 'a bundle with the timestamp of another signature',
    async stage(at) {
      const digest = await at.signed('bundle');
      const other = await at.signed('bundle', {}, 'other');
      const { bundle } = await bundleOf(at.repository, other);
      await editBundle(at.repository, digest, ({ verificationMaterial }) => {
        const { timestampVerificationData } = bundle.verificationMaterial;
        if (timestampVerificationData) verificationMaterial.timestampVerificationData = timestampVerificationData;
      });
      return digest;
    },
    asker: 'release',
    ...NEITHER,
    because: /timestamp is not one over this signature/,
  },
  {
    name: 'a bundle with the log entry of another signature',
    async stage(at) {
      const digest = await at.signed('bundle');
      const other = await at.signed('bundle', {}, 'other');
      const { bundle } = await bundleOf(at.repository, other);
      await editBundle(at.repository, digest, ({ verificationMaterial }) => {
        verificationMaterial.tlogEntries = bundle.verificationMaterial.tlogEntries;
      });
      return digest;
    },
    asker: 'release',
    ...NEITHER,
    because: /names another key/,
  },
  {
    name: 'a .sig tag without what the log promised',
    async stage(at) {
      const digest = await at.signed('legacy');
      await editSignature(at.repository, digest, (layer) => {
        const { [ANNOTATION.bundle]: _, ...annotations } = layer.annotations ?? {};
        return { ...layer, annotations };
      });
      return digest;
    },
    asker: 'release',
    ...NEITHER,
    because: /no entry of a transparency log that the trust root knows/,
  },
  {
    name: 'a .sig tag with what the log promised another signature',
    async stage(at) {
      const digest = await at.signed('legacy');
      const other = await signatureLayer(at.repository, await at.signed('legacy', {}, 'other'));
      await editSignature(at.repository, digest, (layer) => ({
        ...layer,
        annotations: { ...layer.annotations, [ANNOTATION.bundle]: other.annotations?.[ANNOTATION.bundle] ?? '' },
      }));
      return digest;
    },
    asker: 'release',
    ...NEITHER,
    because: /names another key/,
  },
  {
    name: 'a .sig tag with the certificate of another signature',
    async stage(at) {
      const digest = await at.signed('legacy', {
        run: STRANGER,
      });
      const other = await signatureLayer(at.repository, await at.signed('legacy', {}, 'other'));
      await editSignature(at.repository, digest, (layer) => ({
        ...layer,
        annotations: {
          ...layer.annotations,
          [ANNOTATION.certificate]: other.annotations?.[ANNOTATION.certificate] ?? '',
        },
      }));
      return digest;
    },
    asker: 'release',
    ...NEITHER,
    because: /names another key/,
  },
];

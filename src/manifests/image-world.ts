import { z } from 'zod';
import type { ImageSource } from '../facts/ports.ts';
import {
  type AttachedDocument,
  type Attestation,
  type ImageAnswer,
  type ImageEvidence,
  type Platform,
  type Sbom,
  SEVERITIES,
  type Signer,
} from '../images/evidence.ts';
import { type ImageReference, parseImageReference } from '../k8s/core/image-reference.ts';

const moment = z.iso.datetime({ offset: true, error: 'expected a moment in RFC 3339' });
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'expected sha256: and 64 hexadecimal digits');
const reason = z.string().min(1);

const vulnerability = z.strictObject({
  id: z.string(),
  severity: z.enum(SEVERITIES),
  package: z.string(),
  version: z.string().default('1.0.0'),
  purl: z.string().optional(),
});

const statement = z.strictObject({
  vulnerability: z.string(),
  status: z.enum(['not_affected', 'fixed', 'affected', 'under_investigation']),
  products: z.array(z.string()).default([]),
  subcomponents: z.array(z.string()).default([]),
  justification: z.string().optional(),
  at: moment,
});

const attestation = z.strictObject({
  by: z.string(),
  sbom: z.strictObject({ format: z.enum(['SPDX', 'CycloneDX']), packages: z.int() }).optional(),
  scan: z
    .strictObject({ scanner: z.string(), finishedAt: moment, vulnerabilities: z.array(vulnerability).default([]) })
    .optional(),
  vex: z.array(statement).optional(),
  provenance: z.strictObject({ builder: z.string(), source: z.string().optional() }).optional(),
});

/** What is known of one image, in few words: the names of authorities stand for signatures that they verify. */
const answer = z.union(
  [
    z.strictObject({ unreachable: reason }),
    z.strictObject({ absent: reason }),
    z.strictObject({ invalid: reason }),
    z.strictObject({
      /** Of a tag: what it stands for. */
      digest: digest.optional(),
      signatures: z
        .array(z.strictObject({ by: z.string(), annotations: z.record(z.string(), z.string()).default({}) }))
        .default([]),
      /** Of an index: each platform with the digest of its manifest, and how its SBOM is known. */
      platforms: z
        .array(
          z.strictObject({ platform: z.string(), digest, sbom: z.enum(['none', 'present', 'bound']).default('none') }),
        )
        .default([]),
      attestations: z.array(attestation).default([]),
      rejections: z.array(z.strictObject({ found: z.string(), reason })).default([]),
      incomplete: reason.optional(),
    }),
  ],
  { error: 'expected what is known of the image, or one of unreachable, absent, invalid' },
);

/** `images` of the header of a fixture: by references as objects write them. */
export const imageWorldSchema = z.record(
  z.string().refine((text) => parseImageReference(text) !== undefined, 'expected an image reference'),
  answer,
);

type Answer = z.infer<typeof answer>;

/** Registries that hold what a fixture says, and signatures that verify as it says. Of other images nothing is known. */
export function createImageWorld(images: z.infer<typeof imageWorldSchema>): ImageSource {
  const byReference = new Map<string, Answer>();
  for (const [text, entry] of Object.entries(images)) {
    const reference = parseImageReference(text);
    if (reference) byReference.set(keyOf(reference), entry);
  }
  return {
    async evidence(of, authorities): Promise<ImageAnswer> {
      const entry = byReference.get(keyOf(of));
      if (!entry) return { state: 'unreachable', reason: 'the fixture says nothing of it' };
      if ('unreachable' in entry) return { state: 'unreachable', reason: entry.unreachable };
      if ('absent' in entry) return { state: 'absent', reason: entry.absent };
      if ('invalid' in entry) return { state: 'invalid', reason: entry.invalid };
      return { state: 'found', evidence: evidenceOf(entry, of, new Set(authorities.map(({ name }) => name))) };
    },
  };
}

function keyOf({ registry, repository, tag = 'latest', digest: own }: ImageReference): string {
  return `${registry}/${repository}${own === undefined ? `:${tag}` : `@${own}`}`;
}

type Found = Extract<Answer, { readonly signatures: unknown }>;

/** @param asked the authorities that signatures are verified by: what others signed does not count */
function evidenceOf(entry: Found, of: ImageReference, asked: ReadonlySet<string>): ImageEvidence {
  const { platforms, rejections, incomplete } = entry;
  return {
    digest: of.digest ?? entry.digest ?? '',
    mediaType: `application/vnd.oci.image.${platforms.length > 0 ? 'index' : 'manifest'}.v1+json`,
    platforms: platforms.map(platformOf),
    signatures: entry.signatures
      .filter(({ by }) => asked.has(by))
      .map(({ by, annotations }) => ({ signer: signedBy(by), storedAs: 'bundle', annotations })),
    attestations: entry.attestations.filter(({ by }) => asked.has(by)).flatMap(attestationsOf),
    attached: platforms.flatMap(attachedTo),
    rejections,
    ...(incomplete !== undefined && { incomplete }),
  };
}

function platformOf({ platform, digest: own }: Found['platforms'][number]): Platform {
  const [os = '', architecture = ''] = platform.split('/');
  return { digest: own, os, architecture };
}

const SPDX = 'https://spdx.dev/Document';
const ATTACHED: Sbom = { kind: 'sbom', format: 'SPDX', packages: 42 };

function attachedTo({ digest: own, sbom }: Found['platforms'][number]): AttachedDocument[] {
  if (sbom === 'none') return [];
  const document = { platformDigest: own, predicateType: SPDX, level: sbom };
  return [sbom === 'bound' ? { ...document, content: ATTACHED } : document];
}

function signedBy(authority: string): Signer {
  return { authority, logs: [] };
}

function attestationsOf({ by, sbom, scan, vex, provenance }: z.infer<typeof attestation>): Attestation[] {
  const signed = { signer: signedBy(by), storedAs: 'bundle' } as const;
  return [
    ...(sbom ? [{ ...signed, predicateType: SPDX, content: { kind: 'sbom', ...sbom } as const }] : []),
    ...(scan
      ? [
          {
            ...signed,
            predicateType: 'https://cosign.sigstore.dev/attestation/vuln/v1',
            content: { kind: 'scan', ...scan, finishedAt: new Date(scan.finishedAt) } as const,
          },
        ]
      : []),
    ...(vex
      ? [
          {
            ...signed,
            predicateType: 'https://openvex.dev/ns',
            content: {
              kind: 'vex',
              author: by,
              statements: vex.map((each) => ({ ...each, at: new Date(each.at) })),
            } as const,
          },
        ]
      : []),
    ...(provenance
      ? [
          {
            ...signed,
            predicateType: 'https://slsa.dev/provenance/v1',
            content: { kind: 'provenance', ...provenance } as const,
          },
        ]
      : []),
  ];
}

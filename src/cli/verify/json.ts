import { z } from 'zod';
import { describeFinding } from '../../engine/wording.ts';
import { type FileEvidence, type ImageEvidence, SEVERITIES } from '../../images/evidence.ts';
import type { Format } from '../shared/formats.ts';
import { jsonPieces } from '../shared/json-pieces.ts';
import { programOutput, programSchema } from '../shared/program-output.ts';
import type { VerifiedImage, VerifyOutcome, VerifyReport } from './report.ts';

const outcome = z.enum(['accepted', 'refused', 'unknown']);
const time = z.iso.datetime();
const signer = z.strictObject({
  authority: z.string().describe('Of the configuration.'),
  subject: z.string().optional().describe('Of the certificate.'),
  issuer: z.string().optional(),
  keyFingerprint: z.string().optional().describe('SHA-256 of the public key (SPKI).'),
  signedAt: time.optional().describe('As a transparency log or a timestamp authority testifies.'),
  logs: z.array(z.string()).describe('Transparency logs that hold it.'),
});
const content = z.union([
  z.strictObject({ kind: z.literal('sbom'), format: z.enum(['SPDX', 'CycloneDX']), packages: z.int() }),
  z.strictObject({
    kind: z.literal('scan'),
    scanner: z.string(),
    finishedAt: time,
    vulnerabilities: z.array(
      z.strictObject({
        id: z.string(),
        severity: z.enum(SEVERITIES),
        package: z.string(),
        version: z.string(),
        purl: z.string().optional(),
      }),
    ),
  }),
  z.strictObject({
    kind: z.literal('vex'),
    author: z.string(),
    statements: z.array(
      z.strictObject({
        vulnerability: z.string(),
        status: z.enum(['not_affected', 'fixed', 'affected', 'under_investigation']),
        products: z.array(z.string()),
        subcomponents: z.array(z.string()),
        justification: z.string().optional(),
        at: time,
      }),
    ),
  }),
  z.strictObject({ kind: z.literal('provenance'), builder: z.string(), source: z.string().optional() }),
  z.strictObject({ kind: z.literal('other') }),
]);
const storedAs = z.enum(['bundle', 'legacy', 'oci-1-1']);
/** What is known of images and files alike. */
const known = {
  digest: z.string().describe('What everything else is about.'),
  signatures: z.array(z.strictObject({ signer, storedAs, annotations: z.record(z.string(), z.string()) })),
  attestations: z.array(z.strictObject({ signer, storedAs, predicateType: z.string(), content })),
  rejections: z
    .array(z.strictObject({ found: z.string(), reason: z.string() }))
    .describe('What claims to speak for it and does not verify.'),
  incomplete: z.string().optional().describe('Why something may be missing here.'),
};
const evidence = z.strictObject({
  ...known,
  mediaType: z.string(),
  platforms: z.array(z.strictObject({ digest: z.string(), os: z.string(), architecture: z.string() })),
  attached: z
    .array(
      z.strictObject({
        platformDigest: z.string(),
        predicateType: z.string(),
        level: z.enum(['present', 'bound']),
        content: content.optional(),
      }),
    )
    .describe('Documents that the index lists: as trustworthy as it is.'),
});

/** What `verify --format json` prints. A change that readers could trip over raises schemaVersion. */
export const verifyOutputSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    program: programSchema,
    summary: z.strictObject({
      images: z.int().min(0),
      files: z.int().min(0),
      accepted: z.int().min(0),
      refused: z.int().min(0),
      unknown: z.int().min(0),
      exitCode: z.int().min(0).max(3).describe('0 all accepted, 1 refused, 2 could not tell, 3 bad input.'),
    }),
    images: z.array(
      z.strictObject({
        image: z.string().describe('As it was typed.'),
        outcome,
        state: z
          .enum(['found', 'absent', 'invalid', 'unreachable', 'not-asked'])
          .describe('What came of asking; not-asked: no policy holds for it.'),
        reason: z.string().optional().describe('Why nothing is known of it.'),
        evidence: evidence.optional(),
        verdicts: z.array(
          z.strictObject({
            rule: z.string(),
            mode: z.enum(['enforce', 'warn', 'audit']),
            outcome: z.enum(['pass', 'fail', 'unknown', 'exempt']),
            messages: z.array(z.string()),
          }),
        ),
      }),
    ),
    files: z.array(
      z.strictObject({
        file: z.string().describe('As it was typed.'),
        outcome,
        reason: z.string().optional().describe('Why it was not accepted.'),
        evidence: z.strictObject(known),
        classicProvenance: z
          .string()
          .optional()
          .describe("The .prov file of Helm's beside the archive of a chart, which was not verified."),
      }),
    ),
  })
  .describe('The output of `qdrant-admission verify --format json`.');

export type VerifyOutput = z.infer<typeof verifyOutputSchema>;

/** For programs. */
export const JSON_OUTPUT: Format<VerifyReport> = {
  write: (report) => jsonPieces(verifyOutput(report)),
  schema: verifyOutputSchema,
};

function verifyOutput({ images, files, exitCode, program }: VerifyReport): VerifyOutput {
  const outcomes = [...images, ...files].map((each) => each.outcome);
  const number = (wanted: VerifyOutcome) => outcomes.filter((each) => each === wanted).length;
  return {
    schemaVersion: 1,
    program: programOutput(program),
    summary: {
      images: images.length,
      files: files.length,
      accepted: number('accepted'),
      refused: number('refused'),
      unknown: number('unknown'),
      exitCode,
    },
    images: images.map(imageOutput),
    files: files.map(({ evidence: found, ...file }) => ({ ...file, evidence: evidenceOutput(found) })),
  };
}

function imageOutput({ image, outcome, answer, verdicts }: VerifiedImage): VerifyOutput['images'][number] {
  return {
    image,
    outcome,
    state: answer?.state ?? 'not-asked',
    ...(answer && answer.state !== 'found' && { reason: answer.reason }),
    ...(answer?.state === 'found' && { evidence: evidenceOutput(answer.evidence) }),
    verdicts: verdicts.map((verdict) => ({
      rule: verdict.rule.id,
      mode: verdict.mode,
      outcome: verdict.outcome,
      messages: [
        ...('findings' in verdict ? verdict.findings.map(describeFinding) : []),
        ...('exempted' in verdict ? verdict.exempted.map(({ finding }) => describeFinding(finding)) : []),
        ...(verdict.outcome === 'unknown' ? [verdict.reason] : []),
      ],
    })),
  };
}

/** Times as text, and what is undefined left out: as it would be read back. */
function evidenceOutput(found: ImageEvidence): NonNullable<VerifyOutput['images'][number]['evidence']>;
function evidenceOutput(found: FileEvidence): VerifyOutput['files'][number]['evidence'];
function evidenceOutput(found: object): object {
  return JSON.parse(JSON.stringify(found));
}

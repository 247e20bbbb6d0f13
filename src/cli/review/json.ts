import { z } from 'zod';
import { acceptanceOf } from '../../engine/answer.ts';
import { MODES } from '../../engine/rule.ts';
import { OPERATIONS } from '../../engine/subject.ts';
import { describeFinding } from '../../engine/wording.ts';
import type { Format } from '../shared/formats.ts';
import { jsonPieces } from '../shared/json-pieces.ts';
import { programOutput, programSchema } from '../shared/program-output.ts';
import { REVIEW_OUTCOMES, type ReviewedObject, type ReviewedVerdict, type ReviewReport } from './report.ts';

const line = z.int().min(1).describe('Line in the file, from 1.');
const column = z.int().min(1).describe('Column in the line, from 1, in UTF-16 units.');
const count = z.int().min(0);

const findingSchema = z
  .strictObject({
    path: z.string().describe('Field path from the root of the object, with indices.'),
    line,
    column,
    message: z.string().describe('Where, what stands there, what is required: the line that people see.'),
    required: z.string().describe('What is required, as an instruction.'),
    unknown: z.string().optional().describe('Why it could not be told whether anything is wrong here: no violation.'),
  })
  .describe('One thing that is wrong. Where the field is not set, line and column are those of its nearest parent.');

const verdictSchema = z.strictObject({
  rule: z.string().describe('The id of the rule.'),
  mode: z
    .enum(MODES)
    .exclude(['off'])
    .describe('What a violation does at admission: deny, warn, or only leave an audit annotation.'),
  outcome: z
    .enum(['pass', 'fail', 'exempt', 'unknown', 'not-judged'])
    .describe('not-judged: the files cannot tell what the rule needs; it counts only with --strict, as unknown.'),
  controls: z.array(z.string()).describe('Ids of the controls that the rule supports.'),
  findings: z.array(findingSchema),
  reason: z.string().optional().describe('Why it is unknown or not judged.'),
  exempted: z
    .array(
      z.strictObject({
        path: z.string(),
        line,
        column,
        reason: z.string(),
        responsible: z.string().optional(),
        expires: z.iso.datetime().optional(),
      }),
    )
    .describe('Findings that do not refuse: accepted by the configuration for a time, or tolerated by the rule.'),
});

const objectSchema = z.strictObject({
  apiVersion: z.string(),
  kind: z.string(),
  namespace: z.string().describe('Empty where the object is cluster-scoped or names none.'),
  name: z.string().describe('Empty where the API server makes the name.'),
  operation: z.enum(OPERATIONS).describe('CREATE, unless an AdmissionReview says another.'),
  file: z.string(),
  line,
  outcome: z
    .enum(REVIEW_OUTCOMES)
    .describe('not-judged: its kind is judged, but no rule could say anything of this object.'),
  policy: z
    .enum(['configuration', 'defaults'])
    .describe('Whose: of the configuration, or the defaults of the profile where it does not name the namespace.'),
  verdicts: z.array(verdictSchema),
  reason: z.string().optional().describe('Why no rule could be asked.'),
});

/** What `review --format json` prints. A change that readers could trip over raises schemaVersion. */
export const reviewOutputSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    program: programSchema,
    enforcement: z
      .enum(['enforce', 'audit'])
      .describe('The switch of the configuration. With audit the API server denies nothing of what is refused here.'),
    summary: z.strictObject({
      objects: count.describe('Objects of kinds that rules judge.'),
      accepted: count,
      refused: count,
      unknown: count,
      undecided: count.describe('Objects of which no rule could say anything: their outcome is not-judged.'),
      notJudged: z
        .array(z.strictObject({ apiVersion: z.string(), kind: z.string(), count }))
        .describe('Objects of kinds that no rule judges.'),
      errors: count,
      exitCode: z.int().min(0).max(3).describe('0 nothing refused, 1 refused, 2 could not tell, 3 bad input.'),
    }),
    objects: z.array(objectSchema),
    errors: z
      .array(
        z.strictObject({ file: z.string(), line: line.optional(), column: column.optional(), message: z.string() }),
      )
      .describe('Input that could not be used.'),
  })
  .describe('The output of `qdrant-admission review --format json`.');

export type ReviewOutput = z.infer<typeof reviewOutputSchema>;

/** For programs. */
export const JSON_OUTPUT: Format<ReviewReport> = {
  write: (report) => jsonPieces(reviewOutput(report)),
  schema: reviewOutputSchema,
};

/** A review as data. */
export function reviewOutput({ review, enforcement, exitCode, program }: ReviewReport): ReviewOutput {
  const { objects, notJudged, errors } = review;
  const number = (wanted: ReviewedObject['outcome']) => objects.filter(({ outcome }) => outcome === wanted).length;
  return {
    schemaVersion: 1,
    program: programOutput(program),
    enforcement,
    summary: {
      objects: objects.length,
      accepted: number('accepted'),
      refused: number('refused'),
      unknown: number('unknown'),
      undecided: number('not-judged'),
      notJudged: [...notJudged],
      errors: errors.length,
      exitCode,
    },
    objects: objects.map(objectOutput),
    errors: errors.map((error) => ({ ...error })),
  };
}

function objectOutput(reviewedObject: ReviewedObject): ReviewOutput['objects'][number] {
  const { manifest, subject, outcome, verdicts, configured, crash } = reviewedObject;
  const { object, namespace, operation } = subject;
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    namespace,
    name: object.metadata?.name ?? '',
    operation,
    file: manifest.source,
    line: manifest.line,
    outcome,
    policy: configured ? 'configuration' : 'defaults',
    verdicts: verdicts.map((verdict) => verdictOutput(verdict, reviewedObject)),
    ...(crash !== undefined && { reason: crash }),
  };
}

function verdictOutput(
  { verdict, standing }: ReviewedVerdict,
  { locate }: ReviewedObject,
): ReviewOutput['objects'][number]['verdicts'][number] {
  const { rule, mode } = verdict;
  const findings = 'findings' in verdict ? verdict.findings : [];
  const exempted = 'exempted' in verdict ? verdict.exempted : [];
  return {
    rule: rule.id,
    mode,
    outcome: standing,
    controls: [...rule.controls],
    findings: findings.map((finding) => ({
      path: finding.path,
      ...locate(finding.path),
      message: describeFinding(finding),
      required: finding.required,
      ...(finding.unknown !== undefined && { unknown: finding.unknown }),
    })),
    ...(verdict.outcome === 'unknown' && { reason: verdict.reason }),
    exempted: exempted.map((each) => ({
      path: each.finding.path,
      ...locate(each.finding.path),
      ...acceptanceOf(each),
    })),
  };
}

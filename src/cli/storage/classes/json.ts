import { z } from 'zod';
import { describeFinding } from '../../../engine/wording.ts';
import { isDefaultClass } from '../../../k8s/claims.ts';
import type { Format } from '../../shared/formats.ts';
import { jsonPieces } from '../../shared/json-pieces.ts';
import { programOutput, programSchema } from '../../shared/program-output.ts';
import { nameOf } from '../input.ts';
import type { JudgedClass } from './judge-class.ts';
import type { ClassesReport } from './report.ts';

const count = z.int().min(0);
const line = z.int().min(1).describe('Line in the file, from 1.');

const classSchema = z.strictObject({
  name: z.string(),
  default: z.boolean().describe('Claims that name no class get it; of several, the youngest.'),
  provisioner: z.string(),
  encrypted: z.boolean(),
  by: z
    .enum(['parameters', 'platform', 'attestation'])
    .optional()
    .describe('What shows it: the parameters of the class, the platform that always encrypts, or the configuration.'),
  mechanism: z.string().optional().describe('How the data is encrypted, for people.'),
  customerKey: z.string().optional().describe("The customer's key, normalised, as customerKeys would name it."),
  attestation: z
    .strictObject({
      mechanism: z.string(),
      reason: z.string(),
      responsible: z.string(),
      expires: z.iso.datetime(),
    })
    .optional(),
  problems: z
    .array(
      z.strictObject({
        path: z.string().describe('Field path in the class.'),
        message: z.string().describe('Where, what stands there, what is required: the line that people see.'),
        required: z.string().describe('What is required, as an instruction.'),
      }),
    )
    .describe('Why a claim of this class would be refused; empty where it would not.'),
  file: z.string().optional(),
  line: line.optional(),
});

/** What `storage classes --format json` prints. A change that readers could trip over raises schemaVersion. */
export const classesOutputSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    program: programSchema,
    cluster: z.string().optional().describe('The API server; absent where files were read.'),
    namespace: z.string().optional().describe('Whose demands on keys were judged by.'),
    requireCustomerKey: z.boolean(),
    summary: z.strictObject({
      classes: count,
      encrypted: count,
      refused: count.describe('Not encrypted, or without a key of the customer where one is required.'),
      errors: count,
      exitCode: z.int().min(0).max(3).describe('0 all encrypt, 1 some do not, 2 could not tell, 3 bad input.'),
    }),
    classes: z.array(classSchema),
    errors: z
      .array(z.strictObject({ file: z.string(), line: line.optional(), column: line.optional(), message: z.string() }))
      .describe('Input that could not be used.'),
  })
  .describe('The output of `qdrant-admission storage classes --format json`.');

export type ClassesOutput = z.infer<typeof classesOutputSchema>;

/** For programs. */
export const JSON_OUTPUT: Format<ClassesReport> = {
  write: (report) => jsonPieces(classesOutput(report)),
  schema: classesOutputSchema,
};

function classesOutput(report: ClassesReport): ClassesOutput {
  const { classes, errors, settings, exitCode, cluster, namespace, program } = report;
  return {
    schemaVersion: 1,
    program: programOutput(program),
    ...(cluster !== undefined && { cluster }),
    ...(namespace !== undefined && { namespace }),
    requireCustomerKey: settings.requireCustomerKey,
    summary: {
      classes: classes.length,
      encrypted: classes.filter(({ encryption }) => encryption.encrypted).length,
      refused: classes.filter(({ problems }) => problems.length > 0).length,
      errors: errors.length,
      exitCode,
    },
    classes: classes.map(classOutput),
    errors: errors.map((error) => ({ ...error })),
  };
}

function classOutput({
  storageClass,
  encryption,
  problems,
  file,
  line,
}: JudgedClass): ClassesOutput['classes'][number] {
  return {
    name: nameOf(storageClass),
    default: isDefaultClass(storageClass),
    provisioner: String(storageClass.provisioner ?? ''),
    encrypted: encryption.encrypted,
    ...(encryption.encrypted && shownOutput(encryption)),
    problems: problems.map((problem) => ({
      path: problem.path,
      message: describeFinding(problem),
      required: problem.required,
    })),
    ...(file !== undefined && { file }),
    ...(line !== undefined && { line }),
  };
}

function shownOutput({ by, mechanism, key, attestation }: Extract<JudgedClass['encryption'], { encrypted: true }>) {
  return {
    by,
    mechanism,
    ...('shown' in key && { customerKey: key.shown.id }),
    ...(attestation && {
      attestation: {
        mechanism: attestation.mechanism,
        reason: attestation.reason,
        responsible: attestation.responsible,
        expires: attestation.expires.toISOString(),
      },
    }),
  };
}

import { z } from 'zod';
import type { Format } from '../../shared/formats.ts';
import { jsonPieces } from '../../shared/json-pieces.ts';
import { programOutput, programSchema } from '../../shared/program-output.ts';
import { DIRECTIONS } from './objects.ts';
import type { PodPlace, ProbeReport } from './report.ts';

const placeSchema = z.strictObject({ node: z.string(), addresses: z.array(z.string()) });
const direction = z.enum(DIRECTIONS);

/** What `network probe --format json` prints. A change that readers could trip over raises schemaVersion. */
export const probeOutputSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    program: programSchema,
    cluster: z.string().describe('The address of the API server.'),
    namespace: z.string().describe('In which it was tried; deleted again. Empty where none was made.'),
    image: z.string().describe('Of the pods.'),
    server: placeSchema.optional().describe('Where the pod ran that was connected to.'),
    client: placeSchema.optional().describe('Where the pod ran that connected.'),
    directions: z.array(
      z.discriminatedUnion('outcome', [
        z.strictObject({
          direction,
          outcome: z.literal('denied'),
          afterMs: z.int().min(0).describe('From the API server taking the policy to the first denial seen.'),
          said: z.string().describe('The last attempt under the policy: by address, what came instead.'),
        }),
        z.strictObject({ direction, outcome: z.literal('open'), said: z.string() }),
        z.strictObject({ direction, outcome: z.literal('unknown'), reason: z.string() }),
      ]),
    ),
    timeoutSeconds: z.int().min(1),
    exitCode: z.int().min(0).max(2).describe('0 enforced, 1 not enforced, 2 could not tell.'),
  })
  .describe('The output of `qdrant-admission network probe --format json`.');

export type ProbeOutput = z.infer<typeof probeOutputSchema>;

/** For programs. */
export const JSON_OUTPUT: Format<ProbeReport> = {
  write: (report) => jsonPieces(probeOutput(report)),
  schema: probeOutputSchema,
};

function probeOutput(report: ProbeReport): ProbeOutput {
  const { program, cluster, namespace, image, server, client, directions, timeoutSeconds, exitCode } = report;
  return {
    schemaVersion: 1,
    program: programOutput(program),
    cluster,
    namespace,
    image,
    ...(server && { server: placeOutput(server) }),
    ...(client && { client: placeOutput(client) }),
    directions: directions.map((result) => ({ ...result })),
    timeoutSeconds,
    exitCode,
  };
}

function placeOutput({ node, addresses }: PodPlace): z.infer<typeof placeSchema> {
  return { node, addresses: [...addresses] };
}

import { z } from 'zod';
import { describePeer } from '../../../network/peers.ts';
import { describePorts } from '../../../network/ports.ts';
import type { Reach } from '../../../network/reach.ts';
import type { Format } from '../../shared/formats.ts';
import { jsonPieces } from '../../shared/json-pieces.ts';
import { programOutput, programSchema } from '../../shared/program-output.ts';
import { peerOutput, peerSchema, portsOutput, portsSchema } from '../connections-output.ts';
import { type ExplainReport, warningsOf } from './report.ts';

const place = z.strictObject({ policy: z.string(), path: z.string().describe('Field path in the policy.') });

const reachSchema = z.strictObject({
  isolated: z.boolean().describe('Whether some policy isolates it; else everything is open.'),
  isolatedBy: z.array(z.string()).describe('The policies that do.'),
  opened: z.array(
    z.strictObject({
      peer: peerSchema,
      ports: portsSchema,
      text: z.string().describe('Peer and ports, for people.'),
      through: z.array(place).describe('The rules that open it.'),
    }),
  ),
});

/** What `network explain --format json` prints. A change that readers could trip over raises schemaVersion. */
export const explainOutputSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    program: programSchema,
    cluster: z.string().optional().describe('The API server; absent where files were read.'),
    kind: z.string(),
    name: z.string(),
    namespace: z.string(),
    labels: z.record(z.string(), z.string()).describe('By which policies select it.'),
    hostNetwork: z.boolean().describe('It stands in the network of its node: no NetworkPolicy covers it.'),
    ingress: reachSchema.describe('Who may reach it.'),
    egress: reachSchema.describe('What it may reach.'),
    unreadable: z
      .array(place.extend({ problem: z.string().describe('What was expected there.') }))
      .describe('Parts of policies that cannot be read: they may open anything.'),
    warnings: z.array(z.string()),
    exitCode: z.int().min(0).max(2).describe('0 isolated both ways, 1 open in a direction, 2 could not tell.'),
  })
  .describe('The output of `qdrant-admission network explain --format json`.');

export type ExplainOutput = z.infer<typeof explainOutputSchema>;

/** For programs. */
export const JSON_OUTPUT: Format<ExplainReport> = {
  write: (report) => jsonPieces(explainOutput(report)),
  schema: explainOutputSchema,
};

function explainOutput(report: ExplainReport): ExplainOutput {
  const { kind, name, namespace, labels, hostNetwork, reaches, unreadable, exitCode, cluster, program } = report;
  const [ingress, egress] = (['Ingress', 'Egress'] as const).map((direction) =>
    reachOutput(
      reaches.find((reach) => reach.direction === direction),
      namespace,
    ),
  ) as [ExplainOutput['ingress'], ExplainOutput['egress']];
  return {
    schemaVersion: 1,
    program: programOutput(program),
    ...(cluster !== undefined && { cluster }),
    kind,
    name,
    namespace,
    labels,
    hostNetwork,
    ingress,
    egress,
    unreadable: [...unreadable],
    warnings: [...warningsOf(report)],
    exitCode,
  };
}

function reachOutput(reach: Reach | undefined, namespace: string): ExplainOutput['ingress'] {
  const { isolatedBy = [], opened = [] } = reach ?? {};
  return {
    isolated: isolatedBy.length > 0,
    isolatedBy: [...isolatedBy],
    opened: opened.map(({ peer, ports, through }) => ({
      peer: peerOutput(peer, namespace),
      ports: portsOutput(ports),
      text: `${describePeer(peer, namespace)} on ${describePorts(ports)}`,
      through: [...through],
    })),
  };
}

import { z } from 'zod';
import type { AuditedObject, NamespaceAudit } from '../../audit/audit.ts';
import { groupByOwner, outcomeOf, totalsByRule, totalsOf } from '../../audit/report.ts';
import { acceptanceOf } from '../../engine/answer.ts';
import { PROFILES } from '../../engine/policy.ts';
import type { Verdict } from '../../engine/review.ts';
import { MODES } from '../../engine/rule.ts';
import { describeFinding } from '../../engine/wording.ts';
import type { Format } from '../shared/formats.ts';
import { jsonPieces } from '../shared/json-pieces.ts';
import { programOutput, programSchema } from '../shared/program-output.ts';
import type { AuditReport } from './report.ts';

const count = z.int().min(0);
const tally = z.strictObject({ pods: count, templates: count, claims: count, network: count, sources: count });
const mode = z.enum(MODES).exclude(['off']).describe('What a violation does at admission.');
const outcome = z.enum(['accepted', 'refused', 'unknown']);

const verdictSchema = z.strictObject({
  rule: z.string().describe('The id of the rule.'),
  mode,
  outcome: z.enum(['fail', 'exempt', 'unknown']),
  controls: z.array(z.string()).describe('Ids of the controls that the rule supports.'),
  findings: z.array(
    z.strictObject({
      path: z.string().describe('Field path from the root of the object, with indices.'),
      message: z.string().describe('Where, what stands there, what is required: the line that people see.'),
      required: z.string().describe('What is required, as an instruction.'),
      unknown: z.string().optional().describe('Why it could not be told whether anything is wrong here: no violation.'),
    }),
  ),
  reason: z.string().optional().describe('Why it is unknown.'),
  exempted: z
    .array(
      z.strictObject({
        path: z.string(),
        reason: z.string(),
        responsible: z.string().optional(),
        expires: z.iso.datetime().optional(),
      }),
    )
    .describe('Findings that do not refuse: accepted by the configuration for a time, or tolerated by the rule.'),
});

const ownerSchema = z
  .strictObject({
    apiVersion: z.string(),
    kind: z.string(),
    name: z.string(),
    uid: z.string(),
    unverified: z.string().optional().describe('A further owner that is claimed and could not be looked up, and why.'),
    outcome,
    objects: z.array(
      z.strictObject({
        kind: z.string(),
        name: z.string(),
        runs: z.boolean().describe('A pod that runs; else a template that would make pods, or a claim.'),
        outcome,
        verdicts: z.array(verdictSchema).describe('Of the rules that did not pass.'),
      }),
    ),
  })
  .describe('What controls the objects in the end, found by uid. Objects that passed every rule are left out.');

const namespaceSchema = z.strictObject({
  name: z.string(),
  exists: z.boolean(),
  profile: z.enum(PROFILES),
  policy: z
    .enum(['configuration', 'defaults'])
    .describe('Whose: of the configuration, or the defaults of the profile where it does not name the namespace.'),
  judged: tally,
  over: count.describe('Pods and Jobs at their end, and ReplicaSets that a Deployment left behind: not judged.'),
  unread: z
    .array(z.strictObject({ what: z.string(), reason: z.string() }))
    .describe('What could not be read or judged: it may hold anything.'),
  owners: z.array(ownerSchema),
});

const state = z
  .enum(['on', 'off', 'unknown'])
  .describe('Whether NetworkPolicies are enforced, as far as configuration shows; `network probe` tries it.');

const networkSchema = z
  .strictObject({
    state: state.describe('Of all plugins together: off is refused, whatever the objects are.'),
    plugins: z.array(z.strictObject({ name: z.string(), at: z.string(), state, reason: z.string() })),
    unread: z.string().optional().describe('Why plugins could not be looked for.'),
    acknowledgement: z
      .strictObject({ plugin: z.string(), responsible: z.string() })
      .optional()
      .describe('network.enforcement of the configuration: who answers for it that they are enforced.'),
  })
  .describe('The network plugins that are known and were found.');

/** What `audit --format json` prints. A change that readers could trip over raises schemaVersion. */
export const auditOutputSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    program: programSchema,
    cluster: z.string().describe('The address of the API server.'),
    enforcement: z
      .enum(['enforce', 'audit'])
      .describe('The switch of the configuration. With audit the API server denies nothing of what is refused here.'),
    summary: z.strictObject({
      namespaces: count,
      absent: z.array(z.string()).describe('Protected namespaces that do not exist yet.'),
      judged: tally,
      over: count,
      refused: tally,
      unknown: tally,
      unread: count,
      exitCode: z
        .int()
        .min(0)
        .max(2)
        .describe('0 nothing refused, 1 refused, or no NetworkPolicy is enforced, 2 could not tell.'),
    }),
    rules: z
      .array(z.strictObject({ rule: z.string(), mode, failed: tally, unknown: tally, exempt: tally }))
      .describe('What each rule would do; those that nothing breaks are left out.'),
    network: networkSchema,
    namespaces: z.array(namespaceSchema),
  })
  .describe('The output of `qdrant-admission audit --format json`.');

export type AuditOutput = z.infer<typeof auditOutputSchema>;

/** For programs. */
export const JSON_OUTPUT: Format<AuditReport> = {
  write: (report) => jsonPieces(auditOutput(report)),
  schema: auditOutputSchema,
};

function auditOutput(report: AuditReport): AuditOutput {
  const { audits, program, cluster, enforcement, exitCode } = report;
  const { absent, ...totals } = totalsOf(audits);
  return {
    schemaVersion: 1,
    program: programOutput(program),
    cluster,
    enforcement,
    summary: { ...totals, absent: [...absent], exitCode },
    rules: totalsByRule(audits).map(({ rule, ...total }) => ({ rule: rule.id, ...total })),
    network: networkOutput(report),
    namespaces: audits.map((audit) => namespaceOutput(audit, report)),
  };
}

function networkOutput({ plugins, acknowledgement }: AuditReport): AuditOutput['network'] {
  const { state: whole, detections, unread } = plugins;
  return {
    state: whole,
    plugins: detections.map(({ plugin, at, state: own, why }) => ({ name: plugin, at, state: own, reason: why })),
    ...(unread !== undefined && { unread }),
    ...(acknowledgement && { acknowledgement: { ...acknowledgement } }),
  };
}

function namespaceOutput(audit: NamespaceAudit, { isConfigured }: AuditReport): AuditOutput['namespaces'][number] {
  const { name, exists, policy, judged, over, unread } = audit;
  return {
    name,
    exists,
    profile: policy.profile,
    policy: isConfigured?.(name) ? 'configuration' : 'defaults',
    judged,
    over,
    unread: [...unread],
    owners: groupByOwner(audit).map(({ owner, outcome: worst, objects }) => ({
      ...owner,
      outcome: worst,
      objects: objects.map(objectOutput),
    })),
  };
}

function objectOutput(object: AuditedObject): AuditOutput['namespaces'][number]['owners'][number]['objects'][number] {
  const { kind, name, counts, verdicts } = object;
  return { kind, name, runs: counts === 'pods', outcome: outcomeOf(object), verdicts: verdicts.flatMap(verdictOutput) };
}

function verdictOutput(verdict: Verdict): z.infer<typeof verdictSchema>[] {
  if (verdict.outcome === 'pass') return [];
  const { rule, mode: ownMode } = verdict;
  const findings = 'findings' in verdict ? verdict.findings : [];
  const exempted = 'exempted' in verdict ? verdict.exempted : [];
  return [
    {
      rule: rule.id,
      mode: ownMode,
      outcome: verdict.outcome,
      controls: [...rule.controls],
      findings: findings.map((finding) => ({
        path: finding.path,
        message: describeFinding(finding),
        required: finding.required,
        ...(finding.unknown !== undefined && { unknown: finding.unknown }),
      })),
      ...(verdict.outcome === 'unknown' && { reason: verdict.reason }),
      exempted: exempted.map((each) => ({ path: each.finding.path, ...acceptanceOf(each) })),
    },
  ];
}

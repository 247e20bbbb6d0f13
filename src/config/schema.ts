import { RE2JS } from 're2js';
import { z } from 'zod';
import { ROLES } from '../engine/pod-roles.ts';
import { PROFILES } from '../engine/policy.ts';
import { MODES } from '../engine/rule.ts';
import { timestamp } from '../engine/timestamp.ts';
import { WORKLOAD_KINDS } from '../k8s/kinds.ts';
import { RULES } from '../rules/index.ts';
import { NAMESPACE_SCHEMAS, SHARED_SCHEMAS } from '../settings.ts';
import { DEFAULT_POD_SECURITY_LEVEL, DEFAULT_TEMPLATES } from './defaults.ts';

const namespaceName = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'expected the name of a namespace: lower case letters, digits and dashes')
  .describe('The exact name of a namespace. Never a pattern or a label: a tenant can remove a label.');

/** YAML 1.1, which Helm and kubectl read, takes an unquoted `off` for the boolean. */
const mode = z.union([z.enum(MODES), z.literal(false).transform(() => 'off' as const)], {
  error: `expected one of ${MODES.join(', ')}`,
});

const ruleSettings = z
  .strictObject(
    Object.fromEntries(
      RULES.map((rule) => [
        rule.id,
        z
          .strictObject({
            mode: mode.optional().describe('enforce denies, warn warns, audit only annotates, off does not run.'),
            options: rule.options.optional(),
          })
          .optional()
          .describe(`${rule.title}.`),
      ]),
    ),
  )
  .default({})
  .describe('Modes and options that differ from the defaults, by rule id.');

const pattern = z
  .string()
  .min(1)
  .refine(isPattern, 'expected a regular expression in RE2 syntax')
  .describe('A regular expression in RE2 syntax that matches a whole image reference.');

const labels = z.record(z.string(), z.string());

const role = z
  .strictObject({
    selector: z
      .strictObject({
        matchLabels: labels.optional(),
        matchExpressions: z
          .array(
            z
              .strictObject({
                key: z.string().min(1),
                operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
                values: z.array(z.string()).optional(),
              })
              .refine(
                ({ operator, values = [] }) => operator.endsWith('In') === values.length > 0,
                'expected values with In and NotIn, and none with Exists and DoesNotExist',
              ),
          )
          .optional(),
      })
      .refine(
        ({ matchLabels, matchExpressions }) =>
          Object.keys(matchLabels ?? {}).length + (matchExpressions ?? []).length > 0,
        'expected matchLabels or matchExpressions: an empty selector would make every pod one of this role',
      ),
    images: z.array(pattern).default([]),
  })
  .describe('Which pods play this role: by their labels, and by their images where those are given.');

const namespaces = z
  .strictObject({
    names: z.array(namespaceName).min(1),
    profile: z
      .enum(PROFILES)
      .describe('hybrid: only telemetry and configuration leave the cluster; private: nothing does.'),
    podSecurityLevel: z
      .enum(['baseline', 'restricted'])
      .default(DEFAULT_POD_SECURITY_LEVEL)
      .describe('Which checks of the Pod Security Standards run.'),
    templates: z
      .enum(['warn', 'deny'])
      .default(DEFAULT_TEMPLATES)
      .describe('What the cluster is told of a workload whose pods would be refused. Files are always judged in full.'),
    roles: z
      .strictObject(Object.fromEntries(ROLES.map((name) => [name, role.optional()])) as Record<RoleName, OptionalRole>)
      .default({})
      .describe('What is a database, an agent, an operator, a client. What matches none meets the rules of all.'),
    enforcedSince: timestamp
      .optional()
      .describe('Pods may go on using claims that are older than this moment, whatever they break: it is reported.'),
    ...NAMESPACE_SCHEMAS,
    rules: ruleSettings,
  })
  .refine(({ profile, network }) => profile === 'hybrid' || network.console.length === 0, {
    path: ['network', 'console'],
    error: 'expected none: with profile private nothing leaves the cluster',
  })
  .describe('Namespaces that share their settings. A name may not exist yet.');

/** What has a controller that makes pods of it. */
const OWNER_KINDS = WORKLOAD_KINDS.filter(({ podController }) => podController !== undefined).map(({ kind }) => kind);

const exemption = z
  .strictObject({
    rule: z.enum(RULES.map(({ id }) => id) as [string, ...string[]]),
    namespace: namespaceName,
    owner: z
      .strictObject({
        kind: z.enum(OWNER_KINDS),
        name: z.string().min(1).describe('The exact name of the workload.'),
      })
      .optional()
      .describe(
        'Only pods of this workload: the request comes from its controller, it is alive, and its template has the very same finding. Whoever may create workloads in the namespace can make one that claims it and has that finding.',
      ),
    path: z
      .string()
      .min(1)
      .refine((path) => !/^(spec\.template|spec\.jobTemplate|template)\./.test(path), {
        error: 'expected a path from the pod, such as spec.containers[0].image',
      })
      .describe('The exact field path of the finding, from the pod also where a workload carries it.'),
    value: z.json().optional().describe('The exact offending value; left out: the field is not set.'),
    reason: z.string().min(1),
    responsible: z.string().min(1).describe('Who answers for it.'),
    expires: timestamp.describe('From this moment on it no longer holds (RFC 3339).'),
  })
  .describe('One finding that is accepted for a time.');

type RoleName = (typeof ROLES)[number];
type OptionalRole = z.ZodOptional<typeof role>;

/** The configuration file: strict, versioned, composed of the rules' own options. */
export const configSchema = z
  .strictObject({
    version: z.literal(1).describe('The version of this format.'),
    enforcement: z
      .enum(['enforce', 'audit'])
      .default('enforce')
      .describe('The switch for rolling out: audit never denies, and records what would have been denied.'),
    namespaces: z.array(namespaces).min(1).describe('The protected namespaces.'),
    ...SHARED_SCHEMAS,
    exemptions: z.array(exemption).default([]),
  })
  .describe('Configuration of qdrant-admission: the file of --config.');

export type ConfigFile = z.infer<typeof configSchema>;
export type NamespacesEntry = ConfigFile['namespaces'][number];

function isPattern(text: string): boolean {
  try {
    RE2JS.compile(text);
    return true;
  } catch {
    return false;
  }
}

import type { Formats } from '../../shared/formats.ts';
import type { PlanReport } from './report.ts';

/** How `network plan` writes NetworkPolicies: kubectl takes either. */
export const PLAN_FORMATS = {
  yaml: { brief: 'manifests that say why', load: async () => (await import('./yaml.ts')).YAML },
  json: { brief: 'a List of them', load: async () => (await import('./json.ts')).JSON_OUTPUT },
} as const satisfies Formats<PlanReport>;

import { stringify } from 'yaml';
import { guardPage } from '../docs/guard-page.ts';
import { formatJson } from '../docs/json.ts';
import { clusterRules } from '../registration/cluster-roles.ts';
import { guardPolicy } from '../registration/guard.ts';
import { type WebhookEntry, webhookEntries } from '../registration/webhook.ts';
import { RULES } from '../rules/index.ts';
import { chartReadme, valuesFile } from './pages.ts';
import { valuesSchema } from './schema.ts';

const CHART = 'charts/qdrant-admission';

/** Every file of the chart that follows from the program, by path. */
export function chartFiles(): Map<string, string> {
  return new Map([
    [`${CHART}/values.schema.json`, formatJson(valuesSchema())],
    [`${CHART}/values.yaml`, valuesFile()],
    [`${CHART}/README.md`, chartReadme()],
    [`${CHART}/generated/webhooks.yaml`, yaml(entriesByScope())],
    [`${CHART}/generated/cluster-rules.yaml`, yaml(clusterRules())],
    [`${CHART}/generated/guard.yaml`, yaml(guardPolicy())],
    ['docs/operations/guard.md', guardPage()],
  ]);
}

/**
 * The entries of the ValidatingWebhookConfiguration, apart by scope: what stands in no namespace cannot be chosen by
 * one, so a namespace selector on it would seem to hold and would not.
 */
function entriesByScope(): { readonly cluster: readonly WebhookEntry[]; readonly namespaced: readonly WebhookEntry[] } {
  const entries = webhookEntries(RULES);
  const inScope = (scope: string) => entries.filter(({ rules }) => rules.every((rule) => rule.scope === scope));
  return { cluster: inScope('Cluster'), namespaced: inScope('Namespaced') };
}

function yaml(value: unknown): string {
  return `# Written by npm run generate.\n${stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

import type { Rule } from '../engine/rule.ts';
import { anyFieldChanged } from './cel.ts';

/** How the API server names what a kind is served as, and the subresources that carry or change it. */
interface Resource {
  readonly group: string;
  readonly version: string;
  readonly resources: readonly string[];
  readonly scope: 'Namespaced' | 'Cluster';
}

/** One row a kind that rules judge. */
const RESOURCES: Readonly<Record<string, Resource>> = {
  Pod: { group: '', version: 'v1', resources: ['pods', 'pods/ephemeralcontainers'], scope: 'Namespaced' },
};

/** What differs from one installation to the next. */
export interface WebhookOptions {
  /** Name of the ValidatingWebhookConfiguration. */
  readonly name: string;
  /** How the API server reaches the webhook: a service or a URL, and the CA to trust. */
  readonly clientConfig: object;
  /** The protected namespaces, by exact name. */
  readonly namespaces: readonly string[];
  readonly failurePolicy: 'Fail' | 'Ignore';
  /** Seconds, 1 to 30. */
  readonly timeoutSeconds: number;
}

/** The ValidatingWebhookConfiguration that follows from the rules: what no rule judges never calls. */
export function webhookConfiguration(rules: readonly Rule[], options: WebhookOptions): object {
  const kinds = [...new Set(rules.flatMap((rule) => rule.kinds))].sort();
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: options.name },
    webhooks: kinds.map((kind) => webhookOf(kind, rules, options)),
  };
}

function webhookOf(kind: string, rules: readonly Rule[], options: WebhookOptions): object {
  const resource = RESOURCES[kind];
  if (!resource) throw new Error(`kind ${kind} has no row in RESOURCES: say how the API server serves it`);
  const own = rules.filter((rule) => rule.kinds.includes(kind));
  return {
    // Named after the resource; the API server shows it before the message.
    name: `${resource.resources[0]}.admission.qdrant.io`,
    admissionReviewVersions: ['v1'],
    clientConfig: options.clientConfig,
    failurePolicy: options.failurePolicy,
    matchPolicy: 'Equivalent',
    sideEffects: 'None',
    timeoutSeconds: options.timeoutSeconds,
    // The API server itself sets this label to the namespace's name: nobody can remove it.
    namespaceSelector: {
      matchExpressions: [
        { key: 'kubernetes.io/metadata.name', operator: 'In', values: [...options.namespaces].sort() },
      ],
    },
    rules: [
      {
        apiGroups: [resource.group],
        apiVersions: [resource.version],
        operations: [...new Set(own.flatMap(({ operations }) => operations))].sort(),
        resources: resource.resources,
        scope: resource.scope,
      },
    ],
    matchConditions: [
      { name: 'judged-fields-changed', expression: anyFieldChanged(own.flatMap(({ reads }) => reads)) },
    ],
  };
}

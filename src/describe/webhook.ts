import type { Rule } from '../engine/rule.ts';
import { POD_CARRIERS } from '../k8s/pods.ts';
import { anyFieldChanged, carriesBindingMetadata, templateChanged } from './cel.ts';

/** How the API server serves what an entry is about. */
interface Served {
  readonly group: string;
  readonly version: string;
  readonly resources: readonly string[];
}

/** One webhook of the ValidatingWebhookConfiguration: a name, what it is asked about, and what keeps calls away. */
interface Entry {
  /** The API server shows it before the message. */
  readonly name: string;
  /** The kind, as rules name it. */
  readonly kind: string;
  readonly served: readonly Served[];
  readonly scope: 'Namespaced' | 'Cluster';
  /** Advice: a cluster goes on without it, and what it is asked about is let in with warnings. */
  readonly advisory: boolean;
  readonly condition: (rules: readonly Rule[]) => { readonly name: string; readonly expression: string };
}

const WORKLOADS = POD_CARRIERS.filter(({ kind }) => kind !== 'Pod');

/** One row an entry. Whatever can carry or change a pod is here, or its absence is explained. */
const ENTRIES: readonly Entry[] = [
  {
    // pods/status carries labels and annotations past the pod's own strategy. exec, attach, log, eviction and the like
    // change no pod.
    name: 'pods.admission.qdrant.io',
    kind: 'Pod',
    served: [
      {
        group: '',
        version: 'v1',
        resources: ['pods', 'pods/ephemeralcontainers', 'pods/resize', 'pods/status'],
      },
    ],
    scope: 'Namespaced',
    advisory: false,
    condition: (rules) => ({
      name: 'judged-fields-changed',
      expression: anyFieldChanged(rules.flatMap(({ reads }) => reads)),
    }),
  },
  {
    name: 'bindings.admission.qdrant.io',
    kind: 'Binding',
    served: [{ group: '', version: 'v1', resources: ['bindings', 'pods/binding'] }],
    scope: 'Namespaced',
    advisory: false,
    condition: () => ({ name: 'carries-metadata', expression: carriesBindingMetadata() }),
  },
  {
    name: 'workloads.admission.qdrant.io',
    kind: 'Pod',
    served: [...new Set(WORKLOADS.map(({ group }) => group))].sort().map((group) => ({
      group,
      version: 'v1',
      resources: WORKLOADS.filter((carrier) => carrier.group === group).map(({ kind }) => `${kind.toLowerCase()}s`),
    })),
    scope: 'Namespaced',
    advisory: true,
    condition: () => ({ name: 'template-changed', expression: templateChanged() }),
  },
];

/** What differs from one installation to the next. */
export interface WebhookOptions {
  /** Name of the ValidatingWebhookConfiguration. */
  readonly name: string;
  /** How the API server reaches the webhook: a service or a URL, and the CA to trust. */
  readonly clientConfig: object;
  /** The protected namespaces, by exact name. */
  readonly namespaces: readonly string[];
  /** Of the entries that enforce; advice is always `Ignore`. */
  readonly failurePolicy: 'Fail' | 'Ignore';
  /** Seconds, 1 to 30. */
  readonly timeoutSeconds: number;
}

/** The ValidatingWebhookConfiguration that follows from the rules: what no rule judges never calls. */
export function webhookConfiguration(rules: readonly Rule[], options: WebhookOptions): object {
  const kinds = new Set(ENTRIES.map(({ kind }) => kind));
  for (const kind of rules.flatMap((rule) => rule.kinds)) {
    if (!kinds.has(kind)) throw new Error(`kind ${kind} has no entry in ENTRIES: say how the API server serves it`);
  }
  const { name, ...perInstallation } = options;
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name },
    webhooks: webhookEntries(rules).map((entry) => ({
      ...entry,
      clientConfig: perInstallation.clientConfig,
      failurePolicy: entry.failurePolicy ?? perInstallation.failurePolicy,
      timeoutSeconds: perInstallation.timeoutSeconds,
      // The API server itself sets this label to the namespace's name: nobody can remove it.
      namespaceSelector: {
        matchExpressions: [
          { key: 'kubernetes.io/metadata.name', operator: 'In', values: [...perInstallation.namespaces].sort() },
        ],
      },
    })),
  };
}

/** The part of an entry that is the same in every installation. */
export interface WebhookEntry {
  readonly name: string;
  /** Only where it does not depend on the installation. */
  readonly failurePolicy?: 'Ignore';
  readonly rules: readonly { readonly scope: 'Namespaced' | 'Cluster' }[];
}

/** The entries that the rules need, without what differs from one installation to the next. */
export function webhookEntries(rules: readonly Rule[]): readonly WebhookEntry[] {
  return ENTRIES.flatMap(({ name, kind, served, scope, advisory, condition }) => {
    const own = rules.filter((rule) => rule.kinds.includes(kind));
    if (own.length === 0) return [];
    const operations = [...new Set(own.flatMap((rule) => rule.operations))].sort();
    return {
      name,
      admissionReviewVersions: ['v1'],
      ...(advisory && { failurePolicy: 'Ignore' as const }),
      matchPolicy: 'Equivalent',
      sideEffects: 'None',
      rules: served.map(({ group, version, resources }) => ({
        apiGroups: [group],
        apiVersions: [version],
        operations,
        resources,
        scope,
      })),
      matchConditions: [condition(own)],
    };
  });
}

import type { Rule } from '../engine/rule.ts';
import { POD_CARRIERS } from '../k8s/core/pods.ts';
import { CLUSTER_KINDS } from '../k8s/targets.ts';
import { anyFieldChanged, carriesBindingMetadata, pointsInto, templateChanged } from './cel.ts';

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
  /** Cluster-scoped kinds stand in `CLUSTER_KINDS`, which says where they name the namespace that they point into. */
  readonly scope: 'Namespaced' | 'Cluster';
  /** A cluster goes on without it: what it is asked about is let in with warnings, or judged again later. */
  readonly advisory: boolean;
  readonly condition: (rules: readonly Rule[]) => MatchCondition;
}

interface MatchCondition {
  readonly name: string;
  readonly expression: string;
}

/** Asks wherever a field changed that a rule reads of this kind. */
function whereJudged(kind: string): Entry['condition'] {
  return (rules) => ({
    name: 'judged-fields-changed',
    expression: anyFieldChanged(rules.flatMap(({ reads }) => reads[kind] ?? [])),
  });
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
    condition: whereJudged('Pod'),
  },
  {
    // persistentvolumeclaims/status carries annotations, which drivers read.
    name: 'claims.admission.qdrant.io',
    kind: 'PersistentVolumeClaim',
    served: [{ group: '', version: 'v1', resources: ['persistentvolumeclaims', 'persistentvolumeclaims/status'] }],
    scope: 'Namespaced',
    advisory: false,
    condition: whereJudged('PersistentVolumeClaim'),
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
  {
    name: 'volumes.admission.qdrant.io',
    kind: 'PersistentVolume',
    served: [{ group: '', version: 'v1', resources: ['persistentvolumes'] }],
    scope: 'Cluster',
    advisory: false,
    condition: whereJudged('PersistentVolume'),
  },
  {
    name: 'snapshots.admission.qdrant.io',
    kind: 'VolumeSnapshotContent',
    served: [{ group: 'snapshot.storage.k8s.io', version: 'v1', resources: ['volumesnapshotcontents'] }],
    scope: 'Cluster',
    advisory: false,
    condition: whereJudged('VolumeSnapshotContent'),
  },
  {
    // Everybody's classes: they must not wait for this program, and the binding of a claim looks at its class again.
    name: 'classes.admission.qdrant.io',
    kind: 'StorageClass',
    served: [{ group: 'storage.k8s.io', version: 'v1', resources: ['storageclasses'] }],
    scope: 'Cluster',
    advisory: true,
    condition: whereJudged('StorageClass'),
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
  const kinds = new Set([...ENTRIES.map(({ kind }) => kind), ...WORKLOADS.map(({ kind }) => kind)]);
  for (const kind of rules.flatMap((rule) => rule.kinds)) {
    if (!kinds.has(kind)) throw new Error(`kind ${kind} has no entry in ENTRIES: say how the API server serves it`);
  }
  const { name, clientConfig, failurePolicy, timeoutSeconds } = options;
  const namespaces = [...options.namespaces].sort();
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name },
    webhooks: webhookEntries(rules).map(({ target, ...entry }) => ({
      ...entry,
      clientConfig,
      failurePolicy: entry.failurePolicy ?? failurePolicy,
      timeoutSeconds,
      ...(target &&
        target.length > 0 && { matchConditions: [pointsIntoProtected(target, namespaces), ...entry.matchConditions] }),
      // The API server itself sets this label to the namespace's name: nobody can remove it.
      ...(!target && {
        namespaceSelector: {
          matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: namespaces }],
        },
      }),
    })),
  };
}

/** No selector ever keeps a cluster-scoped object away. */
function pointsIntoProtected(target: readonly string[], namespaces: readonly string[]): MatchCondition {
  // The chart writes the same by itself, from its values.
  return { name: 'points-into-a-protected-namespace', expression: pointsInto(target, namespaces) };
}

/** The part of an entry that is the same in every installation. */
export interface WebhookEntry {
  readonly name: string;
  /** Only where it does not depend on the installation. */
  readonly failurePolicy?: 'Ignore';
  readonly rules: readonly { readonly scope: 'Namespaced' | 'Cluster' }[];
  readonly matchConditions: readonly MatchCondition[];
  /** Of a cluster-scoped kind: where its objects name the namespace that they point into; empty: all are asked about. */
  readonly target?: readonly string[];
}

/** The entries that the rules need, without what differs from one installation to the next. */
export function webhookEntries(rules: readonly Rule[]): readonly WebhookEntry[] {
  return ENTRIES.flatMap(({ name, kind, served, scope, advisory, condition }) => {
    const own = rules.filter((rule) => rule.kinds.includes(kind));
    if (own.length === 0) return [];
    const operations = [...new Set(own.flatMap((rule) => rule.operations))].sort();
    const target = scope === 'Cluster' ? CLUSTER_KINDS.find((row) => row.kind === kind)?.target : undefined;
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
      ...(target && { target }),
    };
  });
}

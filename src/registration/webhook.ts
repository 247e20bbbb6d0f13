import type { FieldPath } from '../engine/reads.ts';
import { KINDS, type Kind } from '../k8s/kinds.ts';
import { ENDPOINT_WRITERS } from '../network/endpoint-addresses.ts';
import type { Rule } from '../rules/define.ts';
import { anyFieldChanged, carriesBindingMetadata, opensWayIn, pointsInto, userIs } from './cel.ts';

interface MatchCondition {
  readonly name: string;
  readonly expression: string;
}

/** What keeps calls away where it is not that no field changed that a rule reads of the kind. By the entry's name. */
const CONDITIONS: Readonly<Record<string, MatchCondition>> = {
  bindings: { name: 'carries-metadata', expression: carriesBindingMetadata() },
};

/** The accounts under which the API server's own controllers delete what is in a namespace that goes, or has lost its owner. */
const CLEANERS = [
  'system:serviceaccount:kube-system:namespace-controller',
  'system:serviceaccount:kube-system:generic-garbage-collector',
  'system:kube-controller-manager',
];

/** The same, besides that. By the entry's name. */
const FURTHER_CONDITIONS: Readonly<Record<string, MatchCondition>> = {
  // What opens no way in goes on with the webhook down, and so does every Service with a selector.
  endpoints: { name: 'not-by-the-endpoint-controllers', expression: `!(${userIs(...ENDPOINT_WRITERS)})` },
  // The end of a namespace waits for nobody: its controller deletes only where a namespace is being deleted.
  policies: {
    name: 'not-the-end-of-its-namespace',
    expression: `!(request.operation == 'DELETE' && ${userIs(...CLEANERS)})`,
  },
  services: { name: 'opens-a-way-in', expression: opensWayIn() },
};

/** What differs from one installation to the next. */
export interface WebhookOptions {
  /** Name of the ValidatingWebhookConfiguration. */
  readonly name: string;
  /** How the API server reaches the webhook: a service or a URL, and the CA to trust. */
  readonly clientConfig: object;
  /** The protected namespaces, by exact name. */
  readonly namespaces: readonly string[];
  /** Those of them where workloads are refused, too (`templates: deny`), and not only warned of. */
  readonly denying?: readonly string[];
  /** Of the entries that enforce; advice is always `Ignore`. */
  readonly failurePolicy: 'Fail' | 'Ignore';
  /** Seconds, 1 to 30. */
  readonly timeoutSeconds: number;
}

/** The ValidatingWebhookConfiguration that follows from the rules: what no rule judges never calls. */
export function webhookConfiguration(rules: readonly Rule[], options: WebhookOptions): object {
  const { name, clientConfig, failurePolicy, timeoutSeconds, denying = [] } = options;
  const namespaces = [...options.namespaces].sort();
  const warned = namespaces.filter((namespace) => !denying.includes(namespace));
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name },
    webhooks: webhookEntries(rules).flatMap((entry): object[] => {
      const { target, ...common } = entry;
      const made = { ...common, clientConfig, failurePolicy: entry.failurePolicy ?? failurePolicy, timeoutSeconds };
      if (!target)
        return inNamespaces(made, entry, { namespaces, warned, denying: [...denying].sort(), failurePolicy });
      if (target.length === 0) return [made];
      return [{ ...made, matchConditions: [pointsIntoProtected(target, namespaces), ...entry.matchConditions] }];
    }),
  };
}

interface Namespaces extends Pick<WebhookOptions, 'failurePolicy' | 'namespaces'> {
  readonly warned: readonly string[];
  readonly denying: readonly string[];
}

/**
 * An entry where it holds. One that only advises does so where workloads are not denied; where they are, there is
 * another, which does not let in what nobody judged.
 */
function inNamespaces(made: object, entry: WebhookEntry, { namespaces, warned, denying, failurePolicy }: Namespaces) {
  const chosen = (change: object, values: readonly string[]) =>
    // The API server itself sets this label to the namespace's name: nobody can remove it.
    values.length === 0
      ? []
      : [
          {
            ...made,
            ...change,
            namespaceSelector: { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values }] },
          },
        ];
  if (!entry.failurePolicy) return chosen({}, namespaces);
  return [...chosen({}, warned), ...chosen({ name: `denied-${entry.name}`, failurePolicy }, denying)];
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
  const entries = Map.groupBy(
    KINDS.filter((kind) => rules.some((rule) => judges(rule, kind))),
    (kind) => kind.admission?.entry,
  );
  return [...entries].flatMap(([entry, kinds]) => {
    const [first, ...more] = kinds;
    if (!first) return [];
    if (entry === undefined) throw new Error(`${first.name} is judged and has no admission in KINDS: say which entry`);
    return webhookEntry(entry, [first, ...more], rules);
  });
}

/** Whether a rule has a say on objects of a kind: one for pods judges whatever makes them. */
function judges(rule: Rule, kind: Kind): boolean {
  return kind.template ? rule.kinds.includes('Pod') || rule.kinds.includes(kind.name) : rule.kinds.includes(kind.name);
}

function webhookEntry(entry: string, kinds: readonly [Kind, ...Kind[]], rules: readonly Rule[]): WebhookEntry {
  const own = rules.filter((rule) => kinds.some((kind) => judges(rule, kind)));
  const operations = [...new Set(own.flatMap((rule) => rule.operations))].sort();
  const [{ target, scope, admission }] = kinds;
  const made = {
    name: `${entry}.admission.qdrant.io`,
    admissionReviewVersions: ['v1'],
    ...(admission?.advisory && { failurePolicy: 'Ignore' as const }),
    matchPolicy: 'Equivalent',
    sideEffects: 'None',
    rules: [...Map.groupBy(kinds, ({ group }) => group)].map(([group, ofGroup]) => ({
      apiGroups: [group],
      // A cluster may serve only some of them, and is asked for none that it does not serve.
      apiVersions: [...new Set(ofGroup.flatMap(({ versions }) => versions))].sort(),
      operations,
      resources: ofGroup.flatMap(({ plural, admission: own }) => [plural, ...(own?.alsoThrough ?? [])]),
      scope,
    })),
    matchConditions: [
      ...(FURTHER_CONDITIONS[entry] ? [FURTHER_CONDITIONS[entry]] : []),
      CONDITIONS[entry] ?? { name: 'judged-fields-changed', expression: anyFieldChanged(fieldsOf(kinds, own)) },
    ],
    ...(target && { target }),
  };
  return made;
}

/** What rules read of these kinds; of what makes pods, the whole template. */
function fieldsOf(kinds: readonly Kind[], rules: readonly Rule[]): FieldPath[] {
  return kinds.flatMap(({ name, template = [] }) => [
    ...(template.length > 0 ? [template.join('.')] : []),
    ...rules.flatMap(({ reads }) => reads[name] ?? []),
  ]);
}

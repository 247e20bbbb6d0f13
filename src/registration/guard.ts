import { controllers, GUARD, type GuardRow } from './guard-table.ts';

/** Everything in an entry but its caBundle, and everything in the metadata that means something. */
const ONLY_CA_BUNDLE = [
  "request.operation == 'UPDATE'",
  ...['labels', 'annotations', 'ownerReferences', 'finalizers'].map((field) => same(`metadata.?${field}`)),
  `${entries('object')} == ${entries('oldObject')}`,
].join(' && ');

function same(path: string): string {
  return `object.${path} == oldObject.${path}`;
}

function entries(object: string): string {
  const fields = [
    'admissionReviewVersions',
    'clientConfig.?service',
    'clientConfig.?url',
    'failurePolicy',
    'matchConditions',
    'matchPolicy',
    'name',
    'namespaceSelector',
    'objectSelector',
    'rules',
    'sideEffects',
    'timeoutSeconds',
  ];
  return `${object}.webhooks.map(w, [${fields.map((field) => `w.?${field}`).join(', ')}])`;
}

/** Controllers that tidy up or rewrite whatever there is; none of them decides anything. */
const CLEANERS = ['generic-garbage-collector', 'namespace-controller', 'storage-version-migrator-controller'];

const SECRET_SOURCES = [
  't.?spec.?volumes.orValue([]).exists(v, v.?secret.?secretName.orValue("") in variables.secrets)',
  't.?spec.?volumes.orValue([]).exists(v, v.?projected.?sources.orValue([]).exists(s, s.?secret.?name.orValue("") in variables.secrets))',
  '[t.?spec.?containers, t.?spec.?initContainers, t.?spec.?ephemeralContainers].exists(l, l.orValue([]).exists(c, c.?envFrom.orValue([]).exists(e, e.?secretRef.?name.orValue("") in variables.secrets) || c.?env.orValue([]).exists(e, e.?valueFrom.?secretKeyRef.?name.orValue("") in variables.secrets)))',
];

/** In the order in which one needs the other; the chart puts `release`, `names` and the lists of users before them. */
const VARIABLES: Readonly<Record<string, string>> = {
  // An absent subresource is no empty text but no field at all.
  resource:
    "[request.resource.group, request.resource.resource].join('/') + request.?subResource.optMap(s, '/' + s).orValue('')",
  // A DELETE of a whole collection names nothing in the request: the object itself has to be asked.
  objects: '[object, oldObject].filter(o, o != null)',
  name: '(object == null ? oldObject : object).metadata.name',
  privileged: [
    'request.userInfo.groups.exists(g, g in variables.administrators)',
    'request.userInfo.username in variables.accounts',
    `request.operation in ["UPDATE", "DELETE"] && ${controllers(...CLEANERS)}`,
  ].join(' || '),
  onlyCaBundle: ONLY_CA_BUNDLE,
  templates:
    'variables.objects.map(o, o.?spec.?jobTemplate.?spec.?template.or(o.?spec.?template).or(o.?template).orValue(o))',
  takesPart: `variables.templates.exists(t, ${[
    't.?spec.?serviceAccountName.orValue("") in variables.names',
    'variables.labels.all(k, t.?metadata.?labels[?k].orValue("") == variables.labels[k])',
    ...SECRET_SOURCES,
  ].join(' || ')})`,
};

/** The ValidatingAdmissionPolicy, without what differs from one release to the next. */
export function guardPolicy(): object {
  return {
    resourceRules: GUARD.flatMap(({ guarded, operations }) =>
      guarded.map(({ group, version, resources }) => ({
        apiGroups: [group],
        apiVersions: [version],
        resources,
        operations,
      })),
    ),
    variables: Object.entries(VARIABLES).map(([name, expression]) => ({ name, expression })),
    validations: GUARD.map((row) => ({
      expression: [`!(variables.resource in ${JSON.stringify(resourcesOf(row))})`, ...exceptions(row)].join(' || '),
      messageExpression: `request.userInfo.username + " is in none of the groups " + variables.administrators.join(", ") + ", which alone may write " + ${JSON.stringify(row.which)}`,
      reason: 'Forbidden',
    })),
  };
}

function exceptions({ when, writers }: GuardRow): string[] {
  return ['variables.privileged', `!(${when})`, ...writers.map(({ cel }) => `(${cel})`)];
}

/** As the variable `resource` names them: `apps/deployments/scale`, and `/secrets` in the core group. */
export function resourcesOf({ guarded }: GuardRow): string[] {
  return guarded.flatMap(({ group, resources }) => resources.map((resource) => `${group}/${resource}`));
}

import type { Operation } from '../engine/subject.ts';
import { markdownTable } from './layout.ts';

/** How the API server names what a row guards. */
interface Guarded {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly resources: readonly string[];
}

/** Somebody who has to write there besides the administrators. */
interface Writer {
  /** For people: who, and what for. */
  readonly who: string;
  /** CEL: whether this request is theirs. */
  readonly cel: string;
}

/** One row of the table: some objects of some kinds, and who else may write them. */
export interface GuardRow {
  readonly guarded: readonly Guarded[];
  readonly operations: readonly Operation[];
  /** For people: which of these objects. */
  readonly which: string;
  /** CEL: whether the object is one of them. */
  readonly when: string;
  readonly writers: readonly Writer[];
  /** What somebody could do otherwise. */
  readonly why: string;
}

const WRITES = ['CREATE', 'UPDATE', 'DELETE'] as const;

/** Where controllers have no account of their own, they all act as the controller manager. */
function controllers(...names: readonly string[]): string {
  const users = names.map((name) => `system:serviceaccount:kube-system:${name}`);
  return userIs(...users, 'system:kube-controller-manager');
}

function userIs(...users: readonly string[]): string {
  return `request.userInfo.username in ${JSON.stringify(users)}`;
}

const PROGRAM = 'request.userInfo.username == variables.release.program';
const NAMED = 'variables.name in variables.names';
const IS_ONE = 'the objects of this release';

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

/** Who may write what. The administrators, the accounts of the values and the cleaners are let through before it. */
export const GUARD: readonly GuardRow[] = [
  {
    guarded: [{ group: 'admissionregistration.k8s.io', version: 'v1', resources: ['validatingwebhookconfigurations'] }],
    operations: WRITES,
    which: 'the webhook configuration',
    when: NAMED,
    writers: [
      { who: 'the program: `caBundle` and nothing else (mode self)', cel: `${PROGRAM} && variables.onlyCaBundle` },
      {
        who: '`certificates.certManager.injectors`: `caBundle` and nothing else (mode cert-manager)',
        cel: 'request.userInfo.username in variables.injectors && variables.onlyCaBundle',
      },
    ],
    why: 'without it, or with another selector or address, nothing is judged',
  },
  {
    guarded: [
      {
        group: '',
        version: 'v1',
        resources: ['configmaps', 'services', 'serviceaccounts'],
      },
      { group: 'autoscaling', version: 'v2', resources: ['horizontalpodautoscalers'] },
      { group: 'cert-manager.io', version: 'v1', resources: ['certificates', 'issuers'] },
      { group: 'networking.k8s.io', version: 'v1', resources: ['networkpolicies'] },
      { group: 'policy', version: 'v1', resources: ['poddisruptionbudgets'] },
      {
        group: 'rbac.authorization.k8s.io',
        version: 'v1',
        resources: ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'],
      },
    ],
    operations: WRITES,
    which: IS_ONE,
    when: NAMED,
    writers: [],
    why: 'another configuration, another address behind the name, or rights for somebody else',
  },
  {
    guarded: [{ group: 'apps', version: 'v1', resources: ['deployments'] }],
    operations: WRITES,
    which: 'that of this release, and any with its service accounts, Secrets or labels',
    when: `${NAMED} || variables.takesPart`,
    writers: [{ who: 'the deployment controller', cel: controllers('deployment-controller') }],
    why: 'another program under this name, or none; and what the rows below keep out',
  },
  {
    guarded: [{ group: 'apps', version: 'v1', resources: ['deployments/scale'] }],
    operations: ['UPDATE'],
    which: IS_ONE,
    when: NAMED,
    writers: [{ who: 'the autoscaler', cel: controllers('horizontal-pod-autoscaler') }],
    why: 'no replicas: new pods are refused',
  },
  {
    guarded: [{ group: '', version: 'v1', resources: ['secrets'] }],
    operations: WRITES,
    which: "the Secrets with the certificates, and tokens for the release's service accounts",
    when: [
      'variables.name in variables.secrets',
      `variables.objects.exists(o, o.metadata.?annotations[?"kubernetes.io/service-account.name"].orValue("") in variables.names)`,
    ].join(' || '),
    writers: [
      { who: 'the program (mode self)', cel: `${PROGRAM} && variables.name in variables.secrets` },
      {
        who: '`certificates.certManager.accounts` (mode cert-manager)',
        cel: 'request.userInfo.username in variables.issuers && variables.name in variables.secrets',
      },
    ],
    why: 'a certificate of somebody else, or a token that acts as the program',
  },
  {
    guarded: [{ group: '', version: 'v1', resources: ['serviceaccounts/token'] }],
    operations: ['CREATE'],
    which: "tokens for the release's service accounts",
    when: 'request.name in variables.names',
    writers: [{ who: 'kubelets, for pods on their own node', cel: "'system:nodes' in request.userInfo.groups" }],
    why: 'a token that acts as the program',
  },
  {
    guarded: [
      { group: '', version: 'v1', resources: ['endpoints'] },
      { group: 'discovery.k8s.io', version: 'v1', resources: ['endpointslices'] },
    ],
    operations: ['CREATE', 'UPDATE', 'DELETE'],
    which: 'the addresses behind the Service',
    when: [
      NAMED,
      `variables.objects.exists(o, o.metadata.?labels[?"kubernetes.io/service-name"].orValue("") in variables.names)`,
    ].join(' || '),
    writers: [
      {
        who: 'the endpoint controllers',
        cel: controllers('endpoint-controller', 'endpointslice-controller', 'endpointslicemirroring-controller'),
      },
    ],
    why: "the API server's calls would go elsewhere, and fail",
  },
  {
    guarded: [{ group: '', version: 'v1', resources: ['pods', 'pods/ephemeralcontainers'] }],
    operations: ['CREATE', 'UPDATE'],
    which: "pods that use the release's service accounts, Secrets or labels",
    when: 'variables.takesPart',
    writers: [
      {
        who: 'the controllers of ReplicaSets and Jobs',
        cel: controllers('replicaset-controller', 'job-controller'),
      },
    ],
    why: 'a pod that acts as the program, reads its key, or gets its calls',
  },
  {
    guarded: [
      { group: '', version: 'v1', resources: ['podtemplates', 'replicationcontrollers'] },
      { group: 'apps', version: 'v1', resources: ['daemonsets', 'replicasets', 'statefulsets'] },
      { group: 'batch', version: 'v1', resources: ['cronjobs', 'jobs'] },
    ],
    operations: WRITES,
    which: "what makes pods with the release's service accounts, Secrets or labels",
    when: 'variables.takesPart',
    writers: [
      { who: 'the deployment controller, for ReplicaSets', cel: controllers('deployment-controller') },
      { who: 'the controller of Jobs', cel: controllers('job-controller', 'ttl-after-finished-controller') },
    ],
    why: 'the same through a controller, which may make such pods',
  },
  {
    guarded: [{ group: '', version: 'v1', resources: ['pods/attach', 'pods/exec', 'pods/portforward'] }],
    operations: ['CONNECT'],
    which: 'pods whose name begins with that of the Deployment',
    // A prefix holds too much here rather than too little: it refuses.
    when: 'request.name.startsWith(variables.release.name + "-")',
    writers: [],
    why: 'whoever is in the container reads its key',
  },
  {
    guarded: [{ group: '', version: 'v1', resources: ['namespaces'] }],
    operations: ['DELETE'],
    which: 'the namespace of the release',
    when: 'variables.name == variables.release.namespace',
    writers: [],
    why: 'the program would be gone and the webhook configuration would not: new pods are refused',
  },
];

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

/** The table, for people. */
export function guardTable(): string {
  const rows = GUARD.map(({ guarded, operations, which, writers, why }) => [
    guarded.flatMap(({ resources }) => resources).join(', '),
    operations.join(', '),
    which,
    writers.length > 0 ? writers.map(({ who }) => who).join('; ') : 'nobody',
    why,
  ]);
  return markdownTable([['kinds', 'operations', 'which', 'who else', 'what could be done otherwise'], ...rows]);
}

import type { Operation } from '../engine/subject.ts';
import { userIs } from './cel.ts';

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
export function controllers(...names: readonly string[]): string {
  const users = names.map((name) => `system:serviceaccount:kube-system:${name}`);
  return userIs(...users, 'system:kube-controller-manager');
}

const PROGRAM = 'request.userInfo.username == variables.release.program';
const NAMED = 'variables.name in variables.names';
const IS_ONE = 'the objects of this release';

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
    guarded: [
      { group: 'cert-manager.io', version: 'v1', resources: ['certificates', 'certificaterequests', 'issuers'] },
    ],
    operations: WRITES,
    which: 'those of this release, and any that ask its Issuer or name its Secrets',
    when: `${NAMED} || variables.objects.exists(o, ${[
      'o.?spec.?issuerRef.?name.orValue("") in variables.names',
      'o.?spec.?ca.?secretName.orValue("") in variables.secrets',
      'o.?spec.?secretName.orValue("") in variables.secrets',
    ].join(' || ')})`,
    writers: [
      {
        who: '`certificates.certManager.accounts`, for requests (mode cert-manager)',
        cel: "request.userInfo.username in variables.issuers && request.resource.resource == 'certificaterequests'",
      },
    ],
    why: 'a certificate of the authority that the API server trusts, for somebody else',
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

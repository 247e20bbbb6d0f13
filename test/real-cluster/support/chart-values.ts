const PROTECTED = 'chart-protected';

/** What every installation has to say. */
const LEAST = { policy: { namespaces: [{ names: [PROTECTED], profile: 'private' }] } };

const PEM = '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n';

/** Everything that can be switched on, and something in every list. */
const EVERYTHING = {
  ...LEAST,
  global: { imageRegistry: 'registry.example.com', imagePullSecrets: ['shared'] },
  fullnameOverride: 'gate',
  image: { digest: `sha256:${'0'.repeat(64)}` },
  imagePullSecrets: ['own'],
  guard: { accounts: ['system:serviceaccount:argocd:argocd-application-controller'] },
  webhook: { annotations: { 'example.com/owner': 'platform' } },
  autoscaling: { enabled: true },
  priorityClassName: 'important',
  tolerations: [{ key: 'example.com/dedicated', operator: 'Exists', effect: 'NoSchedule' }],
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'example.com/gpu', operator: 'DoesNotExist' }] }],
      },
    },
  },
  extraVolumes: [{ name: 'registries', secret: { secretName: 'registries' } }],
  extraVolumeMounts: [{ name: 'registries', mountPath: '/etc/qdrant-admission/registries', readOnly: true }],
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule', labelSelector: {} },
  ],
  podLabels: { 'example.com/team': 'platform' },
  podAnnotations: { 'example.com/note': 'yes' },
  serviceAccountAnnotations: { 'example.com/role': 'reader' },
  nodeOptions: '--max-old-space-size=192',
  proxy: { httpProxy: 'http://proxy:3128', httpsProxy: 'http://proxy:3128', noProxy: ['.example.com'] },
  customCAs: { configMap: 'authorities' },
  networkPolicy: {
    webhookFrom: ['10.0.0.0/24'],
    metricsFrom: [{ namespaceSelector: { matchLabels: { team: 'metrics' } } }],
    apiServerCidrs: ['fd00::/64'],
    extraEgress: [{ to: [{ ipBlock: { cidr: '192.0.2.0/24' } }] }],
  },
  serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
  prometheusRule: { enabled: true, labels: { release: 'prometheus' } },
  dashboard: { enabled: true },
  tests: { namespace: PROTECTED },
};

/** Ways to install it, by name. */
export const INSTALLATIONS = {
  'the least': LEAST,
  everything: EVERYTHING,
  'the network of its nodes': { ...LEAST, hostNetwork: true },
  'images verified': { policy: { ...LEAST.policy, images: { verify: true, unmatched: 'warn' } } },
  'enforcement audit': { policy: { ...LEAST.policy, enforcement: 'audit' } },
  'without the guard': { ...LEAST, guard: { enabled: false } },
  'certificates by cert-manager': { ...LEAST, certificates: { mode: 'cert-manager' } },
  "certificates by cert-manager's own issuer": {
    ...LEAST,
    certificates: { mode: 'cert-manager', certManager: { issuerRef: { name: 'corporate', kind: 'ClusterIssuer' } } },
  },
  'certificates brought along': {
    ...LEAST,
    certificates: { mode: 'files', existingSecret: 'brought', caBundle: PEM },
  },
  'nothing that can be left out': {
    ...LEAST,
    podDisruptionBudget: { enabled: false },
    networkPolicy: { enabled: false },
    shutdown: { preStopSeconds: 0, drainSeconds: 0, graceSeconds: 1 },
  },
} as const;

/** For every value another one, and the installation in which it has an effect where that is not `everything`. */
export const OTHERWISE: Readonly<
  Record<string, { readonly value: unknown; readonly in?: keyof typeof INSTALLATIONS }>
> = {
  'global.imageRegistry': { value: 'other.example.com' },
  'global.imagePullSecrets': { value: ['another'] },
  fullnameOverride: { value: 'door' },
  'image.registry': { value: 'other.example.com', in: 'the least' },
  'image.repository': { value: 'mirror/qdrant-admission' },
  'image.tag': { value: '9.9.9', in: 'the least' },
  'image.digest': { value: `sha256:${'1'.repeat(64)}` },
  'image.pullPolicy': { value: 'Always' },
  imagePullSecrets: { value: ['another'] },
  'certificates.mode': { value: 'cert-manager' },
  'certificates.existingSecret': { value: 'other', in: 'certificates brought along' },
  'certificates.caBundle': { value: 'other', in: 'certificates brought along' },
  'certificates.certManager.issuerRef.name': { value: 'other', in: 'certificates by cert-manager' },
  'certificates.certManager.issuerRef.kind': { value: 'Issuer', in: "certificates by cert-manager's own issuer" },
  'certificates.certManager.issuerRef.group': { value: 'example.com', in: "certificates by cert-manager's own issuer" },
  'certificates.certManager.duration': { value: '48h', in: 'certificates by cert-manager' },
  'certificates.certManager.renewBefore': { value: '24h', in: 'certificates by cert-manager' },
  'certificates.certManager.accounts': { value: ['somebody'], in: 'certificates by cert-manager' },
  'certificates.certManager.injectors': { value: ['somebody'], in: 'certificates by cert-manager' },
  'guard.enabled': { value: false },
  'guard.administrators': { value: ['somebody'] },
  'guard.accounts': { value: ['somebody'] },
  'webhook.timeoutSeconds': { value: 9 },
  'webhook.annotations': { value: { 'example.com/other': 'x' } },
  replicas: { value: 5, in: 'the least' },
  'autoscaling.enabled': { value: false },
  'autoscaling.minReplicas': { value: 3 },
  'autoscaling.maxReplicas': { value: 9 },
  'autoscaling.targetCPUUtilizationPercentage': { value: 50 },
  'podDisruptionBudget.enabled': { value: false },
  'podDisruptionBudget.maxUnavailable': { value: 2 },
  resources: { value: { limits: { memory: '1Gi' } } },
  priorityClassName: { value: 'other' },
  nodeSelector: { value: { 'example.com/pool': 'system' } },
  tolerations: { value: [] },
  affinity: { value: { podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } } },
  topologySpreadConstraints: { value: [] },
  podLabels: { value: { other: 'x' } },
  podAnnotations: { value: { other: 'x' } },
  serviceAccountAnnotations: { value: { other: 'x' } },
  logLevel: { value: 'debug' },
  nodeOptions: { value: '--trace-warnings' },
  'ports.webhook': { value: 10_250 },
  'ports.metrics': { value: 10_251 },
  hostNetwork: { value: true },
  'shutdown.preStopSeconds': { value: 1 },
  'shutdown.drainSeconds': { value: 1 },
  'shutdown.graceSeconds': { value: 99 },
  'proxy.httpProxy': { value: 'http://other:1' },
  'proxy.httpsProxy': { value: 'http://other:1' },
  'proxy.noProxy': { value: ['other'] },
  'customCAs.configMap': { value: 'other' },
  'customCAs.key': { value: 'other.pem' },
  extraVolumes: { value: [{ name: 'other', emptyDir: {} }] },
  extraVolumeMounts: { value: [{ name: 'registries', mountPath: '/other', readOnly: true }] },
  'networkPolicy.enabled': { value: false },
  'networkPolicy.webhookFrom': { value: [] },
  'networkPolicy.metricsFrom': { value: [] },
  'networkPolicy.apiServerPorts': { value: [7443] },
  'networkPolicy.apiServerCidrs': { value: [] },
  'networkPolicy.extraEgress': { value: [] },
  'serviceMonitor.enabled': { value: false },
  'serviceMonitor.interval': { value: '9s' },
  'serviceMonitor.labels': { value: { other: 'x' } },
  'prometheusRule.enabled': { value: false },
  'prometheusRule.labels': { value: { other: 'x' } },
  'dashboard.enabled': { value: false },
  'dashboard.labels': { value: { other: 'x' } },
  'tests.namespace': { value: 'elsewhere' },
};

/** Values that Helm must refuse, and what it must say. */
export const REFUSED: readonly (readonly [what: string, values: object, says: string])[] = [
  ['no protected namespace', {}, "at '/policy/namespaces': minItems: got 0, want 1"],
  ['a misspelt field of the policy', inPolicy({ nmaes: ['a'] }), "additional properties 'nmaes' not allowed"],
  ['a rule that there is not', inPolicy({ rules: { 'run-as-nonroot': {} } }), "'run-as-nonroot' not allowed"],
  ['an unknown enforcement', { policy: { ...LEAST.policy, enforcement: 'warn' } }, "one of 'enforce', 'audit'"],
  ['a misspelt value', { ...LEAST, replica: 3 }, "additional properties 'replica' not allowed"],
  ['a single replica', { ...LEAST, replicas: 1 }, "at '/replicas': minimum: got 1, want 2"],
  ['a digest that is none', { ...LEAST, image: { digest: 'latest' } }, "at '/image/digest': 'latest' does not match"],
  ['no administrators', { ...LEAST, guard: { administrators: [] } }, "at '/guard/administrators': minItems"],
  ['kube-system', inPolicy({ names: ['kube-system'] }), 'kube-system cannot be protected: the cluster itself starts'],
  ['its own namespace', inPolicy({ names: ['chart-own'] }), 'chart-own cannot be protected: this release runs there'],
  ['a namespace twice', inPolicy({ names: ['a', 'b', 'a'] }), 'a name stands twice in a, a, b'],
  ['files that are not named', { ...LEAST, certificates: { mode: 'files' } }, 'needs existingSecret and caBundle'],
  ['too little time to end', { ...LEAST, shutdown: { graceSeconds: 15 } }, '15 is too short'],
  [
    'fewer replicas at most than at least',
    { ...LEAST, autoscaling: { minReplicas: 5, maxReplicas: 3 } },
    'autoscaling.maxReplicas: expected at least minReplicas, 5',
  ],
];

function inPolicy(entry: object): object {
  return { policy: { namespaces: [{ ...LEAST.policy.namespaces[0], ...entry }] } };
}

import { z } from 'zod';
import { configSchema } from '../config/schema.ts';
import { LOG_LEVELS } from '../telemetry/log-levels.ts';

const port = z.int().min(1).max(65_535);
const seconds = (least: number, most: number) => z.int().min(least).max(most);
const labels = z.record(z.string(), z.string());
const names = z.array(z.string().min(1));
const cidrs = z.array(z.string().regex(/^[0-9a-fA-F.:]+\/[0-9]+$/, 'expected a range such as 10.0.0.0/8'));
const quantity = z.union([z.string().min(1), z.number()]);
const quantities = z
  .strictObject({ cpu: quantity.optional(), memory: quantity.optional(), 'ephemeral-storage': quantity.optional() })
  .describe('Kubernetes quantities.');

/** A part of a Kubernetes object that is handed on as it is: the API server knows better what may stand there. */
const kubernetes = z.looseObject({});

const toleration = z.strictObject({
  key: z.string().optional(),
  operator: z.enum(['Exists', 'Equal', 'Lt', 'Gt']).optional(),
  value: z.string().optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
  tolerationSeconds: z.int().optional(),
});

const image = z
  .strictObject({
    registry: z.string().default('ghcr.io').describe('Host of the registry; `global.imageRegistry` wins.'),
    repository: z.string().min(1).default('qdrant/qdrant-admission').describe('Name of the image in its registry.'),
    tag: z.string().default('').describe("The chart's appVersion where it is empty and there is no digest."),
    digest: z
      .string()
      .regex(/^(sha256:[0-9a-f]{64})?$/, 'expected sha256: and 64 hexadecimal digits')
      .default('')
      .describe('`sha256:…`: what is pulled is exactly this. Set it in production; the tag is ignored then.'),
    pullPolicy: z
      .enum(['Always', 'IfNotPresent', 'Never'])
      .default('IfNotPresent')
      .describe('Always, IfNotPresent or Never.'),
  })
  .prefault({})
  .describe("The program's image. It is the only image of this chart: hooks and tests run it too.");

const certificates = z
  .strictObject({
    mode: z
      .enum(['self', 'cert-manager', 'files'])
      .default('self')
      .describe(
        'self: the program issues and rotates its certificate. cert-manager: cert-manager does. files: a Secret that you bring.',
      ),
    existingSecret: z.string().default('').describe('Mode files: a Secret of type kubernetes.io/tls.'),
    caBundle: z
      .string()
      .default('')
      .describe('Mode files: the authorities, in PEM, that the API server is to trust. No secret.'),
    certManager: z
      .strictObject({
        issuerRef: z
          .strictObject({
            name: z.string().default('').describe('Empty: an issuer of its own, which signs itself.'),
            kind: z.enum(['Issuer', 'ClusterIssuer']).default('Issuer').describe('Issuer or ClusterIssuer.'),
            group: z.string().min(1).default('cert-manager.io').describe('API group of the issuer.'),
          })
          .prefault({})
          .describe('Who signs.'),
        duration: z.string().min(1).default('720h').describe('How long a certificate is valid.'),
        renewBefore: z.string().min(1).default('240h').describe('How long before its end it is renewed.'),
        accounts: names
          .default(['system:serviceaccount:cert-manager:cert-manager'])
          .describe('Users that write the Secret; the guard lets them.'),
        injectors: names
          .default(['system:serviceaccount:cert-manager:cert-manager-cainjector'])
          .describe('Users that write caBundle, and nothing else, into the webhook configuration.'),
      })
      .prefault({})
      .describe('Mode cert-manager.'),
  })
  .prefault({})
  .describe('Where the certificate comes from that the API server checks.');

const guard = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe('A ValidatingAdmissionPolicy over the objects of this release: docs/operations/guard.md.'),
    administrators: names
      .min(1)
      .default(['system:masters', 'kubeadm:cluster-admins', 'qdrant-admission:administrators'])
      .describe(
        'Groups whose members may change them. The first two can remove the guard anyway; bind the third, or your own, to people.',
      ),
    accounts: names
      .default([])
      .describe(
        'Users who may as well: who deploys here, such as system:serviceaccount:argocd:argocd-application-controller.',
      ),
  })
  .prefault({})
  .describe('Who may change or remove this release, whatever RBAC says.');

const networkPolicy = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Whether there is one.'),
    webhookFrom: cidrs
      .default([])
      .describe('Ranges that may call the webhook. Empty: any, because no selector reaches the API server.'),
    metricsFrom: z
      .array(kubernetes)
      .default([])
      .describe('Peers (NetworkPolicyPeer) that may read metrics. Empty: any.'),
    apiServerPorts: z.array(port).min(1).default([443, 6443]).describe('Where the API server listens.'),
    apiServerCidrs: cidrs.default([]).describe('Ranges of the API server. Empty: any.'),
    extraEgress: z.array(kubernetes).default([]).describe('Further rules (NetworkPolicyEgressRule), as they are.'),
  })
  .prefault({})
  .describe("The program's own NetworkPolicy.");

/** The values of the chart. Their descriptions become the comments of values.yaml and the table of its README. */
export const chartValues = z.strictObject({
  policy: configSchema.describe(
    'The configuration of the program, exactly as in its file (`--config`): docs/config.schema.json, docs/defaults.md.',
  ),
  global: z
    .looseObject({
      imageRegistry: z
        .string()
        .default('')
        .describe('Replaces `image.registry`, for sites with a registry of their own.'),
      imagePullSecrets: names.default([]).describe('Names of Secrets, besides `imagePullSecrets`.'),
    })
    .prefault({})
    .describe('Shared with the other charts of a release, so keys that are not known here are left alone.'),
  fullnameOverride: z
    .string()
    .max(40)
    .regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?)?$/, 'expected lower case letters, digits and dashes')
    .default('')
    .describe('Name of all objects; else it follows from the name of the release.'),
  image,
  imagePullSecrets: names.default([]).describe('Names of Secrets in the namespace of the release.'),
  certificates,
  guard,
  webhook: z
    .strictObject({
      timeoutSeconds: seconds(1, 30).default(5).describe('How long the API server waits for an answer.'),
      annotations: labels.default({}).describe('Further annotations.'),
    })
    .prefault({})
    .describe('The ValidatingWebhookConfiguration.'),
  replicas: z.int().min(2).default(2).describe('At least two: with one, its restart stops new pods.'),
  autoscaling: z
    .strictObject({
      enabled: z.boolean().default(false).describe('Then `replicas` does not count.'),
      minReplicas: z.int().min(2).default(2).describe('Never fewer.'),
      maxReplicas: z.int().min(2).default(6).describe('Never more.'),
      targetCPUUtilizationPercentage: z.int().min(1).max(100).default(70).describe('Of the CPU that is requested.'),
    })
    .prefault({})
    .describe('A HorizontalPodAutoscaler.'),
  podDisruptionBudget: z
    .strictObject({
      enabled: z.boolean().default(true).describe('Whether there is one.'),
      maxUnavailable: z.int().min(1).default(1).describe('How many replicas a drain may take at once.'),
    })
    .prefault({})
    .describe('What may be evicted at once.'),
  resources: z
    .strictObject({ requests: quantities, limits: quantities })
    .partial()
    .default({
      requests: { cpu: '100m', memory: '128Mi' },
      limits: { cpu: '1', memory: '256Mi' },
    })
    .describe('Of every container of this chart.'),
  priorityClassName: z
    .string()
    .default('')
    .describe('Where new pods depend on it, system-cluster-critical; some clouds allow that in kube-system only.'),
  nodeSelector: labels.default({ 'kubernetes.io/os': 'linux' }).describe('Labels of the nodes that pods may run on.'),
  tolerations: z.array(toleration).default([]).describe('Taints that pods tolerate.'),
  affinity: z
    .strictObject({ nodeAffinity: kubernetes, podAffinity: kubernetes, podAntiAffinity: kubernetes })
    .partial()
    .default({})
    .describe('Replaces the default: replicas on different nodes where possible.'),
  topologySpreadConstraints: z
    .array(kubernetes)
    .default([])
    .describe('Replaces the default: replicas spread over zones and nodes where possible.'),
  podLabels: labels.default({}).describe('Further labels of the pods of the webhook.'),
  podAnnotations: labels.default({}).describe('Their annotations.'),
  serviceAccountAnnotations: labels.default({}).describe('Such as a cloud identity.'),
  logLevel: z
    .enum(LOG_LEVELS)
    .default('info')
    .describe(`${LOG_LEVELS.join(', ')}.`),
  nodeOptions: z
    .string()
    .default('')
    .describe(
      'NODE_OPTIONS of the process, such as --use-system-ca. Leave the size of the heap alone: it follows resources.limits.memory (docs/operations/load.md).',
    ),
  ports: z
    .strictObject({
      webhook: port.default(8443).describe('Where it answers the API server.'),
      metrics: port.default(9090).describe('Health and metrics, without TLS.'),
    })
    .prefault({})
    .describe("The container's ports. With `hostNetwork` they are the node's."),
  hostNetwork: z
    .boolean()
    .default(false)
    .describe('Where the API server reaches nodes but not pods (some managed clusters with a foreign CNI).'),
  shutdown: z
    .strictObject({
      preStopSeconds: seconds(0, 120)
        .default(5)
        .describe('Until no API server starts a connection to this pod any more.'),
      drainSeconds: seconds(0, 120).default(10).describe('Until open connections have been told to close.'),
      graceSeconds: seconds(1, 600).default(30).describe('terminationGracePeriodSeconds; more than both together.'),
    })
    .prefault({})
    .describe('How a replica leaves without losing a call.'),
  proxy: z
    .strictObject({
      httpProxy: z.string().default('').describe('For http.'),
      httpsProxy: z.string().default('').describe('For https.'),
      noProxy: names.default([]).describe('The API server and the names inside the cluster are always in it.'),
    })
    .prefault({})
    .describe('For calls that leave the cluster.'),
  customCAs: z
    .strictObject({
      configMap: z.string().default('').describe('A ConfigMap in the namespace of the release.'),
      key: z.string().min(1).default('ca.crt').describe('The key in it.'),
    })
    .prefault({})
    .describe("Authorities, in PEM, that are trusted besides Node's own."),
  extraVolumes: z
    .array(kubernetes)
    .default([])
    .describe(
      'Further volumes of the pods of the webhook: Secrets with credentials of registries, trust roots, authorities (docs/images.md).',
    ),
  extraVolumeMounts: z.array(kubernetes).default([]).describe('Where its container finds them.'),
  networkPolicy,
  serviceMonitor: z
    .strictObject({
      enabled: z.boolean().default(false).describe('Whether there is one.'),
      interval: z.string().min(1).default('30s').describe('How often metrics are read.'),
      labels: labels.default({}).describe('What your Prometheus selects by.'),
    })
    .prefault({})
    .describe('For the Prometheus operator.'),
  prometheusRule: z
    .strictObject({
      enabled: z.boolean().default(false).describe('Whether there is one.'),
      labels: labels.default({}).describe('What your Prometheus selects by.'),
    })
    .prefault({})
    .describe('Alerts, for the Prometheus operator.'),
  dashboard: z
    .strictObject({
      enabled: z.boolean().default(false).describe('Whether there is one.'),
      labels: labels.default({ grafana_dashboard: '1' }).describe("What Grafana's sidecar selects by."),
    })
    .prefault({})
    .describe('A ConfigMap with a dashboard for Grafana.'),
  tests: z
    .strictObject({
      namespace: z
        .string()
        .default('')
        .describe('Where `helm test` tries pods (dry run); else the first protected one.'),
    })
    .prefault({})
    .describe('`helm test`.'),
});

/** What stands in values.yaml for `policy`: everything but the protected namespaces, which nobody can guess. */
export const DEFAULT_POLICY = { version: 1, enforcement: 'enforce', namespaces: [], exemptions: [] } as const;

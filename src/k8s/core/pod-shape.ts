import { anything, fields, list, map, metadata, type TypeOf } from '../shape.ts';
import { claimShape } from './claim-shape.ts';

/** core/v1 SecurityContext and PodSecurityContext. */
const securityContext = fields({
  privileged: 'boolean',
  allowPrivilegeEscalation: 'boolean',
  runAsNonRoot: 'boolean',
  runAsUser: 'integer',
  runAsGroup: 'integer',
  fsGroup: 'integer',
  supplementalGroups: list('integer'),
  readOnlyRootFilesystem: 'boolean',
  procMount: 'string',
  capabilities: fields({ add: list('string'), drop: list('string') }),
  seccompProfile: fields({ type: 'string' }),
  appArmorProfile: fields({ type: 'string' }),
  seLinuxOptions: fields({ type: 'string', user: 'string', role: 'string' }),
  windowsOptions: fields({ hostProcess: 'boolean' }),
  sysctls: list(fields({ name: 'string' })),
});

/** The handlers of probes and lifecycle hooks that may name a host. */
const handler = fields({ httpGet: fields({ host: 'string' }), tcpSocket: fields({ host: 'string' }) });

/** The resources that a pod is scheduled by, devices among them: any name with a domain. */
const compute = map('quantity');
const resources = fields({ requests: compute, limits: compute });

/** A pod may have tens of thousands of these: they do not count against what is judged element by element. */
export const variable = fields({ name: 'string', value: 'string', valueFrom: anything });

/** core/v1 Container and EphemeralContainer. */
const container = fields({
  name: 'string',
  image: 'string',
  workingDir: 'string',
  env: list(variable),
  envFrom: list(anything),
  volumeMounts: list(fields({ name: 'string', mountPath: 'string', subPath: 'string' })),
  /** Of an ephemeral container: whose process namespace it joins. */
  targetContainerName: 'string',
  resources,
  securityContext,
  ports: list(fields({ name: 'string', hostPort: 'integer' })),
  livenessProbe: handler,
  readinessProbe: handler,
  startupProbe: handler,
  lifecycle: fields({ postStart: handler, preStop: handler }),
});

/** core/v1 Volume: a name and one source, whose key tells the type. */
const volume = fields({
  name: 'string',
  image: fields({ reference: 'string' }),
  persistentVolumeClaim: fields({ claimName: 'string' }),
  ephemeral: fields({ volumeClaimTemplate: claimShape }),
  emptyDir: fields({ medium: 'string' }),
  csi: fields({ driver: 'string' }),
  projected: fields({ sources: list(fields({ serviceAccountToken: anything })) }),
});

/** core/v1 PodSpec. */
const podSpec = fields({
  hostNetwork: 'boolean',
  hostPID: 'boolean',
  hostIPC: 'boolean',
  hostUsers: 'boolean',
  os: fields({ name: 'string' }),
  nodeName: 'string',
  nodeSelector: map('string'),
  tolerations: list(fields({ key: 'string' })),
  topologySpreadConstraints: list(fields({ whenUnsatisfiable: 'string' })),
  priorityClassName: 'string',
  serviceAccountName: 'string',
  /** The older name of serviceAccountName, which wins where both are set. */
  serviceAccount: 'string',
  automountServiceAccountToken: 'boolean',
  shareProcessNamespace: 'boolean',
  hostAliases: list(anything),
  resources,
  /** Devices by DRA, each from a claim or a template of one. */
  resourceClaims: list(fields({ name: 'string', resourceClaimName: 'string', resourceClaimTemplateName: 'string' })),
  securityContext,
  volumes: list(volume),
  containers: list(container),
  initContainers: list(container),
  ephemeralContainers: list(container),
});

/** A pod, or the template of one. */
export const podShape = fields({ metadata, spec: podSpec });

export type PodSpec = TypeOf<typeof podSpec>;
export type Container = TypeOf<typeof container>;
export type Volume = TypeOf<typeof volume> & { readonly [source: string]: unknown };
export type SecurityContext = TypeOf<typeof securityContext>;
export type ResourceRequirements = TypeOf<typeof resources>;
export type ComputeResources = TypeOf<typeof compute>;
export type QuantityText = TypeOf<'quantity'>;

/** The three lists in which a pod carries containers. Every container rule judges all of them. */
export const CONTAINER_LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const;
export type ContainerList = (typeof CONTAINER_LISTS)[number];

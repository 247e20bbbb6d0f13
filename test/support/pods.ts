import type { KubernetesObject } from '../../src/k8s/object.ts';

/** What every rule wants of a container's security context. */
export const RESTRICTED = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

/** A container that meets every rule. */
export function container(name: string, changes: object = {}) {
  return {
    name,
    image: 'registry.cloud.qdrant.io/qdrant/qdrant:v1.19.0',
    resources: { limits: { cpu: '2', memory: '8Gi' } },
    securityContext: RESTRICTED,
    ...changes,
  };
}

/** A pod that meets every rule, but for what is changed in its spec and metadata. */
export function pod(spec: object = {}, metadata: object = {}): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'qdrant-0', namespace: 'qdrant', ...metadata },
    spec: {
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [container('qdrant')],
      ...spec,
    },
  };
}

/** An apps/v1 Deployment that makes such pods. */
export function deployment(spec: object = {}, changes: object = {}): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'loader', namespace: 'qdrant' },
    spec: { replicas: 1, template: { spec: pod(spec)['spec'] }, ...changes },
  };
}

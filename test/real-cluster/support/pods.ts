const HARDENED = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

/** The spec of a pod that every rule accepts. */
export function goodSpec(image = 'registry.cloud.qdrant.io/qdrant/qdrant:v1.19.0-unprivileged'): object {
  return {
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      { name: 'qdrant', image, resources: { limits: { cpu: '2', memory: '8Gi' } }, securityContext: HARDENED },
    ],
  };
}

/** The spec of a pod as it is often written: it breaks nine rules. */
export function badSpec(): object {
  return { containers: [{ name: 'loader', image: 'docker.io/acme/loader:1.4' }] };
}

export function pod(namespace: string, name: string, spec: object, metadata: object = {}): object {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, ...metadata }, spec };
}

export function deployment(namespace: string, name: string, spec: object, replicas = 1): object {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

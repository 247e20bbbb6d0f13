/**
 * What the servers are asked: a pod of three containers that keeps every rule, and one that breaks many. It claims no
 * volume: no cluster runs beside the bench that could tell where a claim comes from, and what is unknown is refused.
 */
export type Which = 'good' | 'bad';

/** The AdmissionReview of a new pod, as an API server sends it. */
export function reviewOf(which: Which, uid = '7f0b2f1e-6a42-4b5e-9a55-0d6c1f4f8c11'): object {
  const kind = { group: '', version: 'v1', kind: 'Pod' };
  const resource = { group: '', version: 'v1', resource: 'pods' };
  return {
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid,
      kind,
      resource,
      requestKind: kind,
      requestResource: resource,
      name: 'qdrant-0',
      namespace: 'qdrant',
      operation: 'CREATE',
      userInfo: {
        username: 'system:serviceaccount:kube-system:statefulset-controller',
        uid: '0b6c8a3e-3a0d-4d0c-8a0b-8f5f3b3d7b0e',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
      },
      object: podOf(which),
      oldObject: null,
      dryRun: false,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
    },
  };
}

function podOf(which: Which): object {
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      name: 'qdrant-0',
      generateName: 'qdrant-',
      namespace: 'qdrant',
      labels: {
        'app.kubernetes.io/name': 'qdrant',
        'app.kubernetes.io/instance': 'search',
        'apps.kubernetes.io/pod-index': '0',
        'controller-revision-hash': 'qdrant-5d6c8f9b7d',
      },
      annotations: { 'checksum/config': 'c8f4f0b6d3d8a4d1d5c0f5ae5a0c9e5e4b1f2a7b6c3d9e8f' },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'StatefulSet',
          name: 'qdrant',
          uid: '3f0c9c54-7a55-4f0e-9e0a-6f1d5d7f4a39',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: {
      volumes: [
        { name: 'config', configMap: { name: 'qdrant-config', defaultMode: 420 } },
        ...(which === 'bad' ? [{ name: 'host', hostPath: { path: '/var/run', type: '' } }] : []),
      ],
      containers: ['qdrant', 'backup', 'metrics'].map((name) => containerOf(which, name)),
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      serviceAccountName: 'qdrant',
      serviceAccount: 'qdrant',
      automountServiceAccountToken: false,
      securityContext:
        which === 'good'
          ? { runAsUser: 1000, runAsNonRoot: true, fsGroup: 3000, seccompProfile: { type: 'RuntimeDefault' } }
          : {},
      hostname: 'qdrant-0',
      subdomain: 'qdrant-headless',
      schedulerName: 'default-scheduler',
      tolerations: ['not-ready', 'unreachable'].map((taint) => ({
        key: `node.kubernetes.io/${taint}`,
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 300,
      })),
      priority: 0,
      enableServiceLinks: true,
      preemptionPolicy: 'PreemptLowerPriority',
      ...(which === 'bad' && { hostNetwork: true }),
    },
    status: {},
  };
}

function containerOf(which: Which, name: string): object {
  const good = {
    capabilities: { drop: ['ALL'] },
    privileged: false,
    runAsNonRoot: true,
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: false,
  };
  return {
    name,
    image: `docker.io/qdrant/${name}@sha256:94728574965d17c6485dd361aa3c0818b325b9016dac5ea6afec7b4b2700865f`,
    ports: [{ name: 'http', containerPort: 6333, protocol: 'TCP' }],
    env: [
      { name: 'QDRANT__SERVICE__ENABLE_TLS', value: 'true' },
      { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
    ],
    resources: { limits: { cpu: '2', memory: '8Gi' }, requests: { cpu: '2', memory: '8Gi' } },
    volumeMounts: [{ name: 'config', readOnly: true, mountPath: '/qdrant/config' }],
    imagePullPolicy: 'IfNotPresent',
    securityContext: which === 'good' ? good : { privileged: true },
  };
}

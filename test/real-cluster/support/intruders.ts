import { stringify } from 'yaml';

/** Namespace and name of the release that is guarded. */
export const OWN = 'guard-own';
export const NAME = 'qdrant-admission';

/** Labels by which the Service finds its pods. */
export const LABELS = `app.kubernetes.io/name=${NAME},app.kubernetes.io/instance=${NAME},app.kubernetes.io/component=webhook`;

/** What somebody may try with kubectl in the namespace of the release: what it is for, and the arguments. */
export const ATTEMPTS: readonly (readonly [what: string, args: string | readonly string[]])[] = [
  ['delete the webhook configuration', `delete validatingwebhookconfiguration ${NAME}`],
  [
    'delete it with all others',
    ['delete', '--raw', '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'],
  ],
  ['mark it', `annotate validatingwebhookconfiguration ${NAME} a=b`],
  ['change the configuration', `patch configmap ${NAME} --type=merge -p {"data":{"policy.yaml":""}}`],
  ['delete all ConfigMaps at once', ['delete', '--raw', `/api/v1/namespaces/${OWN}/configmaps`]],
  ['delete the certificates', `delete secret ${NAME}-certificates`],
  ['send the calls elsewhere', `patch service ${NAME} --type=merge -p {"spec":{"selector":{"app":"intruder"}}}`],
  ['scale it down', `scale deployment ${NAME} --replicas=0`],
  ['restart it', `rollout restart deployment ${NAME}`],
  ['delete its ReplicaSets', 'delete replicasets --all'],
  ['delete its account', `delete serviceaccount ${NAME}`],
  ['get a token of its account', `create token ${NAME}`],
  ['take its rights', `delete clusterrolebinding ${NAME}`],
  ['make an account of the name that the uninstall hook has', `create serviceaccount ${NAME}-uninstall`],
  ['drop the disruption budget', `delete poddisruptionbudget ${NAME}`],
  ['delete the addresses behind the Service', 'delete endpointslices --all'],
  ['delete the namespace', `delete namespace ${OWN}`],
  ['put a pod behind the Service', `run intruder --image=intruder --labels=${LABELS}`],
];

/** What somebody may create there to act as the program or to read its key. */
export const INTRUDERS: readonly (readonly [what: string, manifest: string])[] = [
  [
    'a Deployment that mounts the key',
    workload('Deployment', 'apps/v1', {
      volumes: [{ name: 'key', secret: { secretName: `${NAME}-certificates` } }],
    }),
  ],
  [
    'a StatefulSet that mounts it among other things',
    workload('StatefulSet', 'apps/v1', {
      volumes: [{ name: 'key', projected: { sources: [{ secret: { name: `${NAME}-certificates` } }] } }],
    }),
  ],
  [
    'a DaemonSet that has the key in its environment',
    workload('DaemonSet', 'apps/v1', {
      containers: [{ name: 'main', image: 'intruder', envFrom: [{ secretRef: { name: `${NAME}-certificates` } }] }],
    }),
  ],
  ['a Job under its account', workload('Job', 'batch/v1', { serviceAccountName: NAME, restartPolicy: 'Never' })],
  [
    'a Secret that becomes a token of its account',
    stringify({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'token', namespace: OWN, annotations: { 'kubernetes.io/service-account.name': NAME } },
      type: 'kubernetes.io/service-account-token',
    }),
  ],
];

function workload(kind: string, apiVersion: string, pod: object): string {
  const labels = { app: 'intruder' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'intruder' }], ...pod } };
  const spec = { ...(kind !== 'Job' && { selector: { matchLabels: labels } }), template };
  return stringify({ apiVersion, kind, metadata: { name: 'intruder', namespace: OWN }, spec });
}

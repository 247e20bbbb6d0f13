import { stringify } from 'yaml';
import { deployment, goodSpec } from '../support/pods.ts';
import {
  type Attempt,
  containerWith,
  contextWith,
  create,
  EXEMPT_IMAGE,
  NAMESPACE,
  PODS_PATH,
  podWith,
  post,
  type Tools,
} from './attempt.ts';

const HOST_NETWORK = { ...goodSpec(), hostNetwork: true };
const bad = (name: string, metadata = {}) => podWith(name, { hostNetwork: true }, metadata);
const inNamespace =
  (...args: string[]): Attempt['run'] =>
  ({ kubectl }) =>
    kubectl(['-n', NAMESPACE, ...args]);

/** A workload of a kind, as somebody would write it. */
function workload(apiVersion: string, kind: string, spec: object): Attempt['run'] {
  return create({ apiVersion, kind, metadata: { name: `bad-${kind.toLowerCase()}`, namespace: NAMESPACE }, spec });
}

/** The controlling reference that a pod of the exempt Deployment would carry. */
async function exemptReplicaSet(admin: Tools['admin']): Promise<object> {
  const { stdout } = await admin(['-n', NAMESPACE, 'get', 'replicaset', '-l', 'app=exempt', '-o', 'json']);
  const { name, uid } = JSON.parse(stdout).items[0].metadata;
  return { apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid, controller: true };
}

const LABELS = { app: 'bad' };
const TEMPLATE = { metadata: { labels: LABELS }, spec: HOST_NETWORK };
const JOB_TEMPLATE = { spec: { ...HOST_NETWORK, restartPolicy: 'Never' } };
const SELECTED = { selector: { matchLabels: LABELS }, template: TEMPLATE };
const NOBODY = 'nobody, and nothing harmful enters';

/** Ways in through the form of the request, through what makes pods, and through what guards the namespace. */
export const REQUEST_ATTEMPTS: readonly Attempt[] = [
  {
    way: 'duplicate keys',
    what: 'in JSON: harmless first, harmful last',
    run: post(
      PODS_PATH,
      JSON.stringify(podWith('dup1')).replace('"spec":{', '"spec":{"hostNetwork":false,"hostNetwork":true,'),
    ),
    refusedBy: { rule: 'host-namespaces' },
  },
  {
    way: 'duplicate keys',
    what: 'in JSON: harmful first, harmless last',
    run: post(
      PODS_PATH,
      JSON.stringify(podWith('dup2')).replace('"spec":{', '"spec":{"hostNetwork":true,"hostNetwork":false,'),
    ),
    refusedBy: NOBODY,
  },
  {
    way: 'duplicate keys',
    what: 'in YAML: harmless first, harmful last',
    run: create(`${stringify(podWith('dup3'))}  hostNetwork: false\n  hostNetwork: true\n`),
    refusedBy: { rule: 'host-namespaces' },
  },
  {
    way: 'other spellings',
    what: 'hostNetwork in another case',
    run: post(
      PODS_PATH,
      JSON.stringify(podWith('case')).replace('"spec":{', '"spec":{"HostNetwork":true,"hostnetwork":true,'),
    ),
    refusedBy: NOBODY,
  },
  {
    way: 'other spellings',
    what: 'a letter that looks like another in the field',
    run: post(PODS_PATH, JSON.stringify(podWith('alike')).replace('"spec":{', '"spec":{"hоstNetwork":true,')),
    refusedBy: NOBODY,
  },
  {
    way: 'lists',
    what: 'a bad pod behind a good one in a List',
    run: create({ apiVersion: 'v1', kind: 'List', items: [podWith('listed'), bad('listed-bad')] }),
    refusedBy: { rule: 'host-namespaces' },
  },
  {
    way: 'dry run',
    what: 'a dry run that is refused, and then the real thing',
    async run({ kubectl }) {
      const stdin = stringify(bad('dry'));
      await kubectl(['create', '--dry-run=server', '-f', '-'], { stdin });
      return kubectl(['create', '-f', '-'], { stdin });
    },
    refusedBy: { rule: 'host-namespaces' },
  },
  {
    way: 'server-side apply',
    what: 'a pod that is applied on the server',
    run: ({ kubectl }) => kubectl(['apply', '--server-side', '-f', '-'], { stdin: stringify(bad('applied')) }),
    refusedBy: { rule: 'host-namespaces' },
  },
  {
    way: 'names',
    what: 'a name that the API server makes up',
    run: create(podWith('', { hostNetwork: true }, { name: undefined, generateName: 'made-up-' })),
    refusedBy: { rule: 'host-namespaces' },
  },
  {
    way: 'claims',
    what: 'labels and annotations by which other engines let things off',
    run: create(
      bad('ignored', {
        labels: { 'admission.gatekeeper.sh/ignore': 'yes', 'policies.kyverno.io/exclude': 'true' },
        annotations: { 'qdrant-admission/exempt': 'host-namespaces' },
      }),
    ),
    refusedBy: { rule: 'host-namespaces' },
  },
  {
    way: 'claims',
    what: 'the annotation of a mirror pod',
    run: create(bad('mirror', { annotations: { 'kubernetes.io/config.mirror': 'x' } })),
    refusedBy: 'the API server',
  },
  {
    way: 'claims',
    what: 'an owner that is exempt, named by the pod itself',
    async run({ kubectl, admin }) {
      const owner = await exemptReplicaSet(admin);
      const forged = podWith('forged', { shareProcessNamespace: true }, { ownerReferences: [owner] });
      return kubectl(['create', '-f', '-'], { stdin: stringify(forged) });
    },
    refusedBy: { rule: 'shared-process-namespace' },
  },
  {
    way: 'claims',
    what: 'a ReplicaSet that claims the exempt Deployment, and has another template',
    async run({ kubectl, admin }) {
      const { stdout: uid } = await admin([
        '-n',
        NAMESPACE,
        'get',
        'deployment',
        'exempt',
        '-o',
        'jsonpath={.metadata.uid}',
      ]);
      const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'exempt', uid, controller: true };
      const spec = { ...goodSpec(), shareProcessNamespace: true, hostIPC: true };
      const labels = { app: 'claimed' };
      return kubectl(['create', '-f', '-'], {
        stdin: stringify({
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          metadata: { name: 'claimed', namespace: NAMESPACE, ownerReferences: [owner] },
          spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
        }),
      });
    },
    refusedBy: NOBODY,
  },
  {
    way: 'claims',
    what: 'an exempt owner, claimed by the very UPDATE that brings what it is exempt for',
    async run({ kubectl, admin }) {
      const owner = await exemptReplicaSet(admin);
      const patch = {
        metadata: { ownerReferences: [owner] },
        spec: { containers: [{ name: 'qdrant', image: EXEMPT_IMAGE }] },
      };
      return kubectl(['-n', NAMESPACE, 'patch', 'pod', 'victim', '--type=strategic', '-p', JSON.stringify(patch)]);
    },
    refusedBy: { rule: 'image-registry' },
  },
  {
    way: 'the budget of match conditions',
    what: 'so many annotations that the API server gives up, for the kubelet too',
    run({ kubectl }) {
      const annotations = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [i.toString(36), '']));
      const patch = JSON.stringify({ metadata: { managedFields: [{}], annotations } });
      return kubectl(['-n', NAMESPACE, 'patch', 'pod', 'victim', '--type=merge', '--patch-file=/dev/stdin'], {
        stdin: patch,
      });
    },
    refusedBy: 'the API server',
  },
  { way: 'workloads', what: 'a Deployment', run: workload('apps/v1', 'Deployment', SELECTED), refusedBy: NOBODY },
  { way: 'workloads', what: 'a ReplicaSet', run: workload('apps/v1', 'ReplicaSet', SELECTED), refusedBy: NOBODY },
  {
    way: 'workloads',
    what: 'a StatefulSet',
    run: workload('apps/v1', 'StatefulSet', { ...SELECTED, serviceName: 'x' }),
    refusedBy: NOBODY,
  },
  { way: 'workloads', what: 'a DaemonSet', run: workload('apps/v1', 'DaemonSet', SELECTED), refusedBy: NOBODY },
  { way: 'workloads', what: 'a Job', run: workload('batch/v1', 'Job', { template: JOB_TEMPLATE }), refusedBy: NOBODY },
  {
    way: 'workloads',
    what: 'a Job made from a CronJob',
    async run({ kubectl }) {
      const made = await workload('batch/v1', 'CronJob', {
        schedule: '0 0 1 1 *',
        jobTemplate: { spec: { template: JOB_TEMPLATE } },
      })({ kubectl, admin: kubectl });
      if (made.code !== 0) return made;
      return kubectl(['-n', NAMESPACE, 'create', 'job', 'from-cron', '--from=cronjob/bad-cronjob']);
    },
    refusedBy: NOBODY,
  },
  {
    way: 'workloads',
    what: 'a ReplicationController',
    run: workload('v1', 'ReplicationController', { selector: LABELS, template: TEMPLATE }),
    refusedBy: NOBODY,
  },
  {
    way: 'what was there before',
    what: 'scaling up a workload whose template breaks the rules',
    run: inNamespace('scale', 'deployment', 'legacy', '--replicas=3'),
    refusedBy: NOBODY,
  },
  {
    way: 'what was there before',
    what: 'rolling back to a template that breaks the rules',
    run: inNamespace('rollout', 'undo', 'deployment', 'reformed'),
    refusedBy: NOBODY,
  },
  {
    way: 'what was there before',
    what: 'a debug container in a pod that is being deleted',
    async run({ kubectl }) {
      await kubectl(['-n', NAMESPACE, 'delete', 'pod', 'dying', '--wait=false']);
      return kubectl(['-n', NAMESPACE, 'debug', 'dying', '--image=tools:1.8', '--profile=sysadmin', '-c', 'x']);
    },
    refusedBy: { rule: 'privileged' },
  },
  {
    way: 'updates',
    what: 'a good pod replaced by a bad one of its name',
    run: inNamespace('patch', 'pod', 'victim', '--type=merge', '-p', '{"spec":{"hostNetwork":true}}'),
    refusedBy: 'the API server',
  },
  {
    way: 'updates',
    what: 'an AppArmor annotation put on a running pod',
    run: inNamespace('annotate', 'pod', 'victim', 'container.apparmor.security.beta.kubernetes.io/qdrant=unconfined'),
    refusedBy: 'the API server',
  },
  {
    way: 'updates',
    what: 'an AppArmor annotation put on a running pod through its status',
    run: inNamespace(
      ...['patch', 'pod', 'victim', '--subresource=status', '--type=merge', '-p'],
      JSON.stringify({
        metadata: { annotations: { 'container.apparmor.security.beta.kubernetes.io/qdrant': 'unconfined' } },
      }),
    ),
    refusedBy: 'the API server',
  },
  {
    way: 'bindings',
    what: 'a label through pods/binding',
    run: post(
      `${PODS_PATH}/victim/binding`,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'victim', namespace: NAMESPACE, labels: { app: 'qdrant' } },
        target: { kind: 'Node', name: 'n' },
      }),
    ),
    refusedBy: { rule: 'binding-metadata' },
  },
  {
    way: 'bindings',
    what: 'a label through the older bindings',
    run: post(
      `/api/v1/namespaces/${NAMESPACE}/bindings`,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'victim', namespace: NAMESPACE, labels: { app: 'qdrant' } },
        target: { kind: 'Node', name: 'n' },
      }),
    ),
    refusedBy: { rule: 'binding-metadata' },
  },
  {
    way: 'the namespace',
    what: 'taking away the label that chooses it, then a bad pod',
    async run({ kubectl }) {
      await kubectl(['label', 'namespace', NAMESPACE, 'kubernetes.io/metadata.name-']);
      return create(bad('unlabelled'))({ kubectl, admin: kubectl });
    },
    refusedBy: { rule: 'host-namespaces' },
  },
  {
    way: 'the namespace',
    what: 'changing that label to another name, then a bad pod',
    async run({ kubectl }) {
      await kubectl(['label', '--overwrite', 'namespace', NAMESPACE, 'kubernetes.io/metadata.name=elsewhere']);
      return create(bad('relabelled'))({ kubectl, admin: kubectl });
    },
    refusedBy: { rule: 'host-namespaces' },
  },
  {
    way: 'the namespace',
    what: 'every other label that might switch engines off, then a bad pod',
    async run({ kubectl }) {
      const labels = [
        'admission.gatekeeper.sh/ignore=yes',
        'pod-security.kubernetes.io/enforce=privileged',
        'control-plane=true',
      ];
      await kubectl(['label', '--overwrite', 'namespace', NAMESPACE, ...labels]);
      return create(bad('labelled'))({ kubectl, admin: kubectl });
    },
    refusedBy: { rule: 'host-namespaces' },
  },
  {
    way: 'the guard',
    what: 'deleting the registration',
    run: ({ kubectl }) => kubectl(['delete', 'validatingwebhookconfigurations', '--all']),
    refusedBy: 'the API server',
  },
  {
    way: 'the guard',
    what: 'turning the registration into advice',
    async run({ kubectl, admin }) {
      const { stdout: name } = await admin(['get', 'validatingwebhookconfigurations', '-o', 'name']);
      const patch = '[{"op":"replace","path":"/webhooks/0/failurePolicy","value":"Ignore"}]';
      return kubectl(['patch', name.trim(), '--type=json', '-p', patch]);
    },
    refusedBy: 'the API server',
  },
  {
    way: 'other versions',
    what: 'a group version that is no longer served',
    run: post(
      `/apis/extensions/v1beta1/namespaces/${NAMESPACE}/deployments`,
      JSON.stringify({ ...deployment(NAMESPACE, 'older', HOST_NETWORK), apiVersion: 'extensions/v1beta1' }),
    ),
    refusedBy: 'the API server',
  },
  {
    way: 'other encodings',
    what: 'a pod in YAML, sent as it is',
    run: ({ kubectl }) => kubectl(['create', '--raw', PODS_PATH, '-f', '-'], { stdin: stringify(bad('yaml')) }),
    refusedBy: 'the API server',
  },
  {
    way: 'replacement',
    what: 'kubectl replace --force of a good pod by a bad one',
    run: ({ kubectl }) =>
      kubectl(['replace', '--force', '--grace-period=0', '-f', '-'], { stdin: stringify(bad('replaced')) }),
    refusedBy: { rule: 'host-namespaces' },
  },
  {
    way: 'combinations',
    what: 'many violations at once, to drown the one that matters',
    run: create(
      podWith('drowned', {
        hostNetwork: true,
        containers: Array.from({ length: 60 }, (_, i) =>
          containerWith({
            name: `c${i}`,
            securityContext: contextWith({ capabilities: { add: ['SYS_ADMIN', 'NET_ADMIN'] } }),
          }),
        ),
      }),
    ),
    refusedBy: { rule: 'capabilities-restricted' },
  },
];

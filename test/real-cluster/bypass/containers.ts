import { type Attempt, containerWith, contextWith, create, NAMESPACE, PODS_PATH, podWith } from './attempt.ts';

const PRIVILEGED = contextWith({ privileged: true, allowPrivilegeEscalation: true });
/** A container as `kubectl debug --profile=sysadmin` adds it. */
const DEBUG = { name: 'intruder', image: 'tools:1.8', securityContext: { privileged: true } };

function ephemeral(name: string, verb: readonly string[], body: object): Attempt['run'] {
  return ({ kubectl }) =>
    kubectl(['-n', NAMESPACE, ...verb, 'pod', name, '--subresource=ephemeralcontainers', '-p', JSON.stringify(body)]);
}

/** Ways in through the kinds of containers, and through values that look harmless. */
export const CONTAINER_ATTEMPTS: readonly Attempt[] = [
  {
    way: 'ephemeral containers',
    what: 'kubectl debug with the profile sysadmin',
    run: ({ kubectl }) =>
      kubectl(['-n', NAMESPACE, 'debug', 'victim', '--image=tools:1.8', '--profile=sysadmin', '-c', 'a']),
    refusedBy: { rule: 'privileged' },
  },
  {
    way: 'ephemeral containers',
    what: 'kubectl debug with nothing said, which runs as the image wants',
    run: ({ kubectl }) => kubectl(['-n', NAMESPACE, 'debug', 'victim', '--image=tools:1.8', '-c', 'b']),
    refusedBy: { rule: 'allow-privilege-escalation' },
  },
  {
    way: 'ephemeral containers',
    what: 'a strategic merge patch of the subresource',
    run: ephemeral('victim', ['patch', '--type=strategic'], { spec: { ephemeralContainers: [DEBUG] } }),
    refusedBy: { rule: 'privileged' },
  },
  {
    way: 'ephemeral containers',
    what: 'a JSON patch of the subresource',
    run: ephemeral(
      'victim',
      ['patch', '--type=json'],
      [{ op: 'add', path: '/spec/ephemeralContainers', value: [DEBUG] }],
    ),
    refusedBy: { rule: 'privileged' },
  },
  {
    way: 'ephemeral containers',
    what: 'in the pod itself, on creation',
    run: create(podWith('ephemeral', { ephemeralContainers: [DEBUG] })),
    refusedBy: 'the API server',
  },
  {
    way: 'container lists',
    what: 'an init container',
    run: create(podWith('init', { initContainers: [containerWith({ name: 'init', securityContext: PRIVILEGED })] })),
    refusedBy: { rule: 'privileged' },
  },
  {
    way: 'container lists',
    what: 'a native sidecar',
    run: create(
      podWith('sidecar', {
        initContainers: [containerWith({ name: 'side', restartPolicy: 'Always', securityContext: PRIVILEGED })],
      }),
    ),
    refusedBy: { rule: 'privileged' },
  },
  {
    way: 'container lists',
    what: 'a second container without a security context',
    run: create(podWith('second', { containers: [containerWith(), { name: 'second', image: 'x:1' }] })),
    refusedBy: { rule: 'allow-privilege-escalation' },
  },
  {
    way: 'container lists',
    what: 'one bad container behind two hundred good ones',
    run: create(
      podWith('many', {
        containers: [
          ...Array.from({ length: 200 }, (_, i) => containerWith({ name: `c${i}` })),
          containerWith({ name: 'last', securityContext: PRIVILEGED }),
        ],
      }),
    ),
    refusedBy: { rule: 'privileged' },
  },
  {
    way: 'names',
    what: 'a container called constructor',
    run: create(
      podWith('proto', { containers: [containerWith({ name: 'constructor', securityContext: PRIVILEGED })] }),
    ),
    refusedBy: { rule: 'privileged' },
  },
  {
    way: 'names',
    what: 'labels and annotations called constructor and toString',
    run: create(
      podWith(
        'keys',
        { hostNetwork: true },
        { labels: { constructor: 'x', toString: 'x' }, annotations: { valueOf: 'x' } },
      ),
    ),
    refusedBy: { rule: 'host-namespaces' },
  },
  {
    way: 'names',
    what: 'a __proto__ key that makes the pod look hardened',
    run: (tools) =>
      tools.kubectl(['create', '--raw', PODS_PATH, '-f', '-'], {
        stdin: JSON.stringify(podWith('pollution', { hostPID: true })).replace(
          '"spec":{',
          '"__proto__":{"hostPID":false},"spec":{"__proto__":{"hostPID":false},',
        ),
      }),
    refusedBy: { rule: 'host-namespaces' },
  },
  {
    way: 'inheritance',
    what: 'root at the pod, masked by the container',
    run: create(podWith('masked', { securityContext: { runAsUser: 0, seccompProfile: { type: 'RuntimeDefault' } } })),
    refusedBy: { rule: 'run-as-user' },
  },
  {
    way: 'inheritance',
    what: 'runAsNonRoot false at the container, true at the pod',
    run: create(
      podWith('unset', { containers: [containerWith({ securityContext: contextWith({ runAsNonRoot: false }) })] }),
    ),
    refusedBy: { rule: 'run-as-non-root' },
  },
  {
    way: 'inheritance',
    what: 'a seccomp profile of its own that is Unconfined',
    run: create(
      podWith('unconfined', {
        containers: [containerWith({ securityContext: contextWith({ seccompProfile: { type: 'Unconfined' } }) })],
      }),
    ),
    refusedBy: { rule: 'seccomp-profile-restricted' },
  },
  {
    way: 'values',
    what: 'capabilities dropped in lower case',
    run: create(
      podWith('lower', {
        containers: [containerWith({ securityContext: contextWith({ capabilities: { drop: ['all'] } }) })],
      }),
    ),
    refusedBy: { rule: 'capabilities-restricted' },
  },
  {
    way: 'values',
    what: 'everything dropped, and one capability added by its long name',
    run: create(
      podWith('long', {
        containers: [
          containerWith({ securityContext: contextWith({ capabilities: { drop: ['ALL'], add: ['CAP_SYS_ADMIN'] } }) }),
        ],
      }),
    ),
    refusedBy: 'the API server',
  },
  {
    way: 'values',
    what: 'everything dropped, and one capability added back',
    run: create(
      podWith('added', {
        containers: [
          containerWith({ securityContext: contextWith({ capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } }) }),
        ],
      }),
    ),
    refusedBy: { rule: 'capabilities-restricted' },
  },
  {
    way: 'values',
    what: 'an AppArmor annotation for the container',
    run: create(
      podWith(
        'armor',
        {},
        {
          annotations: { 'container.apparmor.security.beta.kubernetes.io/qdrant': 'unconfined' },
        },
      ),
    ),
    refusedBy: { rule: 'app-armor-profile' },
  },
  {
    way: 'values',
    what: 'a readiness probe that makes the kubelet call a metadata server',
    run: create(
      podWith('probe', {
        containers: [containerWith({ readinessProbe: { httpGet: { host: '169.254.169.254', port: 80 } } })],
      }),
    ),
    refusedBy: { rule: 'host-probes-and-host-lifecycle' },
  },
  {
    way: 'another platform',
    what: 'os windows on a Linux cluster, to be let off what Windows cannot set',
    run: create(
      podWith('windows', {
        os: { name: 'windows' },
        nodeSelector: { 'kubernetes.io/os': 'linux' },
        securityContext: { runAsNonRoot: true },
        containers: [{ name: 'x', image: 'x:1', ports: [{ containerPort: 80, hostPort: 80 }] }],
      }),
    ),
    refusedBy: { rule: 'host-ports' },
  },
  {
    way: 'another platform',
    what: 'root in a user namespace that the node may not have',
    run: create(podWith('userns', { hostUsers: false, securityContext: { runAsUser: 0 } })),
    refusedBy: { rule: 'run-as-user' },
  },
  {
    way: 'volumes',
    what: 'a hostPath behind a harmless volume',
    run: create(
      podWith('hostpath', {
        volumes: [
          { name: 'tmp', emptyDir: {} },
          { name: 'constructor', hostPath: { path: '/' } },
        ],
      }),
    ),
    refusedBy: { rule: 'restricted-volumes' },
  },
  {
    way: 'volumes',
    what: 'a volume that names two sources',
    run: create(podWith('two', { volumes: [{ name: 'both', emptyDir: {}, hostPath: { path: '/' } }] })),
    refusedBy: 'the API server',
  },
  {
    way: 'volumes',
    what: 'a file server of its own',
    run: create(podWith('nfs', { volumes: [{ name: 'out', nfs: { server: '198.51.100.7', path: '/' } }] })),
    refusedBy: { rule: 'restricted-volumes' },
  },
  {
    way: 'size',
    what: 'a privileged pod with a megabyte of environment',
    run: create(
      podWith('huge', {
        containers: [
          containerWith({
            env: Array.from({ length: 9000 }, (_, i) => ({ name: `V${i}`, value: 'x'.repeat(80) })),
            securityContext: PRIVILEGED,
          }),
        ],
      }),
    ),
    refusedBy: { rule: 'privileged' },
  },
];

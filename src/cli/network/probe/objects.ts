import type { JsonObject } from '../../../k8s/object.ts';

/** Begins the names of the namespaces of probes, unless one was named. */
export const PREFIX = 'qdrant-admission-probe-';
/** On the namespaces of probes, with the id of the run: how a later run knows what a killed one left. */
export const LABEL = 'admission.qdrant.io/network-probe';

export const DIRECTIONS = ['ingress', 'egress'] as const;
/** What a default deny denies. */
export type Direction = (typeof DIRECTIONS)[number];

export const SERVER = 'server';
export const CLIENT = 'client';
export const ACCOUNT = 'probe';

const PORT = 8080;
/** As long as this a connection may take, in milliseconds: a plugin that drops packets never answers. */
const LONGEST_ATTEMPT_MS = 1000;
const BETWEEN_ATTEMPTS_MS = 100;

/** Holds its pods to the restricted profile, whatever the cluster does by default. */
export function namespaceOf(name: string, run: string): JsonObject {
  const levels = ['enforce', 'warn', 'audit'].map((mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted']);
  const labels = { 'app.kubernetes.io/managed-by': 'qdrant-admission', [LABEL]: run, ...Object.fromEntries(levels) };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

/** An account of its own: that of the namespace comes some time after the namespace. */
export function account(): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: ACCOUNT },
    automountServiceAccountToken: false,
  };
}

/** Denies every pod of its namespace every connection in one direction. */
export function defaultDeny(direction: Direction): JsonObject {
  const type = { ingress: 'Ingress', egress: 'Egress' }[direction];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: policyName(direction) },
    spec: { podSelector: {}, policyTypes: [type] },
  };
}

export function policyName(direction: Direction): string {
  return `default-deny-${direction}`;
}

/** What all pods of a probe share. */
export interface PodSettings {
  readonly image: string;
  /** They end by themselves after so long, whatever becomes of the probe. */
  readonly seconds: number;
}

/** Takes every connection. */
export function serverPod(settings: PodSettings): JsonObject {
  const script = `require('node:net')
    .createServer((socket) => socket.on('error', () => {}).resume())
    .listen(${PORT});`;
  return pod(SERVER, script, settings);
}

/**
 * Connects over and over, each time anew: an open connection may outlive a policy. It goes on in one pod, for a pod that
 * has just started may be open for a moment. It logs one line an attempt, which `readAttempts` reads.
 */
export function clientPod(addresses: readonly string[], settings: PodSettings): JsonObject {
  const script = `const { connect } = require('node:net');
    const attempt = (host) => new Promise((answer) => {
      const socket = connect({ host, port: ${PORT} });
      const end = (said) => { socket.destroy(); answer([host, said]); };
      socket.setTimeout(${LONGEST_ATTEMPT_MS}, () => end('no answer'));
      socket.on('connect', () => end('open')).on('error', (error) => end(error.code || 'failed'));
    });
    (async () => {
      for (let number = 1; ; number++) {
        const outcomes = await Promise.all(${JSON.stringify(addresses)}.map(attempt));
        console.log(JSON.stringify({ number, outcomes }));
        await new Promise((next) => setTimeout(next, ${BETWEEN_ATTEMPTS_MS}));
      }
    })();`;
  return pod(CLIENT, script, settings);
}

/** Guaranteed, without rights, and without a token: as the rules of this program want it. */
function pod(name: string, script: string, { image, seconds }: PodSettings): JsonObject {
  const resources = { cpu: '100m', memory: '96Mi' };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      labels: { 'app.kubernetes.io/managed-by': 'qdrant-admission', 'sidecar.istio.io/inject': 'false' },
    },
    spec: {
      activeDeadlineSeconds: seconds,
      // As the first process of its container, Node.js ignores the signal to end.
      terminationGracePeriodSeconds: 1,
      restartPolicy: 'Never',
      serviceAccountName: ACCOUNT,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65_532,
        runAsGroup: 65_532,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name,
          image,
          imagePullPolicy: 'IfNotPresent',
          command: ['node', '--eval', script],
          resources: { requests: resources, limits: resources },
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
            privileged: false,
            readOnlyRootFilesystem: true,
          },
        },
      ],
    },
  };
}

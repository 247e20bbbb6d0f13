import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { webhookConfiguration } from '../../../src/registration/webhook.ts';
import { RULES } from '../../../src/rules/index.ts';
import { defaultDeny } from '../../support/network-objects.ts';
import { startWebhook, type WebhookProcess } from '../../support/webhook-process.ts';
import type { SharedCluster } from '../harness/cluster.ts';

/** A namespace that the real API server asks our real process about. */
export interface Protection {
  readonly namespace: string;
  readonly webhook: WebhookProcess;
  /** Replaces the process by one with another configuration, on the same port. */
  restart(config: object): Promise<void>;
  /** Gives the process another configuration for the same namespace, as an upgrade does. */
  reconfigure(config: object): Promise<void>;
  /** Ends the process; the registration stays, as when all replicas are down. */
  stopWebhook(): Promise<void>;
  /** Takes the registration and the process away. */
  remove(): Promise<void>;
}

/** Nobody verifies images where there is no registry, and that is meant: else every admission of a pod carries a warning. */
const UNVERIFIED = { verify: false };

/** Somebody answers for it that NetworkPolicies are enforced: the same. */
export const ENFORCED = { enforcement: { plugin: 'none, it is a test', responsible: 'tests' } };

/** A configuration that protects one namespace, with what differs from the defaults. */
export function configFor(namespace: string, settings: object = {}): object {
  return {
    version: 1,
    network: ENFORCED,
    images: UNVERIFIED,
    namespaces: [{ names: [namespace], profile: 'private', ...settings }],
  };
}

/** Makes a namespace, starts the webhook and registers it: failurePolicy Fail, rules and match conditions as generated. */
export async function protect(
  cluster: SharedCluster,
  namespace: string,
  config: object = configFor(namespace),
): Promise<Protection> {
  await ensureNamespace(cluster, namespace);
  const start = (settings: object, port?: number) =>
    startWebhook({
      config: settings,
      host: cluster.webhookHost,
      kubeconfig: cluster.kubeconfig,
      bind: cluster.provider === 'local' ? '127.0.0.1' : '0.0.0.0',
      ...(port !== undefined && { port }),
    });
  const name = `qdrant-admission-${randomBytes(4).toString('hex')}`;
  let webhook = await start(config);
  const register = () =>
    apply(
      cluster,
      webhookConfiguration(RULES, {
        name,
        clientConfig: {
          url: `https://${cluster.webhookHost}:${webhook.port}/validate`,
          caBundle: webhook.caBundle,
        },
        namespaces: [namespace],
        failurePolicy: 'Fail',
        timeoutSeconds: 5,
      }),
    );
  await register();
  await untilAsked(cluster, namespace);
  return {
    namespace,
    get webhook() {
      return webhook;
    },
    async restart(settings) {
      const { port } = webhook;
      await webhook.stop();
      webhook = await start(settings, port);
      await register();
      await untilAsked(cluster, namespace);
    },
    reconfigure: (settings) => webhook.reconfigure(settings),
    async stopWebhook() {
      await webhook.stop();
    },
    async remove() {
      await must(cluster.kubectl(['delete', 'validatingwebhookconfiguration', name, '--wait=false']));
      await webhook.stop();
      await must(cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']));
    },
  };
}

/** Makes a namespace, with what no pod enters without: a default deny, and the default ServiceAccount, which takes a moment. */
export async function ensureNamespace(cluster: SharedCluster, namespace: string): Promise<void> {
  await apply(cluster, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await apply(cluster, defaultDeny(namespace));
  await until(`the default ServiceAccount of ${namespace}`, async () => {
    const { code } = await cluster.kubectl(['-n', namespace, 'get', 'serviceaccount', 'default']);
    return code === 0;
  });
}

/** `kubectl apply` of one object; throws what kubectl says where it fails. */
export async function apply(cluster: SharedCluster, object: object): Promise<void> {
  await must(cluster.kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(object) }));
}

/** Waits for something that the cluster does in its own time; gives up after a minute, or as told, and says what was awaited. */
export async function until(what: string, done: () => Promise<boolean>, mostMs = 60_000): Promise<void> {
  const end = Date.now() + mostMs;
  while (!(await done())) {
    if (Date.now() > end) throw new Error(`waited ${mostMs / 1000} s in vain for ${what}`);
    await sleep(100);
  }
}

/** The standard output of a command that must succeed. */
export async function must(result: Promise<{ code: number; stdout: string; stderr: string }>): Promise<string> {
  const { code, stdout, stderr } = await result;
  if (code !== 0) throw new Error(`exit ${code}: ${stderr || stdout}`);
  return stdout;
}

/** The API server learns of a registration by watch: until then it lets everything in. */
async function untilAsked(cluster: SharedCluster, namespace: string): Promise<void> {
  const bad = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'probe', namespace },
    spec: { hostNetwork: true, containers: [{ name: 'probe', image: 'probe', securityContext: { privileged: true } }] },
  });
  await until('the API server to ask the webhook', async () => {
    const { stderr } = await cluster.kubectl(['create', '--dry-run=server', '-f', '-'], { stdin: bad });
    return stderr.includes('denied the request');
  });
}

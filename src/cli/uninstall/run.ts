import { setTimeout as sleep } from 'node:timers/promises';
import { KubeConfigError } from '../../cluster/access.ts';
import { createKubeClient, type KubeClient } from '../../cluster/client.ts';
import { findCluster } from '../../cluster/kubeconfig.ts';
import { isNotFound, KubeError, pathOf, refusal } from '../../cluster/wire.ts';
import { type CommandContext, EXIT } from '../shared/context.ts';

export type UninstallFlags = {
  readonly 'webhook-configuration': string;
  readonly 'guard-binding': string | undefined;
  readonly 'timeout-seconds': number;
  readonly kubeconfig: string | undefined;
};

const BETWEEN_TRIES_MS = 500;

const BINDINGS = kind('validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding');
const CONFIGURATIONS = kind('validatingwebhookconfigurations', 'ValidatingWebhookConfiguration');

function kind(plural: string, name: string) {
  return { group: 'admissionregistration.k8s.io', version: 'v1', plural, kind: name, namespaced: false } as const;
}

/**
 * `uninstall`: takes the webhook configuration away, so that nothing is refused once the program is gone. The guard
 * goes first: this command's account is not one that the guard lets delete the configuration, so that the deletion
 * succeeds only where the API server that answers has noticed that the guard is gone.
 */
export async function uninstall(
  flags: UninstallFlags,
  _: readonly [],
  { stdout, stderr, env, signal }: CommandContext,
): Promise<number> {
  const binding = flags['guard-binding'];
  const objects = [
    ...(binding ? [{ resource: BINDINGS, name: binding }] : []),
    { resource: CONFIGURATIONS, name: flags['webhook-configuration'] },
  ];
  try {
    const client = createKubeClient(await findCluster({ kubeconfig: flags.kubeconfig, env }));
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(flags['timeout-seconds'] * 1000)]);
    for (const { resource, name } of objects) {
      stdout.write(`${resource.kind} ${name}: ${await remove(client, pathOf(resource, '', name), deadline)}\n`);
    }
    return EXIT.accepted;
  } catch (error) {
    if (!(error instanceof KubeError || error instanceof KubeConfigError)) throw error;
    stderr.write(`${error.message}\n`);
    return error instanceof KubeConfigError ? EXIT.usage : EXIT.unknown;
  }
}

/**
 * Deletes one object. Whatever stands against it may pass: a guard or a role binding that not every API server has
 * heard of yet, an API server that restarts. @throws KubeError with the last of it once there is no time left
 */
async function remove(client: KubeClient, path: string, signal: AbortSignal): Promise<string> {
  let reason = new KubeError(`DELETE ${path}: there was no time to try`);
  while (!signal.aborted) {
    try {
      const { status, body } = await client.request({ method: 'DELETE', path, signal });
      if (status >= 200 && status <= 299) return 'deleted';
      if (isNotFound(status, body)) return 'was not there';
      reason = refusal(status, body);
    } catch (error) {
      if (!signal.aborted) {
        if (!(error instanceof KubeError)) throw error;
        reason = error;
      }
    }
    await sleep(BETWEEN_TRIES_MS, undefined, { signal }).catch(() => undefined);
  }
  throw reason;
}

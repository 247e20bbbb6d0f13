import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { KubeConfigError } from '../../cluster/access.ts';
import { createKubeClient, type KubeClient } from '../../cluster/client.ts';
import { findCluster } from '../../cluster/kubeconfig.ts';
import { isNotFound, KubeError, pathOf, refusal } from '../../cluster/wire.ts';
import { type CommandContext, EXIT } from '../shared/context.ts';

const USAGE = `usage: qdrant-admission uninstall --webhook-configuration NAME [--guard-binding NAME]
  --webhook-configuration NAME  the ValidatingWebhookConfiguration to delete
  --guard-binding NAME          the ValidatingAdmissionPolicyBinding to delete before it
  --timeout-seconds NUMBER      how long to try (180)
  --kubeconfig FILE             how to reach the cluster, where this runs outside of it
`;

const OPTIONS = {
  'webhook-configuration': { type: 'string' },
  'guard-binding': { type: 'string' },
  'timeout-seconds': { type: 'string', default: '180' },
  kubeconfig: { type: 'string' },
} as const;

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
export async function uninstallCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const { stdout, stderr, env, signal } = context;
  const settings = settingsOf(args);
  if (typeof settings === 'string') {
    stderr.write(`${settings}\n${USAGE}`);
    return EXIT.usage;
  }
  try {
    const client = createKubeClient(await findCluster({ kubeconfig: settings.kubeconfig, env }));
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(settings.timeoutMs)]);
    for (const { resource, name } of settings.objects) {
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

function settingsOf(args: readonly string[]) {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const { 'webhook-configuration': configuration, 'guard-binding': binding, kubeconfig } = values;
  if (!configuration) return '--webhook-configuration is missing';
  const seconds = Number(values['timeout-seconds']);
  if (!Number.isInteger(seconds) || seconds < 1) return '--timeout-seconds: expected a number, 1 or more';
  const objects = [
    ...(binding ? [{ resource: BINDINGS, name: binding }] : []),
    { resource: CONFIGURATIONS, name: configuration },
  ];
  return { objects, timeoutMs: seconds * 1000, kubeconfig };
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, strict: true, allowPositionals: false }).values;
}

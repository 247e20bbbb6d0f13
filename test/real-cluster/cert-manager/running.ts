import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certManagerSource, ensureBinaries } from '../harness/binaries.ts';
import type { SharedCluster } from '../harness/cluster.ts';
import { createComponents } from '../harness/components.ts';
import { type Helm, objectsOf } from '../support/helm.ts';
import { ensureNamespace, must } from '../support/protected.ts';

const NAMESPACE = 'cert-manager';

/** What its chart brings that is no use without its image. */
const WITHOUT_ITS_PODS = [
  'Deployment',
  'Job',
  'MutatingWebhookConfiguration',
  'Service',
  'ValidatingWebhookConfiguration',
];

/** cert-manager with its own CRDs, accounts and rights; its two processes run here, each with the token of its account. */
export interface CertManager {
  stop(): Promise<void>;
}

/** Installs it from its own chart, under its usual names, and starts it. Builds it first if need be. */
export async function startCertManager(cluster: SharedCluster, helm: Helm): Promise<CertManager> {
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const { 'cert-manager': binary } = await ensureBinaries(['cert-manager'], log);
  const chart = join(await certManagerSource(), 'deploy/charts/cert-manager');
  const template = ['template', 'cert-manager', chart, '--namespace', NAMESPACE, '--set', 'crds.enabled=true'];
  const objects = objectsOf(await must(helm.run(template))).filter(({ kind }) => !WITHOUT_ITS_PODS.includes(kind));
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  const { kubectl } = cluster;

  await ensureNamespace(cluster, NAMESPACE);
  await must(kubectl(['apply', '--server-side', '-f', '-'], { stdin: list }));
  await must(kubectl(['wait', '--for=condition=Established', '--timeout=55s', 'crd/certificates.cert-manager.io']));

  const folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-cert-manager-'));
  const processes = createComponents(folder, log);
  for (const [command, account] of Object.entries({
    controller: 'cert-manager',
    cainjector: 'cert-manager-cainjector',
  })) {
    const kubeconfig = join(folder, `${command}.kubeconfig`);
    await writeFile(kubeconfig, JSON.stringify(await kubeconfigOf(cluster, account)), { mode: 0o600 });
    processes.start(command, binary, [command, kubeconfig]);
  }
  return {
    async stop() {
      await processes.endAll();
      await rm(folder, { recursive: true, force: true });
      await kubectl(['delete', '--ignore-not-found', '--timeout=55s', '-f', '-'], { stdin: list });
      await kubectl(['delete', 'namespace', NAMESPACE, '--wait=false']);
    },
  };
}

/** The cluster as that service account sees it. */
async function kubeconfigOf({ kubectl }: SharedCluster, account: string): Promise<object> {
  const view = await must(kubectl(['config', 'view', '--raw', '--minify', '--output=json']));
  const { clusters } = JSON.parse(view) as { readonly clusters: readonly [{ readonly cluster: object }] };
  const token = (await must(kubectl(['create', 'token', account, '-n', NAMESPACE, '--duration=2h']))).trim();
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'cluster', cluster: clusters[0].cluster }],
    users: [{ name: account, user: { token } }],
    contexts: [{ name: account, context: { cluster: 'cluster', user: account } }],
    'current-context': account,
  };
}

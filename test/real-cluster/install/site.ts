import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { output } from '../harness/run.ts';
import type { Log } from '../harness/setup-error.ts';
import { CHART, type Helm, startHelm } from '../support/helm.ts';
import { pod } from '../support/pods.ts';
import { ensureNamespace, must, until } from '../support/protected.ts';
import { type InstallChoice, type InstallCluster, startInstallCluster } from './cluster.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

/** Name of the release, of its namespace, and so of its objects. */
export const RELEASE = 'qdrant-admission';

/** The protected namespace. */
export const PROTECTED = 'qdrant';

/** Selects the pods of the webhook. */
export const REPLICAS = `app.kubernetes.io/name=${RELEASE},app.kubernetes.io/component=webhook`;

/** A whole cluster on which the chart can be installed. */
export interface Site {
  readonly cluster: InstallCluster;
  readonly helm: Helm;
  /** The program's image, by digest, as it lies in the registry of the cluster. */
  readonly image: string;
  /** The image that it is built on: Node and its libraries. */
  readonly base: string;
  stop(): Promise<void>;
}

/** Starts a cluster, and builds the image from the Dockerfile and this checkout. Throws a SetupError as `startInstallCluster` does. */
export async function startSite(choice: InstallChoice, log: Log): Promise<Site> {
  const cluster = await startInstallCluster(choice, log);
  try {
    const base = await cluster.baseImage();
    const image = await buildProgram(cluster, base);
    const helm = await startHelm(cluster.kubeconfig);
    return {
      cluster,
      helm,
      image,
      base,
      async stop() {
        await helm.stop();
        await cluster.stop();
      },
    };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/** The image of the program as it stands in this checkout. */
export async function buildProgram(cluster: InstallCluster, base: string): Promise<string> {
  const contextDir = await mkdtemp(join(tmpdir(), 'qdrant-admission-image-'));
  try {
    // Not in dist/ of the checkout, which others may be reading.
    await output(process.execPath, ['scripts/build.ts', join(contextDir, 'dist')], { cwd: ROOT });
    for (const name of ['Dockerfile', 'LICENSE']) await copyFile(join(ROOT, name), join(contextDir, name));
    return await buildImage(cluster, base, contextDir);
  } finally {
    await rm(contextDir, { recursive: true });
  }
}

/** The image of a folder with Dockerfile, LICENSE and a built dist/, on a base of the cluster's own registry. */
export function buildImage(cluster: InstallCluster, base: string, contextDir: string): Promise<string> {
  return cluster.buildImage({
    contextDir,
    dockerfile: join(contextDir, 'Dockerfile'),
    buildArgs: { BUNDLE: 'prebuilt', BASE_IMAGE: base },
    ref: 'qdrant/qdrant-admission:built',
    timestamp: 0,
  });
}

/** What a customer with a registry of their own sets, and one protected namespace whose pods may come from there. */
export function valuesFor({ cluster, image }: Pick<Site, 'cluster' | 'image'>, namespaces = [PROTECTED]): object {
  return {
    global: { imageRegistry: cluster.registry },
    image: { digest: image.slice(image.indexOf('@') + 1) },
    policy: {
      namespaces: [
        {
          names: namespaces,
          profile: 'private',
          rules: {
            'image-registry': {
              options: { allowed: ['registry.cloud.qdrant.io', 'docker.io/qdrant', cluster.registry] },
            },
          },
        },
      ],
    },
  };
}

/** `helm install --wait`, and what it prints. */
export async function install(site: Site, values = valuesFor(site), chart = CHART): Promise<string> {
  const { helm } = site;
  const args = [RELEASE, chart, '--namespace', RELEASE, '--create-namespace', '--wait', '--timeout=110s'];
  return must(helm.run(['install', ...args], { values }));
}

/** `helm upgrade --wait`, from this checkout. */
export async function upgrade(site: Site, values: object, ...more: readonly string[]): Promise<void> {
  const args = [RELEASE, CHART, '--namespace', RELEASE, '--wait', '--timeout=110s', ...more];
  await must(site.helm.run(['upgrade', ...args], { values }));
}

/** `--dry-run=server` of a bad pod answers with a refusal of the webhook once an API server asks it. */
export async function untilJudged(site: Site, namespace = PROTECTED): Promise<void> {
  // The API server may ask about the namespace before a kubelet has brought the configuration that names it.
  await until(`the namespace ${namespace} with its default deny`, () =>
    ensureNamespace(site.cluster, namespace).then(
      () => true,
      () => false,
    ),
  );
  await until(`pods of ${namespace} to be judged`, async () => {
    const run = ['run', 'bad', '-n', namespace, '--image=bad', '--privileged', '--dry-run=server'];
    return (await site.cluster.kubectl(run)).stderr.includes('denied the request');
  });
}

/** Tries a pod by dry run: what kubectl says. */
export async function tryPod({ cluster }: Site, namespace: string, spec: object): Promise<string> {
  const stdin = JSON.stringify(pod(namespace, 'try', spec));
  const { stdout, stderr } = await cluster.kubectl(['create', '--dry-run=server', '-f', '-'], { stdin });
  return `${stdout}${stderr}`;
}

/** A pod of the webhook. */
export interface Replica {
  readonly name: string;
  readonly node: string;
  readonly address: string;
  readonly ready: boolean;
  readonly restarts: number;
}

/** All pods of the webhook, those that are leaving included. */
export async function podsOfRelease({ cluster }: Site): Promise<readonly Replica[]> {
  const selector = `--selector=${REPLICAS}`;
  const json = await must(cluster.kubectl(['get', 'pods', '-n', RELEASE, selector, '--output=json']));
  const { items } = JSON.parse(json) as { readonly items: readonly PodOfReplica[] };
  return items.map(({ metadata, spec, status }) => ({
    name: metadata.name,
    node: spec.nodeName ?? '',
    address: status.podIP ?? '',
    ready:
      metadata.deletionTimestamp === undefined &&
      (status.conditions ?? []).some((condition) => condition.type === 'Ready' && condition.status === 'True'),
    restarts: status.containerStatuses?.[0]?.restartCount ?? 0,
  }));
}

interface PodOfReplica {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly restartCount: number }[];
  };
}

/** The pods of the webhook that are ready, by name. */
export async function readyReplicas(site: Site): Promise<ReadonlyMap<string, Replica>> {
  const ready = (await podsOfRelease(site)).filter((pod) => pod.ready);
  return new Map(ready.map((pod) => [pod.name, pod]));
}

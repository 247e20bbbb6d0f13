import type { KubeClient } from '../../cluster/client.ts';
import type { Config } from '../../config/resolve.ts';
import { unknown } from '../../engine/fact.ts';
import type { World } from '../../facts/ports.ts';
import { isJsonObject } from '../../k8s/object.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { ServeSettings } from './settings.ts';

/** The cluster around the webhook, or the lack of one. */
export interface ClusterConnection {
  readonly world: World;
  /** Absent where there is no cluster to talk to. */
  readonly client?: KubeClient;
  /** Watches what the rules of a configuration need. */
  follow(config: Config): void;
  /** Why nothing can be told of the cluster yet; undefined when it can. */
  unready(): string | undefined;
  /** Of these namespaces those that are not there, or undefined where that cannot be told: a name that is misspelt protects nothing. */
  missing(namespaces: Iterable<string>): Promise<readonly string[] | undefined>;
}

interface ConnectionOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly signal: AbortSignal;
}

/** Connects to the cluster that was named, or that this runs in. Elsewhere nothing is watched, and facts are unknown. */
export async function connectCluster(
  { kubeconfig, certificates }: ServeSettings,
  { env, log, metrics, signal }: ConnectionOptions,
): Promise<ClusterConnection> {
  const needed = kubeconfig !== undefined || certificates.mode === 'self';
  if (!needed && !env['KUBERNETES_SERVICE_HOST']) return NO_CLUSTER;
  // Loaded only here: without a cluster the webhook starts sooner and holds less memory.
  const [{ findCluster }, { createKubeClient }, { createWatchedWorld }] = await Promise.all([
    import('../../cluster/kubeconfig.ts'),
    import('../../cluster/client.ts'),
    import('../../cluster/watched-world.ts'),
  ]);
  const client = createKubeClient(await findCluster({ kubeconfig, env }));
  const world = createWatchedWorld({
    client,
    signal,
    hooks: {
      onList: (plural, objects) => log.info({ plural, objects }, 'listed'),
      onError(plural, reason) {
        metrics.watchError(plural);
        log.warn({ plural, reason }, 'a watch failed, and is started again');
      },
    },
  });
  metrics.contactAges(() => world.contactAges());
  return {
    world,
    client,
    follow: ({ namespaces }) => world.follow(namespaces),
    unready: () => (world.ready() ? undefined : 'the cluster has not been listed yet'),
    async missing(namespaces) {
      const listed = await world.list('Namespace', '', signal);
      if (!listed.known) return undefined;
      const there = new Set(listed.value.map(({ metadata }) => isJsonObject(metadata) && metadata['name']));
      return [...namespaces].filter((name) => !there.has(name));
    },
  };
}

/** No rule can be judged by facts that nobody watches: unknown, never empty. */
const NO_CLUSTER: ClusterConnection = {
  world: {
    list: async () => unknown('this webhook does not read the cluster'),
    read: async () => unknown('this webhook does not read the cluster'),
  },
  follow: () => undefined,
  unready: () => undefined,
  missing: async () => undefined,
};

import type { RequestOptions } from 'node:https';
import { type Cluster, KubeConfig, type User } from '@kubernetes/client-node';
import { cut, printable } from '../engine/wording.ts';
import { isJsonObject, type JsonObject } from '../k8s/object.ts';
import { type ClusterAccess, createAgents, fingerprint, KubeConfigError } from './access.ts';

/**
 * Access by a kubeconfig through the client library, which knows proxies, plugins, identity providers and token files.
 * @param kubeconfig parsed, its paths absolute
 * @param source where it was read from, for messages
 * @throws KubeConfigError
 */
export function kubeconfigAccess(kubeconfig: JsonObject, context: string | undefined, source: string): ClusterAccess {
  let config = new KubeConfig();
  try {
    config.loadFromString(JSON.stringify(kubeconfig));
  } catch (error) {
    throw new KubeConfigError(`${source}: ${error instanceof Error ? error.message : error}`);
  }
  const { cluster, user } = choose(config, context, source);
  const groups = impersonatedGroups(kubeconfig, user.name);
  const server = serverOf(cluster, source);
  const agentFor = createAgents();
  let material: string | undefined;

  const apply = async (): Promise<RequestOptions> => {
    const options: RequestOptions = {};
    try {
      await config.applyToHTTPSOptions(options);
    } catch (error) {
      throw new Error(`credentials of ${source}: ${withoutSecrets(error, user)}`);
    }
    return options;
  };

  return {
    server,
    source,
    async requestOptions() {
      let options = await apply();
      if (!cluster.proxyUrl && server.protocol === 'https:') {
        // The library's own agents keep no connection open, and for good the certificates that they were made with.
        options.agent = agentFor(options);
      } else if (fingerprint(options) !== material) {
        if (material !== undefined) {
          config = renewed(config);
          options = await apply();
        }
        material = fingerprint(options);
      }
      if (groups.length > 0) options.headers = { ...options.headers, 'Impersonate-Group': [...groups] };
      return options;
    },
    forgetCredentials() {
      config = renewed(config);
    },
  };
}

function choose(
  config: KubeConfig,
  context: string | undefined,
  source: string,
): { readonly cluster: Cluster; readonly user: User } {
  const current = context ?? config.getCurrentContext();
  if (!current) throw new KubeConfigError(`${source}: current-context is not set: name one with --context`);
  const chosen = config.getContexts().find(({ name }) => name === current);
  if (!chosen) {
    const names = config.getContexts().map(({ name }) => name);
    throw new KubeConfigError(
      `${source}: there is no context ${JSON.stringify(current)}: expected one of ${names.join(', ')}`,
    );
  }
  config.setCurrentContext(current);
  const cluster = config.getClusters().find(({ name }) => name === chosen.cluster);
  if (!cluster) {
    throw new KubeConfigError(`${source}: context ${current} names the cluster ${chosen.cluster}, which is not there`);
  }
  const user = config.getUsers().find(({ name }) => name === chosen.user);
  if (!user) {
    throw new KubeConfigError(`${source}: context ${current} names the user ${chosen.user}, which is not there`);
  }
  return { cluster, user };
}

/** `as-groups`, which the client library leaves out: without them a request would be made as somebody else. */
function impersonatedGroups(kubeconfig: JsonObject, name: string): string[] {
  const users = kubeconfig['users'] as readonly JsonObject[];
  const user = users.find((entry) => entry['name'] === name)?.['user'];
  const groups = isJsonObject(user) ? user['as-groups'] : undefined;
  return Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [];
}

/** The same configuration with nothing cached. */
function renewed(config: KubeConfig): KubeConfig {
  const fresh = new KubeConfig();
  fresh.loadFromOptions({
    clusters: config.getClusters(),
    users: config.getUsers(),
    contexts: config.getContexts(),
    currentContext: config.getCurrentContext(),
  });
  return fresh;
}

function serverOf({ server, name }: Cluster, source: string): URL {
  const url = URL.parse(server);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new KubeConfigError(`${source}: cluster ${name}: server is ${JSON.stringify(server)}: expected an https URL`);
  }
  return url;
}

/** A plugin's output is a credential, and an error about JSON that it is not quotes it. */
function withoutSecrets(error: unknown, user: User): string {
  if (error instanceof SyntaxError || error instanceof TypeError) {
    const plugin: unknown = user.exec?.command;
    return plugin === undefined ? `user ${user.name} cannot be read` : `${plugin} printed no ExecCredential`;
  }
  return cut(printable((error instanceof Error ? error.message : String(error)).trim()), 300);
}

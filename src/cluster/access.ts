import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Agent, type RequestOptions } from 'node:https';
import { join } from 'node:path';

/** A kubeconfig that cannot be used; the message names the file and what was expected, and holds no secret. */
export class KubeConfigError extends Error {
  override readonly name = 'KubeConfigError';
}

/** How one cluster is reached and who asks. */
export interface ClusterAccess {
  readonly server: URL;
  /** The file or place that it was read from, for messages. */
  readonly source: string;
  /** TLS and credentials of the next request. Rotated tokens and certificates take effect here. */
  requestOptions(): Promise<RequestOptions>;
  /** Drops cached credentials: the API server refused them (401). */
  forgetCredentials(): void;
}

/** Kept open between requests; the API server closes idle connections by itself. */
const KEPT_SOCKETS = 4;

/**
 * The service account of the pod that this runs in. Token and authority are read for every request: both rotate, and
 * there are few requests. The client library is not needed for it, and would be most of the webhook's idle memory.
 */
export function serviceAccountAccess(host: string, port: string, folder: string): ClusterAccess {
  const agentFor = createAgents();
  return {
    server: new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`),
    source: `service account in ${folder}`,
    async requestOptions() {
      const [token, ca] = await Promise.all([
        readFile(join(folder, 'token'), 'utf8'),
        readFile(join(folder, 'ca.crt')),
      ]);
      return { ca, agent: agentFor({ ca }), headers: { Authorization: `Bearer ${token.trim()}` } };
    },
    forgetCredentials: () => undefined,
  };
}

/** Agents that keep their connections, and make way for new ones when the authority or the client's certificate changes. */
export function createAgents(): (options: RequestOptions) => Agent {
  let agent: Agent | undefined;
  let last: string | undefined;
  return (options) => {
    const material = fingerprint(options);
    if (!agent || material !== last) agent = keepAliveAgent(options);
    last = material;
    return agent;
  };
}

const MATERIAL = ['ca', 'cert', 'key', 'servername', 'rejectUnauthorized'] as const;

/** Tells whether what a TLS connection is made with has changed. */
export function fingerprint(options: RequestOptions): string {
  const hash = createHash('sha256');
  for (const name of MATERIAL) hash.update(`${name}=${options[name]?.toString() ?? ''}\n`);
  return hash.digest('base64');
}

function keepAliveAgent(options: RequestOptions): Agent {
  const { ca, cert, key, servername, rejectUnauthorized } = options;
  return new Agent({
    keepAlive: true,
    maxFreeSockets: KEPT_SOCKETS,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(servername !== undefined && { servername }),
    ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
  });
}

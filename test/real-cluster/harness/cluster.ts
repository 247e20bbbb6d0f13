import { pinnedModule } from './binaries.ts';
import { checkExisting, startExisting } from './existing.ts';
import { missingForKind, startKind } from './kind.ts';
import { type Kubectl, kubectlWith } from './kubectl.ts';
import { missingForLocal, startLocal } from './local.ts';
import { type Log, SetupError } from './setup-error.ts';

export const PROVIDERS = ['existing', 'kind', 'local'] as const;

export type Provider = (typeof PROVIDERS)[number];

/** Which cluster to use; what is left out is chosen. */
export interface ClusterChoice {
  readonly provider?: Provider;
  /** Only, and always, with the provider `existing`. */
  readonly kubeconfig?: string;
  /** A minor version such as "1.34"; the newest pinned one unless given. */
  readonly kubernetes?: string;
  /** Replaces the address that a provider finds for `webhookHost`. */
  readonly webhookHost?: string;
}

export interface ClusterOptions extends ClusterChoice {
  readonly log: Log;
}

/** What there is to know of a running cluster: plain data, which can be handed to another process. */
export interface ClusterAccess {
  readonly provider: Provider;
  /** Path of a kubeconfig with administrator rights. */
  readonly kubeconfig: string;
  /** As /version tells it, e.g. "v1.37.2". */
  readonly serverVersion: string;
  /**
   * Where the API server reaches a server that listens on this machine; belongs into `clientConfig.url` and into the certificate. With
   * the provider `local` it is a loopback address; with the others the server has to listen on all addresses.
   */
  readonly webhookHost: string;
  /** Path of the API server's audit log, one JSON event a line: writes to pods at level RequestResponse. Only with `local`. */
  readonly auditLog?: string;
  readonly kubectlBinary: string;
  /** Folder of what kubectl discovered. */
  readonly kubectlCache: string;
}

/** A cluster that somebody else started and stops. */
export interface SharedCluster extends ClusterAccess {
  readonly kubectl: Kubectl;
}

/** A cluster of one's own. The optional controls exist with the provider `local` only. */
export interface Cluster extends SharedCluster {
  /** Takes everything down and removes it; of an existing cluster, nothing. */
  stop(): Promise<void>;
  /** Every process that was started for it, ended ones included. */
  processIds?(): readonly number[];
  /** Kills the API server and starts it again on the same port and data; resolves when it is ready. */
  restartApiServer?(): Promise<void>;
  /** Stops etcd in its tracks: the API server then neither reads afresh nor writes. */
  pauseEtcd?(): void;
  resumeEtcd?(): void;
}

/** The cluster behind what another process (vitest's global set-up) handed over. */
export function joinCluster(access: ClusterAccess): SharedCluster {
  const { kubectlBinary: binary, kubectlCache: cache, kubeconfig } = access;
  return { ...access, kubectl: kubectlWith({ binary, kubeconfig, cache }) };
}

/**
 * The provider to use: the one that was named, else `kind` where a Docker engine answers, else `local` where Go is. Throws a SetupError that names
 * what is missing, or which options do not go together. An existing cluster is never chosen by itself.
 */
export async function chooseProvider(choice: ClusterChoice): Promise<Provider> {
  if (choice.provider === 'existing') {
    await checkExisting(choice);
    return 'existing';
  }
  if (choice.kubeconfig !== undefined) {
    throw new SetupError('--kubeconfig names an existing cluster: say so with --provider existing');
  }
  const module = await pinnedModule(choice.kubernetes);
  const lacks = { kind: () => missingForKind(module), local: () => missingForLocal(module) };
  if (choice.provider !== undefined) {
    const missing = await lacks[choice.provider]();
    if (missing !== undefined) {
      throw new SetupError(`the provider ${choice.provider} needs ${missing}`);
    }
    return choice.provider;
  }
  const kind = await lacks.kind();
  if (kind === undefined) {
    return 'kind';
  }
  const local = await lacks.local();
  if (local === undefined) {
    return 'local';
  }
  throw new SetupError(`a real API server needs either ${kind}, or else ${local}`);
}

/** Starts a cluster and waits until it is ready. Throws a SetupError for what a person has to change first. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const provider = await chooseProvider(options);
  const cluster = await startProvider(provider, options);
  return options.webhookHost === undefined ? cluster : { ...cluster, webhookHost: options.webhookHost };
}

async function startProvider(provider: Provider, options: ClusterOptions): Promise<Cluster> {
  const module = await pinnedModule(options.kubernetes);
  switch (provider) {
    case 'existing':
      return startExisting(options, module);
    case 'kind':
      return startKind(module, options.log);
    case 'local':
      return startLocal(module, options.log);
  }
}

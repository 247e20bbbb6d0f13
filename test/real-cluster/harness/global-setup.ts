import type { TestProject } from 'vitest/node';
import { choiceFromEnvironment } from './arguments.ts';
import { type ClusterAccess, startCluster } from './cluster.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** `joinCluster(inject('cluster'))` gives a test the cluster that all of them share. */
    cluster: ClusterAccess;
  }
}

/**
 * Starts one cluster for all test files. Only data crosses into their processes: a test that needs the controls (restart the API
 * server, pause etcd) starts a cluster of its own with `startCluster`.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const cluster = await startCluster({ ...choiceFromEnvironment(process.env), log });
  const { provider, kubeconfig, serverVersion, webhookHost, auditLog, kubectlBinary, kubectlCache } = cluster;
  project.provide('cluster', {
    provider,
    kubeconfig,
    serverVersion,
    webhookHost,
    kubectlBinary,
    kubectlCache,
    ...(auditLog === undefined ? {} : { auditLog }),
  });
  return () => cluster.stop();
}

import {
  type CertificateSettings,
  type Certificates,
  runCertificates,
} from '../../../src/cluster/certificates/rotation.ts';
import type { KubeClient } from '../../../src/cluster/client.ts';
import { parseConfig } from '../../../src/config/load.ts';
import type { ServingCertificate } from '../../../src/runtime/certificate-files.ts';
import { createHandler } from '../../../src/serve/handler.ts';
import { memoryBudget, openAccounts } from '../../../src/serve/memory-budget.ts';
import { createReviewPath } from '../../../src/serve/review-path.ts';
import { type RunningServer, startServer } from '../../../src/serve/server.ts';
import { MEMORY } from '../../support/command-line.ts';
import { NO_WORLD } from '../../support/worlds.ts';
import { configFor } from './protected.ts';

export interface SelfIssuedOptions {
  readonly client: KubeClient;
  readonly settings: CertificateSettings;
  readonly bind: string;
  readonly signal: AbortSignal;
  /** Hears of the port as soon as there is something to serve with. */
  readonly onListening: (port: number) => void;
}

/** A replica of the webhook that keeps its own certificates. */
export interface SelfIssued {
  /** Everything that it has served with, in order. */
  readonly served: readonly ServingCertificate[];
  readonly certificates: Certificates;
  close(): Promise<void>;
}

/** Starts one in this process, where its certificates can live for seconds; the parts are those of `serve`. */
export function startSelfIssued({ client, settings, bind, signal, onListening }: SelfIssuedOptions): SelfIssued {
  const served: ServingCertificate[] = [];
  // It learns nothing of the cluster, so what rests on the namespace's policies cannot be judged.
  const rules = { 'default-deny': { mode: 'off' }, 'wide-policies': { mode: 'off' } };
  const config = parseConfig(JSON.stringify(configFor(settings.namespace, { rules })), 'test');
  const requestLog = { answered() {}, rejected() {}, threw() {} };
  let server: RunningServer | undefined;
  let requests = 0;
  const memory = openAccounts(memoryBudget(MEMORY));
  const reviews = createReviewPath({
    handler: createHandler({
      config: { current: config, refresh: async () => {} },
      ports: NO_WORLD,
      now: () => new Date(),
      requestLog,
      memory: memory.objects,
    }),
    requestLog,
    memory: memory.bodies,
    // Every other answer asks to connect anew: the API server has to look at certificates all the time.
    isDraining: () => requests++ % 2 === 0,
  });
  const certificates = runCertificates({
    client,
    settings,
    async onLeaf(certificate) {
      served.push(certificate);
      if (server) return server.reload(certificate);
      const none = { app() {}, onTlsError() {}, onClose() {} };
      server = await startServer({ bind, port: 0, metricsPort: 0, connections: 100, certificate, reviews, ...none });
      onListening(server.port);
    },
    signal,
    now: Date.now,
    log: { info() {}, warn() {}, error() {} },
  });
  return { served, certificates, close: async () => server?.close() };
}

import { constants } from 'node:crypto';
import { createServer as createPlainServer, type Server as PlainServer, type RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServingCertificate } from '../runtime/certificate-files.ts';

/** Every limit in time, in milliseconds. */
export interface Timeouts {
  readonly handshake: number;
  /** From the first byte of a request to the end of its headers. */
  readonly headers: number;
  /** From the first byte of a request to its last. */
  readonly request: number;
  readonly keepAlive: number;
  /** How often the limits above are looked at. */
  readonly check: number;
  /** For requests in flight, once no new connections are taken. */
  readonly close: number;
}

/**
 * The API server keeps idle connections for 90 seconds, and does not repeat a POST on one that was closed under it:
 * ours must live longer.
 */
export const TIMEOUTS: Timeouts = {
  handshake: 10_000,
  headers: 10_000,
  request: 15_000,
  keepAlive: 120_000,
  check: 2000,
  close: 15_000,
};

/** An API server keeps 25 open, and more in a burst. */
const MOST_CONNECTIONS = 1024;

export interface ServerOptions {
  /** The address to listen on; all, if left out. */
  readonly bind?: string;
  /** 0 takes any that is free. */
  readonly port: number;
  readonly metricsPort: number;
  readonly certificate: ServingCertificate;
  /** Answers over TLS. */
  readonly reviews: RequestListener;
  /** Answers in the clear. */
  readonly app: RequestListener;
  readonly onTlsError: (error: Error) => void;
  readonly timeouts?: Timeouts;
}

export interface RunningServer {
  /** The ports in use. */
  readonly port: number;
  readonly metricsPort: number;
  /** New connections get this certificate, those that are open go on. */
  reload(certificate: ServingCertificate): void;
  /** Takes no new connections, answers what is in flight, and ends. */
  close(): Promise<void>;
}

/** Listens for reviews over TLS and for probes in the clear. @throws where a port cannot be had */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { bind, certificate, reviews, app, onTlsError, timeouts = TIMEOUTS } = options;
  const server = createServer(
    {
      ...tlsOptions(certificate),
      // Neither express nor the API server speaks HTTP/2 here: offering it would only be a way in.
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: timeouts.handshake,
      headersTimeout: timeouts.headers,
      requestTimeout: timeouts.request,
      keepAliveTimeout: timeouts.keepAlive,
      connectionsCheckingInterval: timeouts.check,
      noDelay: true,
    },
    reviews,
  );
  server.maxConnections = MOST_CONNECTIONS;
  server.on('tlsClientError', onTlsError);
  const plain = createPlainServer(app);

  await listen(server, options.port, bind);
  try {
    await listen(plain, options.metricsPort, bind);
  } catch (error) {
    server.close();
    throw error;
  }
  return {
    port: portOf(server),
    metricsPort: portOf(plain),
    reload: (next) => server.setSecureContext(tlsOptions(next)),
    async close() {
      await end(server, timeouts.close);
      await end(plain, 0);
    },
  };
}

function tlsOptions({ cert, key }: ServingCertificate) {
  return { cert, key, minVersion: 'TLSv1.2', secureOptions: constants.SSL_OP_NO_RENEGOTIATION } as const;
}

function listen(server: Server | PlainServer, port: number, host: string | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ port, host }, () => {
    server.off('error', reject);
    resolve();
  });
  return promise;
}

function portOf(server: Server | PlainServer): number {
  return (server.address() as AddressInfo).port;
}

/** Closing a server closes its idle connections; one that still waits for an answer gets some time. */
async function end(server: Server | PlainServer, graceMs: number): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  await Promise.race([closed, sleep(graceMs, undefined, { ref: false })]);
  server.closeAllConnections();
  await closed;
}

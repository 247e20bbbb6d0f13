import { constants } from 'node:crypto';
import { createServer as createPlainServer, type Server as PlainServer, type RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServingCertificate } from '../runtime/certificate-files.ts';
import { type CloseReason, createConnections } from './connections.ts';

/** All timeouts of the server, in milliseconds. */
export interface Timeouts {
  readonly handshake: number;
  /** From the first byte of a request to the end of its headers. */
  readonly headers: number;
  /** From the first byte of a request to its last. */
  readonly request: number;
  readonly keepAlive: number;
  /** Who has done nothing for this long gives way to who wants a connection. Its caller may be about to use a younger one. */
  readonly idle: number;
  /** How often the limits above are checked. */
  readonly check: number;
  /** How long requests in flight may take after the server has stopped to accept connections. */
  readonly close: number;
}

/**
 * The API server keeps idle connections open for 90 seconds. If we closed one just as it sends a POST, it would not
 * repeat the POST, and the review would fail. So we keep them open for longer.
 */
export const TIMEOUTS: Timeouts = {
  handshake: 10_000,
  headers: 10_000,
  request: 15_000,
  keepAlive: 120_000,
  idle: 1000,
  check: 2000,
  close: 15_000,
};

export interface ServerOptions {
  /** The address to listen on; all addresses if absent. */
  readonly bind?: string;
  /** 0 stands for any free port. */
  readonly port: number;
  readonly metricsPort: number;
  readonly certificate: ServingCertificate;
  /** How many connections for reviews may be open at a time. */
  readonly connections: number;
  /** Answers reviews, over TLS. */
  readonly reviews: RequestListener;
  /** Answers probes and scrapes, over plain HTTP. */
  readonly app: RequestListener;
  readonly onTlsError: (error: Error) => void;
  /** A connection was closed that its caller would have kept. */
  readonly onClose: (reason: CloseReason) => void;
  readonly timeouts?: Timeouts;
}

export interface RunningServer {
  /** The port for reviews. */
  readonly port: number;
  readonly metricsPort: number;
  /** Uses this certificate for new connections. Existing ones stay open. */
  reload(certificate: ServingCertificate): void;
  /** Stops accepting connections, answers the requests in flight, and stops. */
  close(): Promise<void>;
}

/** Listens for reviews over TLS and for probes over plain HTTP. @throws if a port cannot be opened */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { bind, certificate, reviews, app, onTlsError, onClose, timeouts = TIMEOUTS } = options;
  const connections = createConnections({
    limits: { most: options.connections, idleMs: timeouts.idle, handshakeMs: timeouts.handshake },
    begin: (socket) => handshake.call(server, socket),
    onClose,
  });
  const server = createServer(
    {
      ...tlsOptions(certificate),
      // API servers call webhooks in Services over HTTP/1.1. Offering HTTP/2 would only add attack surface.
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: timeouts.handshake,
      headersTimeout: timeouts.headers,
      requestTimeout: timeouts.request,
      keepAliveTimeout: timeouts.keepAlive,
      connectionsCheckingInterval: timeouts.check,
      noDelay: true,
    },
    connections.limited(reviews),
  );
  const handshake = replaceAccepting(server, connections.offer);
  server.on('secureConnection', connections.secured);
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
      connections.close();
      await end(server, timeouts.close);
      await end(plain, 0);
    },
  };
}

/**
 * Has somebody else take the connections that a server accepts.
 * @returns what the server itself does with one
 */
function replaceAccepting(server: Server, accept: (socket: Socket) => void): (this: Server, socket: Socket) => void {
  const [own, ...others] = server.listeners('connection');
  if (!own || others.length > 0) throw new Error('an HTTPS server was expected to accept connections in one place');
  server.removeAllListeners('connection');
  server.on('connection', accept);
  return own as (this: Server, socket: Socket) => void;
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

/** Closes a server and its idle connections at once, and the others after their answer, or after the grace period. */
async function end(server: Server | PlainServer, graceMs: number): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  await Promise.race([closed, sleep(graceMs, undefined, { ref: false })]);
  server.closeAllConnections();
  await closed;
}

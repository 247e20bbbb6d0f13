import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Why the server closed a connection that its caller would have kept. The set is fixed: it labels a metric. */
export const CLOSE_REASONS = ['crowded', 'handshake', 'pipelining'] as const;
export type CloseReason = (typeof CLOSE_REASONS)[number];

export interface ConnectionLimits {
  /** How many connections may be open, in or after their handshake. As many again may wait for their turn. */
  readonly most: number;
  /** Who has done nothing for this long, in milliseconds, gives way to who wants a connection. */
  readonly idleMs: number;
  /** How long a connection may wait for its handshake. */
  readonly handshakeMs: number;
}

/** Handshakes that may begin in one iteration of the event loop. Each takes about a millisecond, which others wait for. */
const BEGIN_AT_ONCE = 4;
/** Handshakes in progress. More would be a burst of work if all went on at the same time; the oldest is given up. */
const MOST_HANDSHAKES = 128;
/** Requests on one connection that are not answered. An API server sends the next one after it has read the answer. */
const MOST_IN_FLIGHT = 4;
/** How soon it is looked again for a connection that gives way. */
const LOOK_MS = 50;

export interface ConnectionsOptions {
  readonly limits: ConnectionLimits;
  /** Begins the handshake. */
  readonly begin: (socket: Socket) => void;
  readonly onClose: (reason: CloseReason) => void;
}

/** Decides who may have a connection, and how much may be asked on it at a time. */
export interface Connections {
  /** Takes a connection that was just accepted. */
  offer(socket: Socket): void;
  /** The handshake on a connection is done. @param secure the same connection, from now on */
  secured(secure: Socket): void;
  /** Hands only those requests on that may be answered now. */
  limited(listener: RequestListener): RequestListener;
  /** Closes what waits for its handshake. */
  close(): void;
}

interface Connection {
  readonly key: string;
  readonly socket: Socket;
  /** The same after the handshake. */
  secure?: Socket;
  /** Since when it has been in its present state. */
  since: number;
  state: 'handshake' | 'unused' | 'used';
  inFlight: number;
  /** The last request and its response, while it is in flight. */
  request: IncomingMessage | undefined;
  response: ServerResponse | undefined;
}

export function createConnections({ limits, begin, onClose }: ConnectionsOptions): Connections {
  /** What has not begun its handshake, oldest first. */
  const waiting = new Set<Socket>();
  /** Of these, what has sent something: only then is there anything to do. */
  const ready = new Set<Socket>();
  const open = new Map<string, Connection>();
  const bySocket = new WeakMap<Socket, Connection>();
  let handshakes = 0;
  let isPlanned = false;
  let timer: NodeJS.Timeout | undefined;

  function offer(socket: Socket): void {
    socket.on('error', () => {});
    const [oldest] = waiting;
    if (waiting.size >= limits.most && oldest) {
      onClose('crowded');
      oldest.destroy();
      waiting.delete(oldest);
      ready.delete(oldest);
    }
    waiting.add(socket);
    socket.setTimeout(limits.handshakeMs, () => socket.destroy());
    socket.once('readable', () => {
      if (socket.readableLength === 0) return void socket.destroy();
      ready.add(socket);
      plan();
    });
    socket.once('close', () => {
      waiting.delete(socket);
      ready.delete(socket);
    });
  }

  function plan(): void {
    if (isPlanned) return;
    isPlanned = true;
    setImmediate(() => {
      isPlanned = false;
      beginSome();
    });
  }

  /** Begins some handshakes, the newest first: of too many all would come too late in their order. */
  function beginSome(): void {
    clearTimeout(timer);
    for (const socket of [...ready].slice(-BEGIN_AT_ONCE).reverse()) {
      if (!hasRoom()) {
        timer = setTimeout(plan, LOOK_MS).unref();
        return;
      }
      waiting.delete(socket);
      ready.delete(socket);
      admit(socket);
    }
    if (ready.size > 0) plan();
  }

  function hasRoom(): boolean {
    if (handshakes >= MOST_HANDSHAKES) closeOldestHandshake();
    if (open.size < limits.most) return true;
    const victim = leastWanted();
    if (victim) close(victim, 'crowded');
    return victim !== undefined;
  }

  function admit(socket: Socket): void {
    const key = keyOf(socket);
    if (socket.destroyed || key === undefined) return void socket.destroy();
    socket.setTimeout(0);
    const connection: Connection = {
      key,
      socket,
      since: performance.now(),
      state: 'handshake',
      inFlight: 0,
      request: undefined,
      response: undefined,
    };
    open.set(key, connection);
    handshakes++;
    socket.once('close', () => forget(connection));
    begin(socket);
  }

  function forget(connection: Connection): void {
    if (open.get(connection.key) !== connection) return;
    open.delete(connection.key);
    if (connection.state === 'handshake') handshakes--;
    if (ready.size > 0) plan();
  }

  function close(connection: Connection, reason: CloseReason): void {
    onClose(reason);
    // What is read from a connection with TLS is its own: nothing more is once it is destroyed.
    (connection.secure ?? connection.socket).destroy();
    // It counts no longer, though it will be gone a little later.
    forget(connection);
  }

  function closeOldestHandshake(): void {
    for (const connection of open.values()) {
      if (connection.state !== 'handshake') continue;
      close(connection, 'handshake');
      return;
    }
  }

  /** Who gives way: who keeps us waiting, then who never asked, then who has not asked for longest. */
  function leastWanted(): Connection | undefined {
    const latest = performance.now() - limits.idleMs;
    let least: Connection | undefined;
    let leastRank = Number.POSITIVE_INFINITY;
    for (const connection of open.values()) {
      const rank = connection.since <= latest ? rankOf(connection) : undefined;
      if (rank === undefined || rank > leastRank) continue;
      if (least && rank === leastRank && connection.since >= least.since) continue;
      least = connection;
      leastRank = rank;
    }
    return least;
  }

  return {
    offer,
    secured(secure) {
      const key = keyOf(secure);
      const connection = key === undefined ? undefined : open.get(key);
      if (!connection) return void secure.destroy();
      connection.state = 'unused';
      connection.since = performance.now();
      handshakes--;
      connection.secure = secure;
      bySocket.set(secure, connection);
    },
    limited: (listener) => (request, response) => {
      const connection = bySocket.get(request.socket);
      // The rest of what was read before the connection was closed. Node would make an error for each, with a stack.
      if (!connection || request.socket.destroyed) return void request.destroy();
      if (connection.inFlight >= MOST_IN_FLIGHT) {
        stopParsing(request.socket);
        return close(connection, 'pipelining');
      }
      connection.inFlight++;
      connection.since = performance.now();
      connection.request = request;
      connection.response = response;
      response.once('close', () => {
        connection.inFlight--;
        // What a connection holds on to until its next request is copied by the garbage collector again and again.
        if (connection.response === response) connection.request = connection.response = undefined;
        connection.state = 'used';
        connection.since = performance.now();
      });
      listener(request, response);
    },
    close() {
      clearTimeout(timer);
      for (const socket of waiting) socket.destroy();
    },
  };
}

/**
 * Has the parser leave what it holds of a connection. That is up to 16 KiB, in which hundreds of requests may wait to be parsed
 * for nothing. Node does not document this; where it is not there, they are parsed, and not answered.
 */
function stopParsing(socket: Socket): void {
  const { parser } = socket as { parser?: { pause?: () => void } };
  parser?.pause?.();
}

/** The same for a socket and for the TLS on top of it. Undefined once it has gone. */
function keyOf({ remoteAddress, remotePort }: Socket): string | undefined {
  return remotePort === undefined ? undefined : `${remoteAddress} ${remotePort}`;
}

/** Lower gives way sooner; undefined never does. */
function rankOf({ state, inFlight, request, response }: Connection): number | undefined {
  const isAnswering = inFlight > 0 && request?.complete && !response?.writableEnded;
  if (isAnswering) return undefined;
  if (inFlight > 0 || state === 'handshake') return 0;
  return state === 'unused' ? 1 : 2;
}

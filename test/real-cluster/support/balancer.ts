import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** One address in front of many servers on loopback, as a Service is: each connection goes to the next of them. */
export interface Balancer {
  readonly port: number;
  /** How many connections each port has got. */
  readonly connections: ReadonlyMap<number, number>;
  /** From now on a server behind it. */
  add(port: number): void;
  close(): Promise<void>;
}

export async function startBalancer(bind: string): Promise<Balancer> {
  const connections = new Map<number, number>();
  const sockets = new Set<Socket>();
  let next = 0;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // What breaks on one side is closed on the other.
    socket.on('error', () => undefined);
  };
  const server = createServer((incoming) => {
    keep(incoming);
    const port = [...connections.keys()][next++ % Math.max(1, connections.size)];
    if (port === undefined) return void incoming.destroy();
    connections.set(port, (connections.get(port) ?? 0) + 1);
    const outgoing = connect(port, '127.0.0.1');
    keep(outgoing);
    incoming.pipe(outgoing).pipe(incoming);
    incoming.once('close', () => outgoing.destroy());
    outgoing.once('close', () => incoming.destroy());
  });
  server.listen(0, bind);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    add: (port) => void connections.set(port, 0),
    async close() {
      const closed = new Promise((done) => server.close(done));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

import { Agent, createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The requests that something made of a registry, to be made again by nothing but node:http. */
export interface RoundTrips {
  readonly count: number;
  /** Makes them once more over new connections: what was asked side by side again side by side, the rest in turn. */
  repeat(): Promise<void>;
}

interface Recorded {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** How many were answered before it was asked. */
  readonly after: number;
}

const HOST = '127.0.0.1';

/** @param work is given a host and port that stand for the registry */
export async function recordRequests(registry: string, work: (recorder: string) => Promise<void>): Promise<RoundTrips> {
  const recorded: Recorded[] = [];
  const agent = new Agent({ keepAlive: true });
  let answered = 0;
  const server = createServer((incoming, outgoing) => {
    const { url: path = '/', headers } = incoming;
    recorded.push({ path, headers, after: answered });
    ask(agent, registry, path, headers).then(({ status, headers: fields, body }) => {
      answered += 1;
      outgoing.writeHead(status, fields).end(body);
    });
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, HOST, () => resolve((server.address() as AddressInfo).port));
  });
  try {
    await work(`${HOST}:${port}`);
  } finally {
    agent.destroy();
    server.close();
    server.closeAllConnections();
  }
  const waves = Map.groupBy(recorded, ({ after }) => after);
  return {
    count: recorded.length,
    async repeat() {
      const fresh = new Agent({ keepAlive: true });
      for (const wave of waves.values()) {
        await Promise.all(wave.map(({ path, headers }) => ask(fresh, registry, path, headers)));
      }
      fresh.destroy();
    },
  };
}

interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

function ask(agent: Agent, registry: string, path: string, headers: IncomingHttpHeaders): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `http://${registry}${path}`,
      { agent, headers: { ...headers, host: registry } },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks) }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import type { Certified, Keys } from './authorities.ts';
import { addPreChain } from './ct-log.ts';
import { GITHUB_ISSUER, type TokenIssuer } from './oidc-issuer.ts';
import { createRekorV1 } from './rekor-v1.ts';

const HOST = '127.0.0.1';

/** What the real services talk to and nobody can run here: each answers as the real one does. */
export interface Doubles {
  /** http://127.0.0.1:port of the certificate transparency log and of Rekor v1, and of the issuers below their paths. */
  readonly url: string;
  /** What leads to GITHUB_ISSUER, and nowhere else. */
  readonly proxyUrl: string;
  close(): Promise<void>;
}

interface DoublesOptions {
  readonly issuer: TokenIssuer;
  /** Paths of further issuers below `url`. */
  readonly issuerPaths: readonly string[];
  readonly certificateLog: Keys;
  readonly rekorV1: Keys;
  readonly tls: Certified;
}

export async function startDoubles(options: DoublesOptions): Promise<Doubles> {
  const log = createRekorV1(options.rekorV1);
  const plain = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  const url = `http://${HOST}:${await listen(plain)}`;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? '/';
    if (request.method === 'GET') {
      const below = options.issuerPaths.find((issuer) => path.startsWith(`${issuer}/`)) ?? '';
      options.issuer.serve(`${url}${below}`, path.slice(below.length), response);
    } else if (path.endsWith('/ct/v1/add-pre-chain')) {
      const { chain } = JSON.parse((await bodyOf(request)).toString()) as { readonly chain: readonly string[] };
      json(response, 200, addPreChain(options.certificateLog, chain));
    } else if (path === '/api/v1/log/entries') {
      const { uuid, body } = log(await bodyOf(request));
      json(response, 201, body, { etag: uuid, location: `${path}/${uuid}` });
    } else {
      json(response, 404, {});
    }
  };

  const secure = createTlsServer({ key: options.tls.privateKey, cert: options.tls.certificate }, (request, response) =>
    options.issuer.serve(GITHUB_ISSUER, request.url ?? '/', response),
  );
  const proxy = createProxy(await listen(secure));
  const proxyUrl = `http://${HOST}:${await listen(proxy)}`;
  const servers = [plain, secure, proxy];
  return { url, proxyUrl, close: async () => void (await Promise.all(servers.map(close))) };
}

/** Connects whoever asks for GITHUB_ISSUER with a port of this machine. */
function createProxy(port: number): Server {
  const proxy = createServer((_request, response) => response.writeHead(403).end());
  proxy.on('connect', (request, client) => {
    client.on('error', () => undefined);
    if (request.url !== `${new URL(GITHUB_ISSUER).hostname}:443`) {
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const issuer = connect(port, HOST, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      issuer.pipe(client).pipe(issuer);
    });
    issuer.on('error', () => undefined);
    // Whichever side ends: nobody would read the other one again, and its end would go unnoticed.
    issuer.on('close', () => client.destroy());
    client.on('close', () => issuer.destroy());
  });
  return proxy;
}

function json(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, HOST, () => resolve((server.address() as AddressInfo).port));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

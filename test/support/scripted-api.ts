import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { createAuthority, issue, type KeyAndCertificate } from '../real-cluster/harness/certificates.ts';

/** A request as the script of a server meets it. */
export interface ScriptedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Common name of the client's certificate. */
  readonly client: string | undefined;
  readonly body: string;
}

type Script = (request: ScriptedRequest, response: ServerResponse) => void | Promise<void>;

/** An HTTPS server that answers as a test tells it to, and a folder with a kubeconfig that leads to it. */
export interface ScriptedApi {
  readonly folder: string;
  readonly kubeconfig: string;
  readonly authority: KeyAndCertificate;
  readonly server: string;
  readonly requests: ScriptedRequest[];
  play(script: Script): void;
  /** Cuts every open connection, as a crash would. */
  cut(): void;
  close(): Promise<void>;
}

/** Starts one on loopback; its kubeconfig authenticates by a token. */
export async function startScriptedApi(): Promise<ScriptedApi> {
  const folder = await mkdtemp(join(tmpdir(), 'scripted-api-'));
  const authority = await createAuthority('scripted authority');
  const own = await issue(authority, { commonName: 'scripted', hosts: ['127.0.0.1'] });
  const requests: ScriptedRequest[] = [];
  const sockets = new Set<Socket>();
  let script: Script = (_, response) => void response.writeHead(500).end();

  const server = createServer(
    { key: own.key, cert: own.certificate, ca: authority.certificate, requestCert: true, rejectUnauthorized: false },
    (incoming, response) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const { subject } = (incoming.socket as TLSSocket).getPeerCertificate();
        const request: ScriptedRequest = {
          method: incoming.method ?? '',
          url: new URL(incoming.url ?? '/', 'https://scripted'),
          headers: incoming.headers,
          client: subject?.CN?.toString(),
          body: Buffer.concat(chunks).toString('utf8'),
        };
        requests.push(request);
        void script(request, response);
      });
    },
  );
  server.on('secureConnection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(join(folder, 'ca.crt'), authority.certificate);
  await writeFile(kubeconfig, kubeconfigText(url, { token: 'first-token' }));

  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    folder,
    kubeconfig,
    authority,
    server: url,
    requests,
    play(next) {
      script = next;
    },
    cut,
    async close() {
      const closed = new Promise((done) => server.close(done));
      cut();
      await closed;
      await rm(folder, { recursive: true });
    },
  };
}

/** A kubeconfig for the scripted server, in its folder; `user` is how it authenticates. */
export function kubeconfigText(server: string, user: object, cluster: object = {}): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'scripted',
    clusters: [{ name: 'scripted', cluster: { server, 'certificate-authority': 'ca.crt', ...cluster } }],
    users: [{ name: 'tester', user }],
    contexts: [{ name: 'scripted', context: { cluster: 'scripted', user: 'tester' } }],
  });
}

/** Answers with JSON, as the API server does. */
export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** A Status, as the API server explains a failure. */
export function sendStatus(response: ServerResponse, code: number, reason: string, message: string): void {
  sendJson(response, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message }, code);
}

import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImageContent } from '../../src/images/content.ts';
import type { RegistryEntry } from '../../src/images/registry-settings.ts';
import { registryScope } from '../../src/k8s/core/image-reference.ts';
import { RegistryContent, type RegistryContentOptions } from '../../src/registry/registry-content.ts';
import { issueCertificate } from '../support/certificates.ts';

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';

/** A request as a server met it. */
export interface Met {
  readonly method: string;
  readonly host: string;
  /** With its query. */
  readonly path: string;
  readonly authorization: string | undefined;
  readonly acceptEncoding: string | string[] | undefined;
  readonly body: string;
}

/** Answers a request, or leaves it to the content that was put there. */
type Script = (request: Met, response: ServerResponse) => boolean | undefined | Promise<boolean | undefined>;

/** Names that all lead to the server on loopback, and that its certificate is for. */
const NAMES = ['registry.test', 'mirror.test', 'second.test', 'storage.test', 'auth.test', 'ghcr.test', 'cr.test'];

/** A registry on loopback, with TLS or without, that holds what a test puts there and lies as it is told. */
export interface RegistryServer {
  readonly port: number;
  readonly folder: string;
  readonly caFile: string;
  readonly met: Met[];
  /** Whether it has the API for referrers. */
  referrersApi: boolean;
  play(script: Script): void;
  /** Empties it. */
  reset(): void;
  putBlob(bytes: string | Uint8Array): { digest: string; size: number };
  putManifest(repository: string, tag: string | undefined, body: object | string, mediaType?: string): PutManifest;
  close(): Promise<void>;
}

export interface PutManifest {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export async function startRegistry({ plain = false } = {}): Promise<RegistryServer> {
  const folder = await mkdtemp(join(tmpdir(), 'registry-'));
  const caFile = join(folder, 'ca.crt');
  const { cert, key, ca } = await issueCertificate(...NAMES, 'localhost');
  await writeFile(caFile, ca);
  const met: Met[] = [];
  const blobs = new Map<string, Uint8Array>();
  const manifests = new Map<string, { bytes: Uint8Array; mediaType: string }>();
  const sockets = new Set<Socket>();
  let script: Script = () => false;

  function serve(request: Met, response: ServerResponse): void {
    const [, repository = '', kind, name = ''] =
      /^\/v2\/(.+)\/(manifests|blobs|referrers)\/([^/?]+)/.exec(request.path) ?? [];
    if (kind === 'blobs') {
      const blob = blobs.get(name);
      if (blob) response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(blob);
      else response.writeHead(404).end();
      return;
    }
    if (kind === 'referrers') {
      if (server.referrersApi) sendIndex(response, referrersOf(name));
      else response.writeHead(404).end();
      return;
    }
    const manifest = manifests.get(`${repository}@${name}`);
    if (manifest) sendBytes(response, manifest.bytes, manifest.mediaType);
    else
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
  }

  function referrersOf(digest: string): object[] {
    const all = [...manifests].filter(([name]) => name.includes('@sha256:'));
    return all.flatMap(([name, { bytes, mediaType }]) => {
      const body = JSON.parse(Buffer.from(bytes).toString('utf8'));
      if (body.subject?.digest !== digest) return [];
      const artifactType = body.artifactType;
      return [{ mediaType, digest: name.slice(name.indexOf('@') + 1), size: bytes.length, artifactType }];
    });
  }

  const listener = (incoming: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', async () => {
      const request: Met = {
        method: incoming.method ?? '',
        host: incoming.headers.host ?? '',
        path: incoming.url ?? '',
        authorization: incoming.headers.authorization,
        acceptEncoding: incoming.headers['accept-encoding'],
        body: Buffer.concat(chunks).toString('utf8'),
      };
      met.push(request);
      if ((await script(request, response)) !== true && !response.headersSent) serve(request, response);
    });
  };
  const http = plain ? createHttpServer(listener) : createHttpsServer({ cert, key }, listener);
  http.on(plain ? 'connection' : 'secureConnection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening));

  const server: RegistryServer = {
    port: (http.address() as AddressInfo).port,
    folder,
    caFile,
    met,
    referrersApi: true,
    play(next) {
      script = next;
    },
    reset() {
      met.length = 0;
      blobs.clear();
      manifests.clear();
      server.referrersApi = true;
      script = () => false;
    },
    putBlob(content) {
      const bytes = Buffer.from(content);
      blobs.set(sha256(bytes), bytes);
      return { digest: sha256(bytes), size: bytes.length };
    },
    putManifest(repository, tag, body, mediaType = OCI_MANIFEST) {
      const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
      const digest = sha256(bytes);
      manifests.set(`${repository}@${digest}`, { bytes, mediaType });
      if (tag !== undefined) manifests.set(`${repository}@${tag}`, { bytes, mediaType });
      return { mediaType, digest, size: bytes.length };
    },
    async close() {
      const closed = new Promise((done) => http.close(done));
      for (const socket of sockets) socket.destroy();
      await closed;
      await rm(folder, { recursive: true });
    },
  };
  return server;
}

export function sha256(bytes: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export function sendBytes(response: ServerResponse, bytes: string | Uint8Array, mediaType: string): true {
  response
    .writeHead(200, {
      'content-type': mediaType,
      'content-length': Buffer.byteLength(bytes),
      'docker-content-digest': sha256(bytes),
    })
    .end(bytes);
  return true;
}

export function sendIndex(response: ServerResponse, manifests: readonly object[], headers: object = {}): true {
  response
    .writeHead(200, { 'content-type': OCI_INDEX, ...headers })
    .end(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
  return true;
}

export function send(response: ServerResponse, status: number, headers: Record<string, string> = {}, body = ''): true {
  response.writeHead(status, headers).end(body);
  return true;
}

/** The smallest manifest of an image. */
export function imageManifest(more: object = {}): object {
  return { schemaVersion: 2, mediaType: OCI_MANIFEST, config: descriptorOf('{}'), layers: [], ...more };
}

/** A descriptor of something that need not be there. */
export function descriptorOf(content: string, mediaType = 'application/vnd.oci.image.config.v1+json') {
  return { mediaType, digest: sha256(content), size: Buffer.byteLength(content) };
}

/** An entry of the configuration for a test: a registry by its name, on loopback unless told otherwise. */
export function entryFor(registry: string, server: RegistryServer, more: Partial<RegistryEntry> = {}): RegistryEntry {
  return {
    scope: registryScope(registry),
    mirrors: [],
    fallBack: false,
    caFile: server.caFile,
    insecure: false,
    privateAddresses: true,
    privateHosts: [],
    ...more,
  };
}

/** Every name leads to loopback: what may be reached is decided by the client and not by DNS. */
export const LOOPBACK = async (): Promise<readonly string[]> => ['127.0.0.1'];

export function contentOf(
  registries: readonly RegistryEntry[],
  options: Partial<RegistryContentOptions> = {},
): ImageContent & { close(): void } {
  return new RegistryContent({ settings: { registries }, lookup: LOOPBACK, ...options });
}

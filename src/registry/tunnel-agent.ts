import { request as httpRequest, type RequestOptions } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import { bareHost } from './reach.ts';

/** Connections to HTTPS servers through an HTTP proxy, by CONNECT. The proxy sees the host's name and nothing more. */
export class TunnelAgent extends Agent {
  readonly #proxy: URL;
  readonly #timeoutMs: number;

  /** @param timeoutMs how long the proxy may take to connect */
  constructor(proxy: URL, timeoutMs: number, options: ConstructorParameters<typeof Agent>[0]) {
    super(options);
    this.#proxy = proxy;
    this.#timeoutMs = timeoutMs;
  }

  override createConnection: Agent['createConnection'] = (options, callback) => {
    const { host, port, path: _path, lookup: _lookup, ...secure } = options;
    const authority = `${host?.includes(':') ? `[${host}]` : host}:${port}`;
    openTunnel(this.#proxy, authority, this.#timeoutMs).then(
      (socket) => callback?.(null, connect({ ...(secure as ConnectionOptions), socket })),
      // Node's types want a stream beside an error, its documentation does not.
      (error: Error) => (callback as ((error: Error) => void) | undefined)?.(error),
    );
    return undefined;
  };
}

/** A connection to `host:port` by way of a proxy. */
function openTunnel(proxy: URL, authority: string, timeoutMs: number): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const options: RequestOptions = {
    method: 'CONNECT',
    hostname: bareHost(proxy.hostname),
    port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
    path: authority,
    headers: { host: authority, ...proxyAuthorization(proxy) },
    agent: false,
    timeout: timeoutMs,
  };
  const call = proxy.protocol === 'https:' ? httpsRequest(options) : httpRequest(options);
  call.once('connect', (response, socket, head) => {
    if (response.statusCode === 200 && head.length === 0) {
      socket.setTimeout(0);
      resolve(socket as Socket);
      return;
    }
    socket.destroy();
    reject(new Error(`the proxy ${proxy.host} answered ${response.statusCode} to CONNECT`));
  });
  call.once('response', (response) => {
    response.destroy();
    reject(new Error(`the proxy ${proxy.host} answered ${response.statusCode} to CONNECT`));
  });
  call.once('timeout', () => call.destroy(new Error(`the proxy ${proxy.host} did not connect in time`)));
  call.once('error', (error: NodeJS.ErrnoException) => {
    reject(new Error(`the proxy ${proxy.host}: ${error.code ?? error.message}`, { cause: error }));
  });
  call.end();
  return promise;
}

/** Basic authentication with what stands before the @ in a proxy's URL. */
export function proxyAuthorization({ username, password }: URL): { readonly 'proxy-authorization'?: string } {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

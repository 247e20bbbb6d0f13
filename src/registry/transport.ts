import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https';
import { type Body, readBody } from './body.ts';
import { orAbort } from './or-abort.ts';
import { type Proxies, proxyOf } from './proxies.ts';
import { bareHost, checkedLookup, checkForProxy, checkLiteral, type Lookup, type Reach } from './reach.ts';
import { Slots } from './slots.ts';
import { failureOf } from './transport-failure.ts';
import { proxyAuthorization, TunnelAgent } from './tunnel-agent.ts';

/** One HTTP request; redirects are not followed. */
export interface HttpRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Of a form, which makes it a POST. */
  readonly form?: string | undefined;
  readonly reach: Reach;
  /** Certificates in PEM that the server has to be certified by, instead of the public ones. */
  readonly ca?: string | undefined;
  /** Of the body of an answer with status 200, in bytes. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly url: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Empty but with status 200. */
  readonly body: Body;
}

export interface TransportOptions {
  readonly lookup: Lookup;
  readonly proxies: Proxies;
  /** How many requests may go on at once, in all and to one host. */
  readonly connections: number;
  readonly connectionsPerHost: number;
  /** After so long without a byte a connection is given up. */
  readonly idleMs: number;
}

/** In bytes; Node's own default, which a flag of the process could raise. */
const LARGEST_HEADERS = 16 * 1024;

/** HTTP with checked addresses, limits and deadlines. Rejects with a ContentFailure alone. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #slots: Slots;
  readonly #agents = new Map<string, HttpAgent | HttpsAgent>();

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#slots = new Slots(options.connections, options.connectionsPerHost);
  }

  async send(request: HttpRequest): Promise<HttpAnswer> {
    const { url, reach, signal, limit } = request;
    let free: (() => void) | undefined;
    try {
      checkLiteral(url.hostname, reach);
      free = await this.#slots.take(url.host, signal);
      const proxy = proxyOf(url, this.#options.proxies);
      if (proxy) await orAbort(checkForProxy(url.hostname, reach, this.#options.lookup), signal);
      const response = await this.#begin(request, proxy);
      const status = response.statusCode ?? 0;
      const body = await readBody(response, status === 200 ? limit : undefined);
      return { url, status, headers: response.headers, body };
    } catch (error) {
      throw failureOf(error, url, signal);
    } finally {
      free?.();
    }
  }

  /** Ends all connections that nobody uses at the moment. */
  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  #begin({ url, headers, form, reach, ca, signal }: HttpRequest, proxy: URL | undefined): Promise<IncomingMessage> {
    const { lookup, idleMs } = this.#options;
    const isPlain = url.protocol === 'http:';
    const options: RequestOptions = {
      method: form === undefined ? 'GET' : 'POST',
      hostname: bareHost(url.hostname),
      port: url.port || (isPlain ? 80 : 443),
      path: url.pathname + url.search,
      headers: {
        'user-agent': 'qdrant-admission',
        // Nothing is unpacked: a few bytes could become gigabytes.
        'accept-encoding': 'identity',
        host: url.host,
        ...headers,
        ...(form !== undefined && {
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': Buffer.byteLength(form),
        }),
      },
      agent: this.#agentFor(isPlain, reach, proxy),
      lookup: checkedLookup(reach, lookup),
      timeout: idleMs,
      maxHeaderSize: LARGEST_HEADERS,
      insecureHTTPParser: false,
      // A variable of the environment could switch the check off for the whole process.
      rejectUnauthorized: true,
      signal,
      ...(ca !== undefined && { ca }),
    };
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const call = isPlain ? httpRequest(proxy ? throughProxy(options, url, proxy) : options) : httpsRequest(options);
    let begun: IncomingMessage | undefined;
    call.once('response', (response) => {
      begun = response;
      resolve(response);
    });
    call.on('timeout', () => {
      const error = new Error(`nothing came for ${idleMs / 1000} s`);
      (begun ?? call).destroy(error);
    });
    // Stays: a connection may also break after the answer began.
    call.on('error', reject);
    call.end(form);
    return promise;
  }

  /** Connections are kept, but never for another reach: their address was checked against this one. */
  #agentFor(isPlain: boolean, { name }: Reach, proxy: URL | undefined): HttpAgent | HttpsAgent {
    const key = `${isPlain ? 'http' : 'https'} ${name} ${proxy?.href ?? ''}`;
    const { connectionsPerHost, idleMs } = this.#options;
    const options = { keepAlive: true, maxFreeSockets: connectionsPerHost, timeout: idleMs };
    let agent = this.#agents.get(key);
    if (agent === undefined) {
      if (isPlain) agent = new HttpAgent(options);
      else agent = proxy ? new TunnelAgent(proxy, idleMs, options) : new HttpsAgent(options);
      this.#agents.set(key, agent);
    }
    return agent;
  }
}

/** Plain HTTP goes to the proxy itself, with the whole URL. */
function throughProxy(options: RequestOptions, url: URL, proxy: URL): RequestOptions {
  const { lookup: _, ...rest } = options;
  return {
    ...rest,
    hostname: bareHost(proxy.hostname),
    port: proxy.port || 80,
    path: url.href,
    headers: { ...(options.headers as Record<string, string>), ...proxyAuthorization(proxy) },
  };
}

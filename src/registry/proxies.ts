import { isIP } from 'node:net';
import { failure, type Result, success } from '../k8s/result.ts';
import { type AddressSet, containsAddress, parseRange } from '../network/addresses.ts';
import { bareHost } from './reach.ts';

/** The proxies of HTTP requests, and what is asked without them. */
export interface Proxies {
  /** For https. */
  readonly https?: URL | undefined;
  /** For plain http. */
  readonly http?: URL | undefined;
  readonly except: readonly ProxyException[];
}

export const NO_PROXIES: Proxies = { except: [] };

/** One entry of NO_PROXY. */
type ProxyException =
  | { readonly kind: 'all' }
  | { readonly kind: 'addresses'; readonly addresses: AddressSet; readonly port: string }
  | { readonly kind: 'name'; readonly name: string; readonly alsoItself: boolean; readonly port: string };

/** What the usual variables say: HTTPS_PROXY, HTTP_PROXY, NO_PROXY. */
export interface ProxyTexts {
  readonly https?: string | undefined;
  readonly http?: string | undefined;
  readonly except?: string | undefined;
}

/**
 * Reads the variables as programs in Go do, for which clusters are set up: golang.org/x/net/http/httpproxy. The error
 * never quotes a URL: it may hold a password.
 */
export function readProxies({ https, http, except = '' }: ProxyTexts): Result<Proxies, string> {
  const httpsUrl = readProxy(https);
  if (httpsUrl === null) return failure(`HTTPS_PROXY: ${EXPECTED}`);
  const httpUrl = readProxy(http);
  if (httpUrl === null || httpUrl?.protocol === 'https:') {
    return failure('HTTP_PROXY: expected http://, a host, and maybe a port');
  }
  return success({ https: httpsUrl, http: httpUrl, except: except.split(',').flatMap(readException) });
}

const EXPECTED = 'expected http:// or https://, a host, and maybe a port';

/** Undefined for none, null for what is no proxy. */
function readProxy(text: string | undefined): URL | undefined | null {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '') return undefined;
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`);
  return url !== null && ['http:', 'https:'].includes(url.protocol) && url.hostname !== '' ? url : null;
}

function readException(text: string): ProxyException[] {
  const entry = text.trim().toLowerCase();
  if (entry === '') return [];
  if (entry === '*') return [{ kind: 'all' }];
  const range = parseRange(bareHost(entry));
  if (range.ok) return [{ kind: 'addresses', addresses: range.value, port: '' }];
  const [, host = entry, port = ''] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  const address = parseRange(bareHost(host));
  if (address.ok) return [{ kind: 'addresses', addresses: address.value, port }];
  const name = host.replace(/^\*?\./, '');
  return [{ kind: 'name', name, alsoItself: name === host, port }];
}

/** The proxy of a URL, if there is one. The machine itself is never asked through a proxy. */
export function proxyOf(url: URL, { https, http, except }: Proxies): URL | undefined {
  const proxy = url.protocol === 'https:' ? https : http;
  if (proxy === undefined) return undefined;
  const host = bareHost(url.hostname);
  const isHere = host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return isHere || except.some((exception) => isExcepted(host, port, exception)) ? undefined : proxy;
}

function isExcepted(host: string, port: string, exception: ProxyException): boolean {
  if (exception.kind === 'all') return true;
  if (exception.port !== '' && exception.port !== port) return false;
  if (exception.kind === 'addresses') return containsAddress(exception.addresses, host);
  return (exception.alsoItself && host === exception.name) || host.endsWith(`.${exception.name}`);
}

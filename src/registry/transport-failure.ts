import { cut, printable } from '../engine/wording.ts';
import { ContentFailure } from './content-failure.ts';
import { ForbiddenPlace } from './reach.ts';

/** What broke before there was an answer, and whether asking again may help. */
export class ConnectionFailure extends ContentFailure {
  readonly mayPass: boolean;

  constructor(message: string, mayPass: boolean, cause: unknown) {
    super('unreachable', message, cause);
    this.mayPass = mayPass;
  }
}

/** What went wrong with a request, in words that name the host. Of the URL only the host is told: the rest may be secret. */
export function failureOf(error: unknown, { host }: URL, signal: AbortSignal): ContentFailure {
  if (error instanceof ForbiddenPlace) return error;
  if (error instanceof ContentFailure) return new ContentFailure(error.kind, `${host} ${error.message}`, error);
  if (signal.aborted) return new ConnectionFailure(`${host} did not answer in the time that was left`, false, error);
  const { code = '', message } = rootOf(error);
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new ContentFailure('invalid', `${host} sent headers of more than 16 KiB`, error);
  }
  if (code.startsWith('HPE_')) return new ContentFailure('invalid', `${host} sent what is not HTTP (${code})`, error);
  const told = EXPLANATIONS[code] ?? cut(printable(code === '' ? message : `${message} (${code})`), 200);
  return new ConnectionFailure(`${host}: ${told}`, !LASTING.has(code) && !CERTIFICATE_CODES.includes(code), error);
}

/** Several addresses were tried: the first tells as much as all of them. */
function rootOf(error: unknown): NodeJS.ErrnoException {
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  return first instanceof Error ? first : new Error(String(first));
}

const UNTRUSTED =
  'its certificate is not of an authority that is trusted: name the authority in caFile of this host under images.registries';

const CERTIFICATE_CODES: readonly string[] = [
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

const EXPLANATIONS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(CERTIFICATE_CODES.map((code) => [code, UNTRUSTED])),
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ECONNREFUSED: 'nothing listens there (ECONNREFUSED)',
  ENOTFOUND: 'the name is not known to DNS (ENOTFOUND)',
  EAI_AGAIN: 'DNS did not answer (EAI_AGAIN)',
  EPROTO: 'it does not speak TLS as we do (EPROTO): if plain HTTP is meant, set insecure for it',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
};

/** What is the same at the next attempt. */
const LASTING = new Set(['CERT_HAS_EXPIRED', 'ENOTFOUND', 'EPROTO', 'ERR_TLS_CERT_ALTNAME_INVALID']);

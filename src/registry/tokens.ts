import { createHash } from 'node:crypto';
import { isJsonObject } from '../k8s/object.ts';
import type { Clock } from '../runtime/clock.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import { ContentFailure } from './content-failure.ts';
import type { Credentials } from './docker-config.ts';
import type { Place } from './places.ts';
import { ForbiddenPlace } from './reach.ts';
import type { RegistryAccess } from './registry-access.ts';
import type { HttpAnswer, HttpRequest } from './transport.ts';

/** Sends a request, again where that may help. */
export type Send = (request: HttpRequest) => Promise<HttpAnswer>;

const MOST_KEPT = 1000;
/** In bytes. Those of cloud providers have some thousand. */
const LONGEST_TOKEN = 16 * 1024;
const LARGEST_ANSWER = 64 * 1024;
/** By the specification of token authentication, where the answer does not say. */
const SHORTEST_LIFE_MS = 60_000;
/** No service may make us send one longer. */
const LONGEST_LIFE_MS = 3_600_000;
/** Sent with less left it could expire on the way. */
const MARGIN_MS = 10_000;
const BASIC_LIFE_MS = 300_000;

/**
 * The header Authorization for registries: asked for when one answers 401, then kept for a repository of it and for these
 * credentials. https://distribution.github.io/distribution/spec/auth/token/
 */
export class Tokens {
  readonly #send: Send;
  readonly #access: RegistryAccess;
  readonly #clock: Clock;
  readonly #kept = new Map<string, { readonly header: string; readonly until: number }>();

  constructor(send: Send, access: RegistryAccess, clock: Clock) {
    this.#send = send;
    this.#access = access;
    this.#clock = clock;
  }

  /** What was given last, as long as it holds. */
  kept(place: Place, credentials: Credentials | undefined): string | undefined {
    if (credentials?.kind === 'registry-token') return bearer(credentials.token, place);
    const kept = this.#kept.get(keyOf(place, credentials));
    return kept !== undefined && kept.until > this.#clock.now() ? kept.header : undefined;
  }

  forget(place: Place, credentials: Credentials | undefined): void {
    this.#kept.delete(keyOf(place, credentials));
  }

  /** Does what an answer with status 401 asks for. Throws a ContentFailure where that cannot be done. */
  async obtain(
    place: Place,
    credentials: Credentials | undefined,
    refusal: HttpAnswer,
    signal: AbortSignal,
  ): Promise<string> {
    const challenges = parseChallenges(refusal.headers['www-authenticate']);
    const asked = challenges.find(({ scheme }) => scheme === 'bearer');
    if (asked) {
      const { header, lifeMs } = await this.#askService(place, credentials, asked, signal);
      return this.#keep(place, credentials, header, lifeMs - MARGIN_MS);
    }
    if (!challenges.some(({ scheme }) => scheme === 'basic')) {
      throw new ContentFailure('unreachable', `${place.registry} answered 401 and asks for nothing that we know`);
    }
    if (credentials?.kind !== 'basic') throw withoutCredentials(place);
    return this.#keep(place, credentials, basic(credentials), BASIC_LIFE_MS);
  }

  #keep(place: Place, credentials: Credentials | undefined, header: string, lifeMs: number): string {
    const key = keyOf(place, credentials);
    this.#kept.delete(key);
    this.#kept.set(key, { header, until: this.#clock.now() + lifeMs });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return header;
  }

  async #askService(
    place: Place,
    credentials: Credentials | undefined,
    { parameters }: Challenge,
    signal: AbortSignal,
  ): Promise<{ readonly header: string; readonly lifeMs: number }> {
    const realm = URL.parse(parameters.get('realm') ?? '');
    if (realm === null) {
      throw new ContentFailure('unreachable', `${place.registry} answered 401 and names no URL that gives tokens`);
    }
    const query = new URLSearchParams({ scope: scopeOf(place, parameters.get('scope')) });
    const service = parameters.get('service');
    if (service !== undefined) query.set('service', service);
    const answer = await this.#askRealm(place, realm, requestOf(realm, query, credentials), signal);
    if (answer.status === 401 || answer.status === 403) {
      if (credentials === undefined) throw withoutCredentials(place);
      const text = `${realm.host} gave no token for ${place.registry} (${answer.status}): the credentials are wrong or expired`;
      throw new ContentFailure('unreachable', text);
    }
    if (answer.status !== 200) {
      throw new ContentFailure('unreachable', `${realm.host} gave no token for ${place.registry} (${answer.status})`);
    }
    return readToken(answer, place);
  }

  /**
   * The registry chooses where tokens are asked for: on its own origin, or where it might send for a blob. The credentials
   * that go there are those stored for this registry, which could keep them itself (CVE-2025-27403).
   */
  async #askRealm(
    place: Place,
    realm: URL,
    request: Pick<HttpRequest, 'url' | 'headers' | 'form'>,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const isOrigin = realm.origin === place.origin.origin && realm.username === '';
    try {
      const route = isOrigin ? await this.#access.routeTo(place) : await this.#access.routeElsewhere(place, realm);
      return await this.#send({ ...request, ...route, limit: LARGEST_ANSWER, signal });
    } catch (error) {
      if (!(error instanceof ForbiddenPlace)) throw error;
      throw new ContentFailure(
        'unreachable',
        `${place.registry} sends for tokens to a place that is not asked: ${error.message}`,
      );
    }
  }
}

function requestOf(realm: URL, query: URLSearchParams, credentials: Credentials | undefined) {
  if (credentials?.kind === 'identity-token') {
    query.set('grant_type', 'refresh_token');
    query.set('client_id', 'qdrant-admission');
    query.set('refresh_token', credentials.token);
    return { url: realm, headers: {}, form: query.toString() };
  }
  const url = new URL(realm);
  for (const [name, value] of query) url.searchParams.set(name, value);
  return { url, headers: credentials?.kind === 'basic' ? { authorization: basic(credentials) } : {} };
}

/** To pull from one repository and nothing more, whatever the registry would have us ask for. */
function scopeOf({ repository }: Place, offered: string | undefined): string {
  const isPull = offered !== undefined && /^repository:[a-z0-9._/-]{1,255}:pull$/.test(offered);
  return isPull ? offered : `repository:${repository}:pull`;
}

function readToken({ body }: HttpAnswer, place: Place): { readonly header: string; readonly lifeMs: number } {
  let answer: unknown;
  try {
    answer = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    answer = undefined;
  }
  const { token, access_token, expires_in } = isJsonObject(answer) ? answer : {};
  const seconds = typeof expires_in === 'number' && Number.isFinite(expires_in) ? expires_in : 0;
  return {
    header: bearer(typeof token === 'string' && token !== '' ? token : access_token, place),
    lifeMs: Math.min(Math.max(seconds * 1000, SHORTEST_LIFE_MS), LONGEST_LIFE_MS),
  };
}

/** What is no token could end the header and begin another. */
function bearer(token: unknown, { registry }: Place): string {
  if (typeof token !== 'string' || token.length > LONGEST_TOKEN || !/^[\x21-\x7e]+$/.test(token)) {
    throw new ContentFailure('unreachable', `the token for ${registry} is none that can be sent`);
  }
  return `Bearer ${token}`;
}

function basic({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function withoutCredentials({ registry }: Place): ContentFailure {
  return new ContentFailure(
    'unreachable',
    `${registry} wants credentials, and none are stored for it: set credentialsFile for this registry under images.registries`,
  );
}

/** Other credentials are another key: what the old ones gave is not used with them. */
function keyOf({ origin, repository }: Place, credentials: Credentials | undefined): string {
  const hash = createHash('sha256')
    .update(JSON.stringify(credentials ?? null))
    .digest('base64');
  return `${origin.origin} ${repository} ${hash}`;
}

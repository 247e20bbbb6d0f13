import type { Clock } from '../runtime/clock.ts';
import { sendWithRetries } from './attempts.ts';
import { ContentFailure } from './content-failure.ts';
import type { Place } from './places.ts';
import { ForbiddenPlace } from './reach.ts';
import type { RegistryAccess } from './registry-access.ts';
import { Tokens } from './tokens.ts';
import type { HttpAnswer, Transport } from './transport.ts';

/** What is asked of a registry. */
export interface Question {
  readonly place: Place;
  readonly url: URL;
  readonly accept: string;
  /** Of the answer, in bytes. */
  readonly limit: number;
  /** Whether the registry may send to another host. Only blobs: the digest of all else is not known beforehand. */
  readonly mayLeave: boolean;
  readonly signal: AbortSignal;
}

const REDIRECTS = [301, 302, 303, 307, 308];
const MOST_REDIRECTS = 3;

/** Asks registries: authenticates, tries again, and follows redirects as far as they may lead. */
export class Session {
  readonly #access: RegistryAccess;
  readonly #send: (request: Parameters<Transport['send']>[0]) => Promise<HttpAnswer>;
  readonly #tokens: Tokens;

  constructor(transport: Transport, access: RegistryAccess, clock: Clock, longestWaitMs: number) {
    this.#access = access;
    this.#send = (request) => sendWithRetries((again) => transport.send(again), request, clock, longestWaitMs);
    this.#tokens = new Tokens(this.#send, access, clock);
  }

  /** Any status is an answer but 401; a redirect that may not be followed is one, too. Rejects with a ContentFailure. */
  async ask(question: Question): Promise<HttpAnswer> {
    let answer = await this.#askOrigin(question, question.url);
    let hasLeft = false;
    for (let hops = 0; REDIRECTS.includes(answer.status); hops += 1) {
      const target = URL.parse(answer.headers.location || '//', answer.url);
      if (target === null || hops === MOST_REDIRECTS) {
        const what = target === null ? 'redirects to nowhere' : `redirects more than ${MOST_REDIRECTS} times`;
        throw new ContentFailure('invalid', `${answer.url.host} ${what}`);
      }
      // Once elsewhere it does not come back: who is not the registry could send us around with what the registry gave us.
      const isOrigin: boolean = !hasLeft && target.origin === question.place.origin.origin && target.username === '';
      hasLeft = !isOrigin;
      if (isOrigin) answer = await this.#askOrigin(question, target);
      else if (question.mayLeave) answer = await this.#askElsewhere(question, target);
      else return answer;
    }
    return answer;
  }

  async #askOrigin(question: Question, url: URL): Promise<HttpAnswer> {
    const { place, signal } = question;
    const [route, credentials] = await Promise.all([
      this.#access.routeTo(place),
      this.#access.credentialsFor(place, signal),
    ]);
    const ask = (authorization: string | undefined) =>
      this.#send({
        url,
        headers: { accept: question.accept, ...(authorization !== undefined && { authorization }) },
        ...route,
        limit: question.limit,
        signal,
      });
    const answer = await ask(this.#tokens.kept(place, credentials));
    if (answer.status !== 401) return answer;
    const second = await ask(await this.#tokens.obtain(place, credentials, answer, signal));
    if (second.status !== 401) return second;
    this.#tokens.forget(place, credentials);
    const why = credentials === undefined ? 'without credentials' : 'with the credentials that are stored for it';
    throw new ContentFailure('unreachable', `${place.registry} lets nobody pull ${place.repository} ${why} (401)`);
  }

  /** Without Authorization: it is the registry's alone. */
  async #askElsewhere({ place, accept, limit, signal }: Question, url: URL): Promise<HttpAnswer> {
    try {
      const route = await this.#access.routeElsewhere(place, url);
      return await this.#send({ url, headers: { accept }, ...route, limit, signal });
    } catch (error) {
      // That is the registry's answer, and no failure of the network.
      if (!(error instanceof ForbiddenPlace)) throw error;
      throw new ContentFailure('invalid', `${place.registry} redirects to a place that is not asked: ${error.message}`);
    }
  }
}

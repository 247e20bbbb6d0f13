import type { Clock } from '../runtime/clock.ts';
import { ContentFailure } from './content-failure.ts';
import type { HttpAnswer, HttpRequest } from './transport.ts';
import { ConnectionFailure } from './transport-failure.ts';

/** How long to wait before the second and the third attempt, in milliseconds. */
const PAUSES = [200, 800];

/**
 * Sends a request, and again where the server or the connection failed for a moment. A wait that the server asks for
 * (Retry-After) is granted up to `longestWaitMs`; one that is longer is a failure at once, while there is time to say so.
 */
export async function sendWithRetries(
  send: (request: HttpRequest) => Promise<HttpAnswer>,
  request: HttpRequest,
  clock: Clock,
  longestWaitMs: number,
): Promise<HttpAnswer> {
  for (const pause of PAUSES) {
    const outcome = await attempt(send, request);
    const wait = waitBefore(outcome, pause, longestWaitMs);
    if (wait === undefined) return outcome as HttpAnswer;
    await clock.sleep(wait, request.signal);
  }
  return await send(request);
}

/** The answer, or the failure of a connection. What is lasting is thrown. */
async function attempt(
  send: (request: HttpRequest) => Promise<HttpAnswer>,
  request: HttpRequest,
): Promise<HttpAnswer | ConnectionFailure> {
  try {
    return await send(request);
  } catch (error) {
    if (error instanceof ConnectionFailure && error.mayPass) return error;
    throw error;
  }
}

/** In milliseconds; undefined where the answer stands. */
function waitBefore(outcome: HttpAnswer | ConnectionFailure, pause: number, longestWaitMs: number): number | undefined {
  if (outcome instanceof ConnectionFailure) return pause;
  const { status, headers, url } = outcome;
  // 501 is what registries without an API for referrers say.
  if (status !== 429 && (status < 500 || status === 501)) return undefined;
  const asked = retryAfterMs(headers['retry-after']);
  if (asked !== undefined && asked > longestWaitMs) {
    const why = status === 429 ? 'limits how often it may be asked' : `answered ${status}`;
    throw new ContentFailure('unreachable', `${url.host} ${why}, and wants ${Math.ceil(asked / 1000)} s of patience`);
  }
  return Math.max(asked ?? 0, pause);
}

/** RFC 9110, 10.2.3: seconds, or a date. */
function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : date - Date.now();
}

import type { Descriptor, Manifest } from '../images/content.ts';
import { ContentFailure } from './content-failure.ts';
import { LARGEST_MANIFEST, MANIFEST_TYPES, mediaTypeOf, OCI_INDEX, parseManifest } from './manifest.ts';
import type { Place } from './places.ts';
import type { Session } from './session.ts';
import type { HttpAnswer } from './transport.ts';

/** Of one digest, in both stores together. */
export const MOST_REFERRERS = 50;
const MOST_PAGES = 10;

/** What registries say that have no API for referrers. */
const NO_API = [400, 404, 405, 406, 501];

/**
 * What the API for referrers lists, all pages. Undefined where the registry has none: that is every answer but an index, also
 * a page for people with status 200, and a redirect to another host.
 */
export async function listReferrers(
  session: Session,
  place: Place,
  digest: string,
  signal: AbortSignal,
): Promise<readonly Descriptor[] | undefined> {
  const found: Descriptor[] = [];
  let url: URL | undefined = new URL(`/v2/${place.repository}/referrers/${digest}`, place.origin);
  for (let page = 0; url !== undefined; page += 1) {
    if (page === MOST_PAGES)
      throw new ContentFailure('invalid', `${place.registry} ${TOO_MANY} in ${MOST_PAGES} pages`);
    const accept = [OCI_INDEX, ...MANIFEST_TYPES].join(', ');
    const question = { place, url, accept, limit: LARGEST_MANIFEST, mayLeave: false, signal };
    const index = readIndex(await session.ask(question), place, page);
    if (index === undefined) return undefined;
    found.push(...index.answer.manifests);
    checkNumber(found, place);
    url = index.next;
  }
  return found;
}

const TOO_MANY = `lists more than ${MOST_REFERRERS} referrers of the image`;

/** Both stores together, each referrer once. Too many are a problem and never a shorter list: the one that counts may come last. */
export function uniteReferrers(
  stores: readonly (readonly Descriptor[])[],
  place: Pick<Place, 'registry'>,
): readonly Descriptor[] {
  const found = new Map<string, Descriptor>();
  for (const descriptor of stores.flat()) {
    if (!found.has(descriptor.digest)) found.set(descriptor.digest, descriptor);
  }
  const all = [...found.values()];
  checkNumber(all, place);
  return all;
}

function checkNumber(found: readonly Descriptor[], { registry }: Pick<Place, 'registry'>): void {
  if (found.length > MOST_REFERRERS) throw new ContentFailure('invalid', `${registry} ${TOO_MANY}`);
}

function readIndex(
  answer: HttpAnswer,
  place: Place,
  page: number,
): { readonly answer: Manifest; readonly next: URL | undefined } | undefined {
  const { status, headers, body, url } = answer;
  const isIndex = status === 200 && mediaTypeOf(headers['content-type']) === OCI_INDEX;
  if (!isIndex) {
    // Later pages belong to a list that has begun: without them it would be a shorter one.
    const isWithout = page === 0 && (status === 200 || NO_API.includes(status) || (status >= 300 && status < 400));
    if (isWithout) return undefined;
    throw new ContentFailure('unreachable', `${url.host} answered ${status} when asked for the referrers of the image`);
  }
  const index = parseManifest(body, OCI_INDEX);
  if (!index.ok) throw new ContentFailure('invalid', `the list of referrers of ${place.registry} ${index.error}`);
  return { answer: index.value, next: nextPage(headers['link'], url, place) };
}

/** The address of the next page, by the header Link (RFC 8288). It stays on the origin. */
function nextPage(link: string | readonly string[] | undefined, url: URL, place: Place): URL | undefined {
  const target = [link ?? []]
    .flat()
    .join(',')
    .match(/<([^<>]*)>\s*;[^<]*\brel\s*=\s*"?next"?(?=[\s,;]|$)/i)?.[1];
  if (target === undefined) return undefined;
  const next = URL.parse(target, url);
  if (next === null || next.origin !== place.origin.origin || next.username !== '') {
    const host = next === null ? 'nowhere' : next.host;
    throw new ContentFailure(
      'invalid',
      `${place.registry} sends to ${host} for more referrers, and they must be its own`,
    );
  }
  return next;
}

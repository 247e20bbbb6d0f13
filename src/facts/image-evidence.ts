import { type Known, known, unknown } from '../engine/fact.ts';
import type { Authority } from '../images/authorities.ts';
import type { ImageAnswer } from '../images/evidence.ts';
import { authoritiesOf, isAllowed, policiesFor } from '../images/matching.ts';
import { newImages } from '../images/pod-images.ts';
import { type ImageReference, parseImageReference } from '../k8s/core/image-reference.ts';
import { defineFact } from './define.ts';
import type { ImageSource } from './ports.ts';

/** What came of an image: the answer about it, or that nobody was asked, because its registry is not an allowed one. */
export type ImageFact = ImageAnswer | { readonly state: 'not-asked'; readonly reason: string };

const NOT_ALLOWED = 'the rule image-registry does not allow its registry, so that it is not asked';

/**
 * What is known of each image that the request brings in and some policy holds for, by its reference as it is written in
 * the object. What one of them does not tell leaves the others known.
 */
export const imageEvidence = defineFact({
  name: 'imageEvidence',
  title: 'what registries and the signatures in them tell of the images',
  remembers: true,
  learn({ subject, settings: { images }, ports, signal }): Known<Images> | Promise<Known<Images>> {
    const facts = new Map<string, ImageFact>();
    const open = new Map<string, Question>();
    for (const { image } of newImages(subject)) {
      const reference = image === undefined ? undefined : parseImageReference(image);
      if (image === undefined || !reference) continue;
      const policies = policiesFor(reference, images.policies);
      if (policies.length === 0) continue;
      if (!isAllowed(reference, images.allowedRegistries)) {
        facts.set(image, { state: 'not-asked', reason: NOT_ALLOWED });
        continue;
      }
      const by = authoritiesOf(policies);
      const remembered = ports.images?.remembered?.(reference, by);
      if (remembered) facts.set(image, remembered);
      else open.set(image, { reference, by });
    }
    if (open.size === 0) return known(facts);
    const source = ports.images;
    return source ? askAll(source, open, facts, signal) : unknown('only a registry tells, and none is asked here');
  },
});

type Images = ReadonlyMap<string, ImageFact>;

interface Question {
  readonly reference: ImageReference;
  readonly by: readonly Authority[];
}

/** All at once, and each image once, however it is written. */
async function askAll(
  source: ImageSource,
  open: ReadonlyMap<string, Question>,
  facts: Map<string, ImageFact>,
  signal: AbortSignal,
): Promise<Known<Images>> {
  const asked = new Map<string, Promise<ImageAnswer>>();
  const pending = [...open].map(async ([image, question]) => {
    const key = keyOf(question.reference);
    const answer = asked.get(key) ?? ask(source, question, signal);
    asked.set(key, answer);
    facts.set(image, await answer);
  });
  await Promise.all(pending);
  return known(facts);
}

/** What comes too late, or not at all, is unreachable. */
async function ask(source: ImageSource, { reference, by }: Question, signal: AbortSignal): Promise<ImageAnswer> {
  const late: ImageAnswer = { state: 'unreachable', reason: 'there was no time left to ask its registry' };
  if (signal.aborted) return late;
  const deadline = Promise.withResolvers<ImageAnswer>();
  const expire = () => deadline.resolve(late);
  signal.addEventListener('abort', expire, { once: true });
  try {
    return await Promise.race([source.evidence(reference, by, signal), deadline.promise]);
  } catch (error) {
    return { state: 'unreachable', reason: error instanceof Error ? error.message : String(error) };
  } finally {
    signal.removeEventListener('abort', expire);
  }
}

/** A digest is the image, whatever tag stands before it. */
function keyOf({ registry, repository, tag = 'latest', digest }: ImageReference): string {
  return digest === undefined ? `${registry}/${repository}:${tag}` : `${registry}/${repository}@${digest}`;
}

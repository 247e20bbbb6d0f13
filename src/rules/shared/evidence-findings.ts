import { podFinding } from '../../engine/findings.ts';
import type { Finding } from '../../engine/rule.ts';
import type { Subject } from '../../engine/subject.ts';
import { cut, printable } from '../../engine/wording.ts';
import type { ImageFact } from '../../facts/image-evidence.ts';
import type { ImageEvidence } from '../../images/evidence.ts';
import { policiesFor } from '../../images/matching.ts';
import { newImages, type PodImage } from '../../images/pod-images.ts';
import type { ImageProblem } from '../../images/problem.ts';
import type { ImagePolicy, ImagesSettings } from '../../images/settings.ts';
import { type ImageReference, parseImageReference } from '../../k8s/core/image-reference.ts';
import type { Pod } from '../../k8s/pod-template.ts';
import type { NamespaceSettings } from '../../settings.ts';

const LONGEST_REASON = 240;

/** Whether images are verified in a namespace: the rules of evidence run only there. */
export function isVerifying({ images }: NamespaceSettings): boolean {
  return images.verification === 'on';
}

/** Whether some policy demands this of images in a namespace: where none does, nobody need be asked. */
export function isDemanded(what: 'signature' | 'sbom' | 'provenance'): (settings: NamespaceSettings) => boolean {
  return (settings) => isVerifying(settings) && settings.images.policies.some((policy) => policy[what] !== undefined);
}

/** What is wrong with an image that a request brings in, as a finding. */
export function imageFinding(pod: Pod, { field, name, image }: PodImage, problem: ImageProblem): Finding {
  const { required, unknown, tolerated } = problem;
  return {
    ...podFinding(pod, field, image, required),
    ...(name !== undefined && { name }),
    ...(unknown !== undefined && { unknown }),
    ...(tolerated !== undefined && { tolerated }),
  };
}

/** What a rule of evidence looks at. */
interface Context {
  readonly subject: Subject;
  readonly pod: Pod;
  readonly facts: { readonly imageEvidence: ReadonlyMap<string, ImageFact> };
  readonly settings: { readonly images: ImagesSettings };
}

/**
 * Judges every image that a request brings in and that policies demand something of. One of which nothing is known is
 * never let in: `judge` sees evidence only.
 * @param demandOf what a policy demands in this matter; undefined: nothing
 */
export function evidenceFindings<Demand>(
  { subject, pod, facts, settings }: Context,
  demandOf: (policy: ImagePolicy) => Demand | undefined,
  judge: (evidence: ImageEvidence, demand: Demand, reference: ImageReference) => readonly ImageProblem[],
): Finding[] {
  return newImages(subject).flatMap((at) => {
    const reference = at.image === undefined ? undefined : parseImageReference(at.image);
    // What is no reference is refused by the rule image-policy, and no policy holds for it.
    if (at.image === undefined || !reference) return [];
    const demands = policiesFor(reference, settings.images.policies).flatMap((policy) => demandOf(policy) ?? []);
    if (demands.length === 0) return [];
    const fact = facts.imageEvidence.get(at.image);
    const problems =
      fact?.state === 'found' && isOf(fact.evidence, reference)
        ? demands.flatMap((demand) => judge(fact.evidence, demand, reference))
        : [withoutEvidence(fact)];
    return unique(problems).map((problem) => imageFinding(pod, at, problem));
  });
}

/** Evidence speaks of one digest: what is said of another says nothing of this image. */
function isOf({ digest }: ImageEvidence, reference: ImageReference): boolean {
  return reference.digest === undefined || reference.digest === digest;
}

function withoutEvidence(fact: ImageFact | undefined): ImageProblem {
  if (fact === undefined || fact.state === 'found') {
    return { required: 'try again', unknown: 'what was learnt is about other images' };
  }
  const reason = printable(cut(fact.reason, LONGEST_REASON));
  switch (fact.state) {
    case 'unreachable':
      return { required: 'try again', unknown: reason };
    case 'absent':
      return { required: `use an image that is there: ${reason}` };
    case 'invalid':
      return { required: `use an image whose registry answers as it should: ${reason}` };
    case 'not-asked':
      return { required: `use an image of an allowed registry: ${reason}` };
  }
}

/** Several policies may say the same. */
function unique(problems: readonly ImageProblem[]): readonly ImageProblem[] {
  if (problems.length < 2) return problems;
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

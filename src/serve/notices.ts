import type { Answer } from '../engine/answer.ts';
import type { Subject } from '../engine/subject.ts';
import type { NamespaceSettings } from '../settings.ts';

const NETWORK =
  'nobody has stated that NetworkPolicies are enforced here: run "qdrant-admission network probe", then set network.enforcement in the configuration';

const IMAGES =
  'nothing verifies who signed these images: set images.verify: true in the configuration, or false where somebody else does';

/**
 * Adds warnings to the admission of pods, and of what makes them, as long as nobody answers for it that NetworkPolicies
 * are enforced, and as long as nobody has said whether images are verified. They say nothing of the object, so they are no
 * rule's: nothing is refused for them, and a refusal stays as it is.
 */
export function withNotices(
  answer: Answer,
  { operation, pod }: Subject,
  { network, images }: Pick<NamespaceSettings, 'network' | 'images'>,
): Answer {
  if (!answer.allowed || operation !== 'CREATE' || !pod) return answer;
  const notices = [
    ...(network.acknowledgement ? [] : [NETWORK]),
    ...(images.verification === 'unstated' ? [IMAGES] : []),
  ];
  return notices.length === 0 ? answer : { ...answer, warnings: [...answer.warnings, ...notices] };
}

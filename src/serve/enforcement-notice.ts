import type { Answer } from '../engine/answer.ts';
import type { Subject } from '../engine/subject.ts';
import type { NetworkSettings } from '../network/settings.ts';

const NOTICE =
  'nobody has stated that NetworkPolicies are enforced here: run "qdrant-admission network probe", then set network.enforcement in the configuration';

/**
 * Adds a warning to the admission of pods, and of what makes them, as long as nobody answers for it that NetworkPolicies
 * are enforced. It says nothing of the object, so it is no rule's: nothing is refused for it, and a refusal stays as it is.
 */
export function withEnforcementNotice(
  answer: Answer,
  { operation, pod }: Subject,
  { acknowledgement }: NetworkSettings,
): Answer {
  if (!answer.allowed || acknowledgement || operation !== 'CREATE' || !pod) return answer;
  return { ...answer, warnings: [...answer.warnings, NOTICE] };
}

import type { ImageEvidence } from '../../../src/images/evidence.ts';
import type { Predicate } from '../signing/cosign.ts';
import type { AskerName } from './askers.ts';
import type { Stage } from './stage.ts';

export type Answer = 'accepts' | 'refuses';

/** What is wanted of the image: a signature, or a statement of some kind. */
export interface Wanted {
  readonly cosign: readonly ['verify'] | readonly ['verify-attestation', Predicate];
  /** Whether the evidence has it. */
  readonly ours: (evidence: ImageEvidence) => boolean;
}

/** An image in some state, and what the real cosign and this program say of it. */
export interface Case {
  readonly name: string;
  /** Which registry holds it: one with the referrers API, unless it says so. */
  readonly registry?: 'plain';
  /** Makes it; the answer is what is asked about: a digest or a tag of the stage's repository. */
  readonly stage: (stage: Stage) => Promise<string>;
  readonly asker: AskerName;
  /** A signature, unless it says so. */
  readonly wanted?: Wanted;
  readonly cosign: Answer;
  readonly ours: Answer;
  /** Words of the reason that we give where we refuse. */
  readonly because?: RegExp;
  /** Why the answers differ; there wherever they do. */
  readonly difference?: string;
}

export const SIGNATURE: Wanted = { cosign: ['verify'], ours: ({ signatures }) => signatures.length > 0 };

type Kind = ImageEvidence['attestations'][number]['content']['kind'];

export function statement(type: Predicate, kind: Kind): Wanted {
  return {
    cosign: ['verify-attestation', type],
    ours: ({ attestations }) => attestations.some(({ content }) => content.kind === kind),
  };
}

import type { Verdict } from '../../engine/review.ts';
import type { ImageAnswer } from '../../images/evidence.ts';
import type { Program } from '../shared/context.ts';
import type { Paint } from '../shared/terminal.ts';

export type VerifyOutcome = 'accepted' | 'refused' | 'unknown';

/** One image or chart, what is known of it, and what the rules say. */
export interface VerifiedImage {
  /** As it was typed. */
  readonly image: string;
  readonly outcome: VerifyOutcome;
  /** Undefined where nobody was asked: no policy holds for it. */
  readonly answer: ImageAnswer | undefined;
  /** Those that say more than pass. */
  readonly verdicts: readonly Verdict[];
}

export interface VerifyReport {
  readonly images: readonly VerifiedImage[];
  readonly exitCode: number;
  readonly program: Program;
  readonly paint: Paint;
}

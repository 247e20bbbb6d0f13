import type { Verdict } from '../../engine/review.ts';
import type { FileEvidence, ImageAnswer } from '../../images/evidence.ts';
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

/** A file, and what bundles tell of it. */
export interface VerifiedFile {
  /** As it was typed. */
  readonly file: string;
  readonly outcome: VerifyOutcome;
  /** Why it was not accepted. */
  readonly reason?: string | undefined;
  readonly evidence: FileEvidence;
  /** The classic provenance file beside the archive of a chart: there, and not verified. */
  readonly classicProvenance?: string | undefined;
}

export interface VerifyReport {
  readonly images: readonly VerifiedImage[];
  readonly files: readonly VerifiedFile[];
  readonly exitCode: number;
  readonly program: Program;
  readonly paint: Paint;
}

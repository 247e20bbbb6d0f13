import type { Enforcement, Profile } from '../../engine/policy.ts';
import type { Verdict } from '../../engine/review.ts';
import type { Subject } from '../../engine/subject.ts';
import type { InputError, Position } from '../../manifests/documents.ts';
import type { Manifest } from '../../manifests/objects.ts';
import type { Program } from '../shared/context.ts';
import type { Paint } from '../shared/terminal.ts';

/** How a verdict counts: as the engine said it, or not at all because the files cannot tell what it needs. */
export type Standing = Verdict['outcome'] | 'not-judged';

/** What a rule said of an object, and how that counts. */
export interface ReviewedVerdict {
  readonly verdict: Verdict;
  readonly standing: Standing;
}

/** What became of an object. Not judged: its kind is judged, but no rule could say anything of this one. */
export const REVIEW_OUTCOMES = ['accepted', 'refused', 'unknown', 'not-judged'] as const;
export type ReviewOutcome = (typeof REVIEW_OUTCOMES)[number];

/** One object of a kind that rules judge. */
export interface ReviewedObject {
  readonly manifest: Manifest;
  readonly subject: Subject;
  readonly outcome: ReviewOutcome;
  readonly verdicts: readonly ReviewedVerdict[];
  readonly locate: (path: string) => Position;
  /** Whether the configuration names the namespace; else the defaults of a profile judged. */
  readonly configured: boolean;
  /** Why no rule could be asked: a bug of ours, which is never an acceptance. */
  readonly crash?: string;
}

/** Objects of a kind that no rule judges. */
export interface NotJudged {
  readonly apiVersion: string;
  readonly kind: string;
  readonly count: number;
}

/** A whole run of `review`. */
export interface Review {
  readonly objects: readonly ReviewedObject[];
  readonly notJudged: readonly NotJudged[];
  readonly errors: readonly InputError[];
}

/** The same with all that its outputs say of it. */
export interface ReviewReport {
  readonly review: Review;
  readonly enforcement: Enforcement;
  /** Whether a configuration was given: then it matters which namespaces it does not name. */
  readonly hasConfiguration: boolean;
  /** Whose defaults hold in those. */
  readonly profile: Profile;
  readonly exitCode: number;
  readonly program: Program;
  /** Whether only what is refused, or could not be judged, is wanted. */
  readonly quiet: boolean;
  readonly paint: Paint;
}

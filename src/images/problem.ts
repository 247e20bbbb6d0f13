import { cut, printable } from '../engine/wording.ts';
import type { ImageEvidence } from './evidence.ts';

/** What is wrong with an image, or cannot be told of it, or is let in all the same. */
export interface ImageProblem {
  /** What to do, as an instruction. */
  readonly required: string;
  /** Why it cannot be told. */
  readonly unknown?: string;
  /** Why it is let in. */
  readonly tolerated?: string;
}

const MOST_LISTED = 3;
const LONGEST_TEXT = 160;

/** Of something that the evidence does not show: wrong, or not to be told where a part of the evidence is missing. */
export function missing({ incomplete }: ImageEvidence, required: string): ImageProblem {
  return incomplete === undefined ? { required } : { required: 'try again', unknown: incomplete };
}

/** What was found and could not be verified, and why; empty where there is nothing of the kind. */
export function describeRejections({ rejections }: ImageEvidence): string {
  if (rejections.length === 0) return '';
  const found = rejections.map((each) => `${each.found} (${each.reason})`);
  return `; found, but it does not verify: ${listed(found)}`;
}

/** The first few of many, made safe to print: registries and signers wrote them. */
export function listed(all: readonly string[], most = MOST_LISTED): string {
  const shown = all.slice(0, most).map((text) => printable(cut(text, LONGEST_TEXT)));
  if (all.length > most) shown.push(`and ${all.length - most} more`);
  return shown.join(', ');
}

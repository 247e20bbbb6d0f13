import type { FileEvidence } from './evidence.ts';
import { missingSigners } from './judge-signature.ts';
import { listed } from './problem.ts';
import type { SignatureDemand } from './settings.ts';

/** What the signatures of a file come to. */
export type FileVerdict =
  | { readonly outcome: 'accepted' }
  /** The reason says what is missing. */
  | { readonly outcome: 'refused' | 'unknown'; readonly reason: string };

/**
 * Whether a file is signed as one of these demands has it. Policies hold for images by where they lie, and a file lies
 * nowhere: whoever may sign some of the images may sign it.
 */
export function judgeFile(evidence: FileEvidence, demands: readonly SignatureDemand[]): FileVerdict {
  const { signatures, attestations, incomplete } = evidence;
  if (demands.some((demand) => missingSigners(signatures, demand).length === 0)) return { outcome: 'accepted' };
  if (incomplete !== undefined) return { outcome: 'unknown', reason: incomplete };
  const whom = [...new Set(demands.map(describeDemand))].join(', or ');
  const reason = `none of the bundles is a signature of it by ${whom}`;
  const stated = [...new Set(attestations.map(({ predicateType }) => predicateType))];
  if (stated.length === 0) return { outcome: 'refused', reason };
  return {
    outcome: 'refused',
    reason: `${reason}; a statement about it is none unless its type stands in the authority's signaturePredicates: ${listed(stated)}`,
  };
}

function describeDemand({ authorities, require, annotations }: SignatureDemand): string {
  const whom = authorities.join(require === 'any' ? ' or ' : ' and ');
  const wanted = Object.entries(annotations).map(([key, value]) => `${key}=${value}`);
  return wanted.length === 0 ? whom : `${whom} with the annotations ${wanted.join(', ')}`;
}

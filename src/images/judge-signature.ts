import type { ImageReference } from '../k8s/core/image-reference.ts';
import type { ImageEvidence, Signature } from './evidence.ts';
import { describeRejections, type ImageProblem, missing } from './problem.ts';
import type { SignatureDemand } from './settings.ts';

/** Whether an image is signed as a policy demands. */
export function judgeSignature(
  evidence: ImageEvidence,
  demand: SignatureDemand,
  reference: ImageReference,
): ImageProblem | undefined {
  const without = missingSigners(evidence.signatures, demand);
  if (without.length === 0) return undefined;
  const whom = without.join(demand.require === 'any' ? ' or ' : ' and ');
  const which = reference.digest === undefined ? `${evidence.digest}, which the tag stands for,` : 'it';
  const said = describeAnnotations(evidence.signatures, without, demand);
  return missing(
    evidence,
    `use an image signed by ${whom}: ${which} has no such signature${said}${describeRejections(evidence)}${adviceFor(evidence)}`,
  );
}

/** Whose signatures a demand still lacks; empty where it is met. */
export function missingSigners(signatures: readonly Signature[], demand: SignatureDemand): readonly string[] {
  const { authorities, require } = demand;
  const without = authorities.filter((name) => !isSignedBy(signatures, name, demand));
  return require === 'any' && without.length < authorities.length ? [] : without;
}

function isSignedBy(signatures: readonly Signature[], authority: string, { annotations }: SignatureDemand): boolean {
  return signatures.some(
    ({ signer, annotations: carried }) => signer.authority === authority && carries(carried, annotations),
  );
}

function carries(carried: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => Object.hasOwn(carried, key) && carried[key] === value);
}

/** A signature that does not count is not as good as none: whoever reads of it must not look for another reason. */
function describeAnnotations(
  signatures: readonly Signature[],
  authorities: readonly string[],
  { annotations }: SignatureDemand,
): string {
  const wanted = Object.entries(annotations).map(([key, value]) => `${key}=${value}`);
  if (wanted.length === 0 || !signatures.some(({ signer }) => authorities.includes(signer.authority))) return '';
  return ` with the annotations ${wanted.join(', ')}`;
}

/** A signature of an index covers its platforms, and none of them has one of its own. */
function adviceFor({ platforms }: ImageEvidence): string {
  if (platforms.length > 0) return '';
  return '; if it is one platform of a signed index, pin the digest of that index instead';
}

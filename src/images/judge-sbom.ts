import type { AttachedDocument, Attestation, ImageEvidence, Platform } from './evidence.ts';
import { describeRejections, type ImageProblem, missing } from './problem.ts';
import type { SbomDemand, SbomLevel } from './settings.ts';

/** With or without a version behind it, which some signers add. */
const PREDICATES = /^https:\/\/(?:spdx\.dev\/Document|cyclonedx\.org\/bom)(?:\/v[0-9.]+)?$/;

const REQUIRED: Readonly<Record<Exclude<SbomLevel, 'signed'>, string>> = {
  present: 'use an image whose index lists an SBOM: docker buildx build --sbom=true',
  bound: 'use an image whose index lists an SBOM that is about this very image: docker buildx build --sbom=true',
};

/** Whether an image has its software bill of materials, as surely as a policy demands. */
export function judgeSbom(evidence: ImageEvidence, demand: SbomDemand): ImageProblem | undefined {
  const { level, authorities } = demand;
  // A signature is more than what an index lists.
  if (evidence.attestations.some((each) => isSbomOf(each, authorities))) return undefined;
  if (level === 'signed') {
    const required = `use an image with an SBOM signed by ${authorities.join(' or ')} (cosign attest --type spdxjson, or cyclonedx)`;
    return missing(evidence, `${required}${describeRejections(evidence)}`);
  }
  const without = platformsOf(evidence).filter(
    ({ digest }) => !evidence.attached.some((each) => shows(each, digest, level)),
  );
  if (without.length === 0) return undefined;
  const where = without.map(({ os, architecture }) => `${os}/${architecture}`).join(', ');
  return missing(evidence, `${REQUIRED[level]}${evidence.platforms.length > 0 ? `; there is none for ${where}` : ''}`);
}

function isSbomOf({ signer, content }: Attestation, authorities: readonly string[]): boolean {
  return content.kind === 'sbom' && content.packages > 0 && authorities.includes(signer.authority);
}

function shows(
  { platformDigest, predicateType, level, content }: AttachedDocument,
  digest: string,
  wanted: SbomLevel,
): boolean {
  if (platformDigest !== digest || !PREDICATES.test(predicateType)) return false;
  return wanted === 'present' || (level === 'bound' && content?.kind === 'sbom' && content.packages > 0);
}

/** What nodes run: an image that is no index is its only platform. */
function platformsOf({ platforms, digest }: ImageEvidence): readonly Platform[] {
  return platforms.length > 0 ? platforms : [{ digest, os: '', architecture: '' }];
}

import type { ImageEvidence, Provenance } from './evidence.ts';
import { describeRejections, type ImageProblem, listed, missing } from './problem.ts';
import type { ProvenanceDemand } from './settings.ts';

/** Whether what built an image, and of which source, is what a policy demands. */
export function judgeProvenance(evidence: ImageEvidence, demand: ProvenanceDemand): ImageProblem | undefined {
  const { authorities, builders, sources } = demand;
  const signed = evidence.attestations.flatMap(({ signer, content }) =>
    content.kind === 'provenance' && authorities.includes(signer.authority) ? [content] : [],
  );
  if (signed.some((each) => isOf(each, demand))) return undefined;
  const wanted = `use an image with SLSA provenance signed by ${authorities.join(' or ')}, of the builder ${builders.join(' or ')}`;
  const from = sources.length > 0 ? ` and the source ${sources.join(' or ')}` : '';
  const found =
    signed.length > 0
      ? `; it has: ${listed(signed.map(({ builder, source }) => (source === undefined ? builder : `${builder} of ${source}`)))}`
      : describeRejections(evidence);
  return missing(evidence, `${wanted}${from}${found}`);
}

function isOf({ builder, source }: Provenance, { builders, sources }: ProvenanceDemand): boolean {
  return builders.includes(builder) && (sources.length === 0 || (source !== undefined && sources.includes(source)));
}
